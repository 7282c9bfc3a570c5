"""The limits of one socket, one user and one address, as texts. Pure."""

from collections.abc import Mapping

from realtime import watchlist
from realtime.socket import cursor, session

# As config/settings.py has them unless the environment says otherwise
USUAL: Mapping[str, float] = {
    "HEARTBEAT_SECONDS": 25,
    "SILENCE_SECONDS": 35,
    "AUTH_SECONDS": 10,
    "SEND_SECONDS": 10,
    "EXPIRY_WARNING_SECONDS": 60,
    "EXPIRY_GRACE_SECONDS": 25,
    "AGE_SECONDS": 12 * 3600,
    "USER_SOCKETS": 20,
    "CONNECTS_PER_MINUTE": 60,
    "KEEP_DAYS": 7,
}


def build_rows(of: Mapping[str, float] = USUAL) -> list[tuple[str, str, str]]:
    """Build a row for each limit: its name, its value, and what happens beyond it."""
    return [*_frame_rows(), *_time_rows(of), *_count_rows(of)]


def _frame_rows() -> list[tuple[str, str, str]]:
    long, first = session.FRAME_BYTES // 1024, session.FIRST_FRAME_BYTES // 1024
    rate = f"{session.FRAMES_PER_SECOND} a second, {session.BURST} at once"
    range_ms = f"one in {watchlist.FASTEST_MS} to {watchlist.SLOWEST_MS} ms"
    return [
        ("a client's frame", f"{long} KiB; {first} KiB before sign-in", "error `too_large`"),
        ("a client's frames", rate, "error `rate_limited`; the third in a row: 4005"),
        ("frames that make no sense", f"{session.STRIKES} in a row; 1 before sign-in", "4501"),
        ("instruments of a socket", str(watchlist.LONGEST), "error `wrong_instruments`"),
        (
            "frames about an instrument",
            f"{range_ms}, {watchlist.USUAL_MS} unless told",
            "only the newest is sent",
        ),
    ]


def _time_rows(of: Mapping[str, float]) -> list[tuple[str, str, str]]:
    warning, grace = of["EXPIRY_WARNING_SECONDS"], of["EXPIRY_GRACE_SECONDS"]
    expiry = f"until it expires; `auth_expiring` {warning:g} s before"
    return [
        ("time to say who is there", f"{of['AUTH_SECONDS']:g} s", "4102"),
        ("time between two pings", f"{of['HEARTBEAT_SECONDS']:g} s", ""),
        ("silence of the client", f"{of['SILENCE_SECONDS']:g} s", "4002"),
        ("time to take what is sent", f"{of['SEND_SECONDS']:g} s", "4001"),
        ("a token", expiry, f"4100, {grace:g} s after"),
        ("age of a socket", f"{of['AGE_SECONDS'] / 3600:g} h, more or less a fifth", "4006"),
    ]


def _count_rows(of: Mapping[str, float]) -> list[tuple[str, str, str]]:
    per_minute = of["CONNECTS_PER_MINUTE"]
    connects = f"{per_minute:g} a minute" if per_minute else "as many as it likes"
    return [
        ("sockets of a user, over all servers", f"{of['USER_SOCKETS']:g}", "4504"),
        ("new sockets of an address", connects, "4005"),
        ("events that are kept", f"{of['KEEP_DAYS']:g} days", "`reset`"),
        ("events that are made up for", f"{cursor.FARTHEST:,}", "`reset`"),
    ]
