"""Threads in which work of an event loop waits for the database or Redis."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from django.db import close_old_connections

P = ParamSpec("P")
T = TypeVar("T")


class DatabaseThreads(ThreadPoolExecutor):
    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a function in a thread: the only way from the event loop to the database."""

        def work() -> T:
            close_old_connections()  # one that broke is replaced, as at the start of a request
            return function(*args, **kwargs)

        return await asyncio.get_running_loop().run_in_executor(self, work)
