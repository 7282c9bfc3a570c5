"""Database work of the sockets, in a few threads of their own.

Never on the one shared thread of `sync_to_async`: there a slow query of anybody's page would hold
up every socket.
"""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, ParamSpec, TypeVar

from django.db import connection

P = ParamSpec("P")
T = TypeVar("T")
Question = TypeVar("Question")
Answer = TypeVar("Answer")

AT_ONCE = 64  # questions in one call
CALLS = 2  # under way

_threads = ThreadPoolExecutor(max_workers=4, thread_name_prefix="realtime-database")


async def run_in_thread(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run a function in one of the threads; its database connection goes back to the pool."""

    def work() -> T:
        try:
            return function(*args, **kwargs)
        finally:
            connection.close()

    return await asyncio.get_running_loop().run_in_executor(_threads, work)


class Batcher(Generic[Question, Answer]):
    """Collects requests while a call is under way, and answers them together by the next one.

    An answer that is an exception is raised for its own request; an exception of the call itself
    is raised for all of them.
    """

    def __init__(
        self, answers: Callable[[Sequence[Question]], Sequence[Answer | Exception]]
    ) -> None:
        self._answers = answers
        self._requests: list[tuple[Question, asyncio.Future[Answer]]] = []
        self._calls: set[asyncio.Task[None]] = set()

    async def submit(self, question: Question) -> Answer:
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._requests.append((question, future))
        if len(self._calls) < CALLS:
            call = asyncio.create_task(self._answer_batch())
            self._calls.add(call)
            call.add_done_callback(self._calls.discard)
        return await future

    async def _answer_batch(self) -> None:
        while self._requests:
            batch, self._requests = self._requests[:AT_ONCE], self._requests[AT_ONCE:]
            try:
                answers = await run_in_thread(self._answers, [question for question, _ in batch])
            except Exception as error:  # noqa: BLE001 (raised for each caller that waits in submit)
                answers = [error] * len(batch)
            for (_, future), answer in zip(batch, answers, strict=True):
                if future.done():  # nobody waits any more
                    continue
                if isinstance(answer, Exception):
                    future.set_exception(answer)
                else:
                    future.set_result(answer)
