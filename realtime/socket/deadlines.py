"""The times at which a socket is pinged, warned or closed. Pure."""

from realtime.frames import Close
from realtime.socket.session import Farewell, SocketTimes


class Deadlines:
    """One socket's deadlines. `chance` spreads them: sockets opened together must not end so."""

    __slots__ = (
        "_chance",
        "_expires",
        "_needs_login",
        "_next_end",
        "_ping_at",
        "_rules",
        "_warned",
        "last_frame_at",
        "opened",
    )

    def __init__(self, rules: SocketTimes, now: float, *, needs_login: bool, chance: float) -> None:
        self._rules, self._needs_login, self._chance = rules, needs_login, chance
        self.opened = self.last_frame_at = now
        self._ping_at = now + rules.heartbeat * (1 - abs(chance) / 2)
        self._expires: float | None = None
        self._warned = False
        self._update_next_end()

    def note_sign_in(self, expires_in: float | None, now: float) -> None:
        """Note a sign-in or a renewed token; a session (None) does not expire."""
        self._needs_login, self._warned = False, False
        self._expires = None if expires_in is None else now + expires_in
        self._update_next_end()

    def find_end(self, now: float) -> Farewell | None:
        for due, code, message in self._list_ends():
            if now >= due:
                return Farewell(code, message)
        return None

    def take_warning(self, now: float) -> float | None:
        """Return the seconds left of the token when the warning is due, only once."""
        if self._expires is None or self._warned or now < self._warn_at:
            return None
        self._warned = True
        self._update_next_end()
        return max(0.0, self._expires - now)

    def take_ping(self, now: float) -> bool:
        """Return if a ping is due, and set the time of the next."""
        if now < self._ping_at:
            return False
        self._ping_at = now + self._rules.heartbeat
        return True

    def next_due(self) -> float:
        return min(self.last_frame_at + self._rules.silence, self._ping_at, self._next_end)

    def _list_ends(self) -> list[tuple[float, Close, str]]:
        rules = self._rules
        age = rules.age * (1 + 0.2 * self._chance)
        ends = [
            (self.last_frame_at + rules.silence, Close.SILENT, "Nothing heard from you."),
            (self.opened + age, Close.TOO_OLD, "This socket is old; connect anew."),
        ]
        if self._needs_login:
            ends.append((self.opened + rules.auth, Close.AUTH_TIMEOUT, "Nobody signed in."))
        if self._expires is not None:
            over = self._expires + rules.expiry_grace
            ends.append((over, Close.EXPIRED, "The token has expired."))
        return ends

    @property
    def _warn_at(self) -> float:
        return (self._expires or 0) - self._rules.expiry_warning

    def _update_next_end(self) -> None:
        """Remember the next end that no frame puts off: it is needed at every wake-up."""
        times = [due for due, code, _ in self._list_ends() if code != Close.SILENT]
        if self._expires is not None and not self._warned:
            times.append(self._warn_at)
        self._next_end = min(times)
