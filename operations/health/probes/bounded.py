"""Wait for a call only so long: a server that is frozen answers nothing and refuses nothing.

Each call runs in a daemon thread, so that one that never returns keeps no process from ending.
Calls of one name share the thread under way: a frozen server costs one thread, not one a request.
"""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar, cast

Answer = TypeVar("Answer")


class NoAnswer(Exception):
    """The call did not return in time."""


_calls: dict[str, tuple[float, "Future[Any]"]] = {}
_lock = threading.Lock()


def call_within(seconds: float, name: str, function: Callable[[], Answer]) -> Answer:
    """Return what the function returns, or raise NoAnswer when it takes longer."""
    with _lock:
        began, future = _calls.get(name, (0.0, None))
        if future is None or future.done():
            began, future = time.monotonic(), Future()
            _calls[name] = began, future
            threading.Thread(
                target=_run_call, args=[function, future], name=f"health-{name}", daemon=True
            ).start()
    try:
        return cast(Answer, future.result(max(0.0, began + seconds - time.monotonic())))
    except TimeoutError:
        raise NoAnswer(f"no answer within {seconds:g} s") from None


def _run_call(function: Callable[[], Any], future: "Future[Any]") -> None:
    try:
        future.set_result(function())
    except BaseException as error:  # noqa: BLE001 (raised for the caller, by the future)
        future.set_exception(error)
