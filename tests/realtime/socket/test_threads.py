"""Whoever asks at the same time is answered together, each with their own answer."""

import asyncio
from collections.abc import Sequence

import pytest

from realtime.socket import log_reads, threads
from realtime.socket.cursor import LogPage
from realtime.socket.threads import Batcher
from realtime.streams import fetch_head
from tests.realtime.socket.wire import write
from users.models import User


def test_many_questions_few_calls() -> None:
    calls: list[int] = []

    def double(questions: Sequence[int]) -> list[int | Exception]:
        calls.append(len(questions))
        return [2 * answer for answer in questions]

    async def ask() -> None:
        together = Batcher(double)
        assert await asyncio.gather(*map(together.submit, range(200))) == list(range(0, 400, 2))

    asyncio.run(ask())
    assert sum(calls) == 200
    assert len(calls) <= 200 / threads.AT_ONCE + 1
    assert max(calls) == threads.AT_ONCE


def test_a_bad_answer_is_only_for_who_asked() -> None:
    def check(questions: Sequence[int]) -> list[int | Exception]:
        return [LookupError(answer) if answer == 2 else answer for answer in questions]

    async def ask() -> list[int | BaseException]:
        together = Batcher(check)
        return await asyncio.gather(*map(together.submit, range(4)), return_exceptions=True)

    answers = asyncio.run(ask())
    assert [str(answer) for answer in answers] == ["0", "1", "2", "3"]
    assert isinstance(answers[2], LookupError)


def test_a_call_that_breaks_is_for_all_who_asked_and_nobody_later() -> None:
    broken = [True]

    def breaks(questions: Sequence[int]) -> list[int | Exception]:
        if broken.pop() if broken else False:
            raise ValueError("broken")
        return list(questions)

    async def ask() -> None:
        together = Batcher(breaks)
        first = await asyncio.gather(together.submit(1), together.submit(2), return_exceptions=True)
        assert [type(answer) for answer in first] == [ValueError, ValueError]
        assert await together.submit(3) == 3

    asyncio.run(ask())


def test_one_who_does_not_wait_any_more_disturbs_nobody() -> None:
    async def ask() -> None:
        together = Batcher[int, int](lambda questions: list(questions))
        gives_up, stays = (
            asyncio.create_task(together.submit(1)),
            asyncio.create_task(together.submit(2)),
        )
        await asyncio.sleep(0)
        gives_up.cancel()
        assert await stays == 2
        with pytest.raises(asyncio.CancelledError):
            await gives_up

    asyncio.run(ask())


# Pages of logs


@pytest.fixture
def logs(transactional_db: None, user: User, other_user: User) -> tuple[User, User]:
    write(user, *range(1, 11))
    write(other_user, *range(1, 4))
    return user, other_user


def page_of(answer: LogPage | Exception) -> LogPage:
    assert isinstance(answer, LogPage)
    return answer


def seqs(answer: LogPage | Exception) -> list[int]:
    return [event.seq for event in page_of(answer).events]


def test_each_reads_behind_its_own_place(logs: tuple[User, User]) -> None:
    own, theirs = (user.pk for user in logs)
    asked = [(own, 7), (theirs, 0), (own, None), (own, 10), (own, 7), (theirs, 99)]
    answers = log_reads.read_pages(asked)
    assert [seqs(answer) for answer in answers] == [[8, 9, 10], [1, 2, 3], [], [], [8, 9, 10], []]
    assert [page_of(answer).head for answer in answers] == [10, 3, 10, 10, 10, 3]
    assert {page_of(answer).epoch for answer in answers[::2]} == {fetch_head(own).epoch}
    assert all(page_of(answer).is_last for answer in answers)


def test_many_at_once_get_shorter_pages(
    logs: tuple[User, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_reads, "EVENTS_AT_ONCE", 10)
    own, theirs = (user.pk for user in logs)
    answer, other = log_reads.read_pages([(own, 0), (theirs, 0)])
    assert (seqs(answer), page_of(answer).is_last) == ([1, 2, 3, 4, 5], False)
    assert (seqs(other), page_of(other).is_last) == ([1, 2, 3], True)


def test_a_user_who_is_gone(logs: tuple[User, User]) -> None:
    gone, there = log_reads.read_pages([(0, None), (logs[0].pk, None)])
    assert isinstance(gone, LookupError)
    assert page_of(there).head == 10
