"""A cursor hands out every number once and in order, whatever the layer does."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from realtime.frames import StreamEvent
from realtime.socket.cursor import BUFFER_EVENTS, FARTHEST, NOTES, Cursor, LogPage

EPOCH = "1-a"


def event_at(seq: int, kind: str = "key_update") -> StreamEvent:
    return StreamEvent(seq, kind, f"frame {seq}")


def page(head: int, after: int = 0, size: int = BUFFER_EVENTS, **more: Any) -> LogPage:
    """What the log answers when it goes up to `head`."""
    events = [event_at(seq) for seq in range(after + 1, min(head, after + size) + 1)]
    values: dict[str, Any] = {"epoch": EPOCH, "floor": 0, "is_last": len(events) < size}
    return LogPage(head=head, events=events, **(values | more))


def drain(cursor: Cursor) -> list[int]:
    numbers = []
    while event := cursor.take():
        numbers.append(event.seq)
    return numbers


def at(seq: int, topics: Any = None) -> Cursor:
    """A cursor that is live at this number."""
    cursor = Cursor()
    cursor.start({"epoch": EPOCH, "seq": seq}, topics)
    assert cursor.begin_read()
    assert cursor.page(page(seq, seq)) is None
    return cursor


def test_without_a_position_it_begins_at_the_head() -> None:
    cursor = Cursor()
    cursor.start(None, None)
    assert cursor.begin_read()
    cursor.page(LogPage(EPOCH, 41, 0, [], is_last=True))
    cursor.offer(42, [event_at(42)])
    assert drain(cursor) == [42]


def test_it_takes_no_events_before_anybody_subscribed() -> None:
    cursor = Cursor()
    cursor.offer(1, [event_at(1)])
    cursor.note("orders_checked", None, "note")
    assert (drain(cursor), cursor.take_notes(), cursor.begin_read()) == ([], [], False)


def test_events_in_order_need_no_log() -> None:
    cursor = at(5)
    cursor.offer(7, [event_at(6), event_at(7)])
    assert drain(cursor) == [6, 7]
    assert not cursor.catching_up


def test_a_repeat_is_ignored() -> None:
    cursor = at(5)
    cursor.offer(6, [event_at(6)])
    cursor.offer(6, [event_at(6)])
    assert drain(cursor) == [6]


def test_a_gap_is_read_from_the_log() -> None:
    cursor = at(5)
    cursor.offer(7, [event_at(7)])
    assert drain(cursor) == []
    assert cursor.begin_read()
    cursor.page(page(7, 5))
    assert drain(cursor) == [6, 7]


def test_a_doorbell_without_events_sends_to_the_log() -> None:
    cursor = at(5)
    cursor.offer(300, [])
    assert cursor.begin_read()


def test_a_full_buffer_leaves_the_rest_to_the_log() -> None:
    cursor = at(0)
    cursor.offer(1000, [event_at(seq) for seq in range(1, 1001)])
    assert not cursor.begin_read()  # first what is there
    assert drain(cursor) == list(range(1, BUFFER_EVENTS + 1))
    assert cursor.begin_read()


def test_what_was_told_during_a_read_is_read_next() -> None:
    cursor = at(5)
    cursor.offer(7, [])
    assert cursor.begin_read()
    cursor.offer(8, [event_at(8)])  # while the log is being read
    cursor.page(page(7, 5))
    assert drain(cursor) == [6, 7]
    assert cursor.begin_read()


def test_a_number_that_the_log_does_not_have_is_not_waited_for() -> None:
    cursor = at(5)
    cursor.offer(99, [event_at(99)])  # from before the database was restored, say
    assert cursor.begin_read()
    cursor.page(page(5, 5))
    assert not cursor.catching_up


def test_the_second_sweep_finds_what_was_lost() -> None:
    cursor = at(5)
    assert not cursor.compare_head(EPOCH, 6)  # it may still be on its way
    assert cursor.compare_head(EPOCH, 6)
    assert cursor.begin_read()


def test_a_sweep_finds_another_epoch() -> None:
    cursor = at(5)
    assert cursor.compare_head("1-b", 5)
    cursor.begin_read()
    assert cursor.page(page(5, 5, epoch="1-b")) == "epoch"
    assert not cursor.subscribed


@pytest.mark.parametrize(
    ("since", "answer", "reason"),
    [
        (5, {"head": 5, "after": 5, "epoch": "1-b"}, "epoch"),
        (5, {"head": 4, "after": 5}, "future"),
        (5, {"head": 9, "after": 6, "floor": 6}, "pruned"),
        (5, {"head": 9, "after": 6}, "pruned"),  # a hole at the beginning
        (5, {"head": 9, "after": 5, "events": [event_at(6), event_at(8)]}, "pruned"),
        (5, {"head": 9, "after": 5, "events": [event_at(6)]}, "pruned"),  # a hole at the end
        (0, {"head": FARTHEST + 1}, "behind"),
    ],
)
def test_only_a_fresh_start_helps(since: int, answer: Any, reason: str) -> None:
    cursor = Cursor()
    cursor.start({"epoch": EPOCH, "seq": since}, None)
    cursor.begin_read()
    events = {"events": answer.pop("events")} if "events" in answer else {}
    made = page(**answer)
    made = LogPage(
        made.epoch, made.head, made.floor, events.get("events", made.events), made.is_last
    )
    assert cursor.page(made) == reason
    assert drain(cursor) == []


def test_as_far_behind_as_allowed_is_replayed_whole() -> None:
    cursor = Cursor()
    cursor.start({"epoch": EPOCH, "seq": 0}, None)
    numbers: list[int] = []
    while cursor.begin_read():
        assert cursor.page(page(FARTHEST, cursor.sent or 0)) is None
        numbers += drain(cursor)
    assert numbers == list(range(1, FARTHEST + 1))


def test_other_topics_are_passed_over_and_counted() -> None:
    cursor = at(0, topics=["orders"])
    cursor.offer(3, [event_at(1), event_at(2, "order_update"), event_at(3, "of_tomorrow")])
    assert drain(cursor) == [2]
    assert cursor.sent == 3


def test_without_chosen_topics_tomorrows_events_come_too() -> None:
    cursor = at(0)
    cursor.offer(1, [event_at(1, "of_tomorrow")])
    assert drain(cursor) == [1]


def test_the_newest_note_about_something_wins() -> None:
    cursor = at(0)
    cursor.owes_live = False
    cursor.note("orders_checked", "key 1", "old")
    cursor.note("orders_checked", "key 2", "other")
    cursor.note("orders_checked", "key 1", "new")
    assert cursor.take_notes() == ["other", "new"]


def test_notes_have_a_bound() -> None:
    cursor = at(0)
    cursor.owes_live = False
    for number in range(NOTES + 5):
        cursor.note("orders_checked", None, f"{number}")
    assert cursor.take_notes() == [f"{number}" for number in range(5, NOTES + 5)]


STEPS = some.lists(
    some.one_of(
        some.tuples(some.just("commit"), some.integers(1, 400)),
        some.tuples(some.just("publish"), some.integers(0, 50)),  # one of the last, any order
        some.tuples(some.just("lose"), some.integers(0, 50)),
        some.tuples(some.just("sweep"), some.just(0)),
        some.tuples(some.just("write"), some.integers(1, 300)),
        some.tuples(some.just("read"), some.integers(0, 3)),
    ),
    max_size=60,
)


class Drive:
    """A cursor, its log, and a layer that reorders, repeats and drops."""

    def __init__(self) -> None:
        self.cursor = at(0)
        self.head = 0
        self.numbers: list[int] = []
        self.reset = False
        self._waiting: list[tuple[int, list[StreamEvent]]] = []

    def commit(self, amount: int) -> None:
        events = [event_at(seq) for seq in range(self.head + 1, self.head + amount + 1)]
        self.head += amount
        self._waiting.append((self.head, events if amount <= BUFFER_EVENTS else []))

    def publish(self, which: int) -> None:
        if self._waiting:
            self.cursor.offer(*self._waiting[which % len(self._waiting)])

    def lose(self, which: int) -> None:
        if self._waiting:
            self._waiting.pop(which % len(self._waiting))

    def sweep(self, _: int) -> None:
        self.cursor.compare_head(EPOCH, self.head)

    def write(self, amount: int) -> None:
        while amount and (event := self.cursor.take()):
            self.numbers.append(event.seq)
            amount -= 1

    def read(self, _: int) -> None:
        if self.cursor.begin_read():
            answer = page(self.head, self.cursor.sent or 0)
            self.reset |= self.cursor.page(answer) is not None

    def settle(self) -> None:
        for _ in range(3):
            self.sweep(0)
            while self.cursor.catching_up:
                self.write(10**6)
                self.read(0)
            self.write(10**6)


@given(STEPS)
def test_whatever_is_lost_repeated_or_late(steps: list[tuple[str, int]]) -> None:
    drive = Drive()
    for step, amount in steps:
        getattr(drive, step)(amount)
    drive.settle()
    # Whoever fell more than 5,000 behind was told to start anew; what they had was right.
    whole = len(drive.numbers) if drive.reset else drive.head
    assert drive.numbers == list(range(1, whole + 1))
