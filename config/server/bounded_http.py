"""uvicorn's HTTP with limits on a request's headers, which its parser reads without any."""

import asyncio
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

MOST_HEADER_BYTES: Final = 64 * 1024


class BoundedHttp(HttpToolsProtocol):
    """Close a connection whose headers take too long or too much room; bodies have own limits.

    The time runs from the connection's start, and for a later request from its first byte.
    Between two requests uvicorn itself closes what is idle.

    Headers after a body in chunks are dropped: uvicorn would add them to the others, behind what a
    proxy has written there, and somebody could choose their own X-Forwarded-For.
    """

    header_seconds = 10.0
    _deadline: asyncio.TimerHandle | None = None
    _is_counting = False  # what comes now is no body
    _has_just_begun = False  # to count, so that the data may begin with something else
    _header_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._await_headers()

    def connection_lost(self, exc: Exception | None) -> None:
        self._end_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._has_just_begun = False
        super().data_received(data)
        if self._is_counting and not self._has_just_begun:
            self._header_bytes += len(data)
            if self._header_bytes > MOST_HEADER_BYTES:
                self._refuse_request(431, "The headers are too large.")

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._await_headers()

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._deadline is not None:  # else it comes after the body
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._end_waiting()
        super().on_headers_complete()

    def on_chunk_header(self) -> None:
        """Count again, until data comes: what follows the last chunk is headers, without limit."""
        self._begin_counting()

    def on_body(self, body: bytes) -> None:
        self._is_counting = False
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._is_counting = False
        super().on_message_complete()

    def _await_headers(self) -> None:
        if self._deadline is None:
            self._begin_counting()
            self._deadline = self.loop.call_later(self.header_seconds, self._give_up)

    def _begin_counting(self) -> None:
        self._is_counting = self._has_just_begun = True
        self._header_bytes = 0

    def _end_waiting(self) -> None:
        self._is_counting = False
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _give_up(self) -> None:
        self._refuse_request(408, "The headers did not come in time.")

    def _refuse_request(self, status: int, message: str) -> None:
        """Answer and close; without words if nothing was sent, or another answer is under way."""
        self._end_waiting()
        if self.transport.is_closing():
            return
        if self._has_begun() and (self.cycle is None or self.cycle.response_complete):
            self.transport.write(_build_answer(status, message))
        self.transport.close()

    def _has_begun(self) -> bool:
        return self.headers is not None


def _build_answer(status: int, message: str) -> bytes:
    head: dict[str, Any] = {
        "content-type": "text/plain; charset=utf-8",
        "content-length": len(message),
        "connection": "close",
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
    return STATUS_LINE[status] + f"{lines}\r\n{message}".encode()
