"""Keep what is sent to people's own addresses away from internal networks, and end it in time.

A person names the host, so it may be one that only this server reaches: a database, a router, the
metadata service of a cloud. Checking a name before it is used is not enough, as it may resolve to
another address a moment later. Python's audit hook sees the address of each connection just before
it is made, whichever library makes it, and for every redirect. So that is where it is checked.
"""

import ipaddress
import socket
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Final

from django.conf import settings

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
CHECKED_EVENTS: Final = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg"})
# IPv6 networks whose addresses hold an IPv4 address in their last 32 bits.
TRANSLATED: Final = [
    ipaddress.ip_network(name) for name in ("64:ff9b::/96", "64:ff9b:1::/48", "::/96")
]
_thread = threading.local()
_installed = threading.Lock()
_is_installed = False


class AddressRefused(OSError):
    """The address belongs to a network that people's addresses may not reach."""


class NetworkGuard:
    """The connections of one message: each checked, and all cut when its time is over."""

    def __init__(self, allowed: Sequence[str]) -> None:
        self._allowed = [ipaddress.ip_network(name) for name in allowed]
        self._sockets: list[socket.socket] = []
        self._lock = threading.Lock()
        self.refused = ""  # the address, as libraries turn the exception into one of their own
        self.is_over = False

    def check_connection(self, connection: socket.socket, address: Any) -> None:
        host = str(address[0]) if isinstance(address, tuple) and address else ""
        if not is_allowed(host, self._allowed):
            self.refused = host or "a local socket"
            raise AddressRefused(f"{self.refused} is in an internal network")
        with self._lock:
            if self.is_over:
                raise TimeoutError("the time for this message is over")
            # A copy of the descriptor: TLS takes the original over.
            self._sockets.append(connection.dup())

    def cut_connections(self) -> None:
        """End all reads and writes that still wait, from another thread."""
        with self._lock:
            self.is_over = True
            for connection in self._sockets:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        with self._lock:
            for connection in self._sockets:
                connection.close()
            self._sockets.clear()


@contextmanager
def guard_network(seconds: float) -> Iterator[NetworkGuard]:
    """Check and time every connection that this thread makes inside the block."""
    _install_hook()
    guard = NetworkGuard(settings.NOTIFICATION_ALLOW_NETWORKS)
    timer = threading.Timer(seconds, guard.cut_connections)
    timer.daemon = True
    timer.start()
    _thread.guard = guard
    try:
        yield guard
    finally:
        _thread.guard = None
        timer.cancel()
        guard.close()


def is_allowed(host: str, allowed: Sequence[ipaddress.IPv4Network | ipaddress.IPv6Network]) -> bool:
    """Tell whether a person's message may go to this address; a name that is no address may not."""
    try:
        address = _unwrap_address(ipaddress.ip_address(host.partition("%")[0]))
    except ValueError:
        return False
    if any(address.version == network.version and address in network for network in allowed):
        return True
    return address.is_global and not address.is_multicast


def _unwrap_address(address: Address) -> Address:
    """Return the IPv4 address inside an IPv6 one that stands for it."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    for inner in (address.ipv4_mapped, address.sixtofour):
        if inner is not None:
            return inner
    if address.teredo is not None:
        return address.teredo[1]
    if any(address in network for network in TRANSLATED) and int(address) > 1:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def _install_hook() -> None:
    """Install the hook once: Python has no way to take one back."""
    global _is_installed
    with _installed:
        if not _is_installed:
            sys.addaudithook(_check_event)
            _is_installed = True


def _check_event(event: str, arguments: tuple[Any, ...]) -> None:
    if event not in CHECKED_EVENTS:
        return
    guard: NetworkGuard | None = getattr(_thread, "guard", None)
    if guard is not None:
        guard.check_connection(arguments[0], arguments[1])
