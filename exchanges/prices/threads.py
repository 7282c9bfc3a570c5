"""Threads in which price feeds wait for Redis and the database, outside the event loop."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from django.db import close_old_connections

P = ParamSpec("P")
T = TypeVar("T")
_threads = ThreadPoolExecutor(2, thread_name_prefix="feeds")


async def run(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    def work() -> T:
        close_old_connections()  # one that broke is replaced, as at the start of a request
        return function(*args, **kwargs)

    return await asyncio.get_running_loop().run_in_executor(_threads, work)
