"""Follow a venue's own stream through ccxt, and detect the ways in which watching dies silently.

1. Adapters read every frame themselves: nothing waits for the next event, nothing is merged with
   a later row or evicted unseen, and a malformed row stops nothing.
2. Every frame is looked at before ccxt has it, so an error that nobody waits for is heard here,
   and an exception in ccxt's handler ends the following instead of its receiving loop.
3. A socket that stays silent although it was asked for a sign of life is given up.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any, Final

import ccxt

from exchanges.base import VenueDown

Watch = Callable[[], Awaitable[object]]
CheckFrame = Callable[[Any], Exception | None]

LOGIN_SECONDS: Final = 10.0
SILENT_SECONDS: Final = 20.0
PINGS: Final = 4  # in the time after which silence counts as death
CLOSE_SECONDS: Final = 1.0  # a dead peer does not answer a good-bye


async def skip_login() -> None:
    """Do nothing, for venues where the URL is the login."""


async def follow_until_broken(
    client: Any,
    watches: Sequence[Watch],
    *,
    login: Watch,
    connected: Callable[[], None],
    look: CheckFrame = lambda _: None,
    handle: Callable[[Any, Any], None] | None = None,
    acknowledges: Callable[[Any], bool] = lambda _: False,
    acknowledgements: int = 0,
    login_seconds: float = LOGIN_SECONDS,
    silent_seconds: float = SILENT_SECONDS,
) -> None:
    """Watch until something breaks, and raise that: a VenueError, or ccxt's own to be translated.

    `login` returns when the venue has let us in. `look` sees every frame first, and says what is
    wrong with it; a frame that is wrong does not reach ccxt, and with `handle` none does.
    `connected` is called once, when we are in, a socket is open and so many frames were
    acknowledgements of subscriptions.
    """
    await close_sockets(client)
    frames = _FrameFilter(handle or client.handle_message, look, acknowledges)
    client.handle_message = frames.handle

    ready = _wait_until_ready(
        client, login, lambda: frames.acknowledged >= acknowledgements, login_seconds
    )
    guard = _watch_health(client, ready, connected, silent_seconds)
    watching = [_repeat_watch(watch) for watch in watches]
    tasks = [asyncio.create_task(work) for work in (guard, *watching)]
    try:
        await asyncio.wait({frames.wrong, *tasks}, return_when=asyncio.FIRST_COMPLETED)
        raise _find_reason([frames.wrong, *tasks])
    finally:
        frames.wrong.cancel()
        try:
            await _end_tasks(tasks)
        finally:  # also where we are cancelled meanwhile
            del client.handle_message
            await close_sockets(client)


async def _end_tasks(tasks: "Sequence[asyncio.Task[None]]") -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def close_sockets(client: Any) -> None:
    """Close the client's sockets; their session is shared and stays open."""
    sockets = list((client.clients or {}).values())
    client.clients = {}
    client.ws_dial_backoff = {}  # whoever follows waits by itself
    for socket in sockets:
        for future in socket.futures.values():
            if future.done() and not future.cancelled():
                future.exception()  # or asyncio says at the end that nobody wanted to know
        if socket.connecting:
            # Its future `connected` may be cancelled, by whoever waited for it and was cancelled.
            socket.on_connected_callback = _start_closing
    if sockets:
        await asyncio.wait([_start_closing(socket) for socket in sockets])


class _FrameFilter:
    """Checks each frame before ccxt's handler; the future `wrong` ends with the first error."""

    def __init__(
        self,
        handler: Callable[[Any, Any], None],
        look: CheckFrame,
        acknowledges: Callable[[Any], bool],
    ) -> None:
        self._handler, self._check_frame, self._acknowledges = handler, look, acknowledges
        self.acknowledged = 0
        self.wrong: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def handle(self, socket: Any, frame: Any) -> None:
        try:
            error = self._check_frame(frame)
            if error is None:
                self._handler(socket, frame)
                self.acknowledged += self._acknowledges(frame)
        except Exception as broken:  # noqa: BLE001 (else ccxt silently stops receiving)
            error = broken
        if error is not None and not self.wrong.done():
            self.wrong.set_exception(error)


async def _repeat_watch(watch: Watch) -> None:
    """ccxt answers each call once. Never cancelled in between: that would block its logins."""
    while True:
        await watch()


async def _watch_health(
    client: Any, ready: Awaitable[None], connected: Callable[[], None], silent_seconds: float
) -> None:
    await ready
    connected()
    await _ping_sockets(client, silent_seconds)


async def _wait_until_ready(
    client: Any, login: Watch, subscribed: Callable[[], bool], login_seconds: float
) -> None:
    try:
        async with asyncio.timeout(login_seconds):
            await login()
            while not (subscribed() and _list_open_sockets(client)):  # noqa: ASYNC110 (two facts, not one)
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise VenueDown(f"the stream did not open within {login_seconds:g} s") from None


async def _ping_sockets(client: Any, silent_seconds: float) -> None:
    """Ping every socket until one does not answer."""
    while True:
        await asyncio.sleep(silent_seconds / PINGS)
        for socket in _list_open_sockets(client):
            signs = (socket.connectionEstablished, socket.lastPong, socket.last_message_at)
            if client.milliseconds() - max(sign or 0 for sign in signs) > silent_seconds * 1000:
                raise VenueDown(f"the stream was dead silent for {silent_seconds:g} s")
            with suppress(TimeoutError):  # a peer that takes nothing in gives no sign either
                async with asyncio.timeout(silent_seconds / PINGS):
                    await _send_ping(socket)


async def _send_ping(socket: Any) -> None:
    if socket.ping:  # some venues want a text
        await socket.send(socket.ping(socket))
    else:
        await socket.connection.ping()


def _list_open_sockets(client: Any) -> list[Any]:
    return [socket for socket in client.clients.values() if socket.isConnected]


def _find_reason(endings: "Sequence[asyncio.Future[None]]") -> Exception:
    """Return why it broke; a venue's own error counts for more than its consequences."""
    for ending in endings:
        if not ending.done():
            continue
        error = None if ending.cancelled() else ending.exception()
        if isinstance(error, VenueDown | ccxt.BaseError):
            return error
        if error is not None:
            return VenueDown(f"the stream broke: {type(error).__name__} {error}"[:200])
    return VenueDown("the stream was closed")


def _start_closing(socket: Any) -> "asyncio.Task[None]":
    """Close a socket in a task of its own, which goes on where its caller is cancelled."""
    task = asyncio.create_task(_close_socket(socket))
    _closing_tasks.add(task)
    task.add_done_callback(_closing_tasks.discard)
    return task


async def _close_socket(socket: Any) -> None:
    """Close within our time.

    Twice, for a first attempt that is cut off while it waits for ccxt to stop receiving has closed
    nothing: ccxt would then ask an open connection without a pause. A second one is not needed
    otherwise and does nothing.
    """
    for _ in range(2):
        with suppress(TimeoutError, OSError):
            async with asyncio.timeout(CLOSE_SECONDS):
                await socket.close()


_closing_tasks: "set[asyncio.Task[None]]" = set()
