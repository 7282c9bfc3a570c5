"""One socket's conversation as a state machine: frames and time go in, frames come out. No I/O.

The shell passes frames to `follow_frame`, carries out the request it returns (consumers.py), and
sends what is in `outbox` (sending.py). When `closing` is set, its farewell is the last frame.
"""

from realtime import frames
from realtime.endpoints import ENDPOINTS, MAIN, Endpoint
from realtime.socket import control_frames
from realtime.socket.cursor import Cursor, ResetReason
from realtime.socket.parsing import (
    Auth,
    BadFrame,
    Ping,
    Pong,
    Request,
    Subscribe,
    Watch,
    parse_frame,
)
from realtime.socket.session import (
    FIRST_FRAME_BYTES,
    FRAME_BYTES,
    STRIKES,
    Authenticated,
    Farewell,
    FrameBucket,
    Identity,
    SocketTimes,
    build_hello,
)
from realtime.watchlist import WatchAdmission, Watchlist


class Conversation:
    """The state of one socket's protocol.

    `chance`, from -1 to 1, is this socket's own: those opened together must not end, be pinged
    or come back together.
    """

    __slots__ = (
        "_bucket",
        "_chance",
        "_expires",
        "_head",
        "_last_frame_at",
        "_last_ping_at",
        "_next_end",
        "_ping_at",
        "_strikes",
        "_warned",
        "answer_seconds",
        "behind",
        "client_seq",
        "closing",
        "cursor",
        "endpoint",
        "identity",
        "last_error",
        "opened",
        "outbox",
        "rules",
        "watchlist",
    )

    def __init__(
        self,
        rules: SocketTimes,
        now: float,
        endpoint: Endpoint = ENDPOINTS[MAIN],
        chance: float = 0.0,
    ) -> None:
        self.rules, self.endpoint, self._chance = rules, endpoint, chance
        self.outbox: list[str] = []
        self.closing: Farewell | None = None
        self.identity: Identity | None = None
        self.cursor = Cursor()
        self.watchlist: Watchlist | None = None
        self.client_seq: int | None = None
        self.answer_seconds: float | None = None  # from our last ping to the client's pong
        self.behind: int | None = None  # events that the client had not seen then
        self.last_error: str | None = None  # what was wrong with the last frame
        self._strikes = 0
        self._bucket = FrameBucket(now)
        self.opened = self._last_frame_at = now
        self._ping_at = now + rules.heartbeat * (1 - abs(chance) / 2)
        self._last_ping_at: float | None = None
        self._expires: float | None = None
        self._warned = False
        self._head: int | None = None
        self._update_next_end()

    # Before anybody is known

    def greet(self, authenticated: Authenticated) -> None:
        self.outbox.append(build_hello(self.rules, self.endpoint, authenticated))

    def set_identity(self, identity: Identity, epoch: str, seq: int, now: float) -> None:
        """Accept the user's identity, at first or renewed."""
        if self.identity is not None and self.identity.user_id != identity.user_id:
            self.close(frames.Close.FORBIDDEN, "This socket belongs to another user.")
            return
        self.identity, self._warned, self._head = identity, False, seq
        left = identity.expires_in
        self._expires = None if left is None else now + left
        self._update_next_end()
        ready = control_frames.ReadyData(
            user=identity.user_id, epoch=epoch, seq=seq, expires_in=left
        )
        self._queue_frame("ready", ready)

    def refuse_credentials(self, code: frames.Close, message: str) -> None:
        """Refuse credentials. A user who is signed in may try again until theirs expire."""
        if self.identity is None:
            self.close(code, message)
        else:
            self._add_strike("bad_token", message)

    # Frames of the client

    def follow_frame(self, frame: str | None, now: float) -> Auth | Watch | None:
        """Follow a frame (None: a binary one); a request that needs I/O is returned."""
        self._last_frame_at = now
        self.last_error = None
        if wait := self._bucket.wait(now):
            self._add_strike(
                "rate_limited",
                "Too many frames.",
                code=frames.Close.RATE_LIMITED,
                retry_after=round(wait * 1000) + 1,
            )
            return None
        try:
            request = self._parse_frame(frame)
        except BadFrame as bad:
            self._add_strike(bad.code, bad.message)
            return None
        self._strikes = 0
        return self._handle_request(request)

    def _parse_frame(self, frame: str | None) -> Request:
        if frame is None:
            raise BadFrame("wrong_shape", "Frames are text, not binary.")
        longest = FRAME_BYTES if self.identity else FIRST_FRAME_BYTES
        if len(frame) > longest or len(frame.encode(errors="replace")) > longest:
            raise BadFrame("too_large", f"A frame has at most {longest} bytes.")
        request = parse_frame(frame, self.endpoint)
        if self.identity is None and self._needs_login(request):
            raise BadFrame("not_authenticated", "The first frame is auth.")
        return request

    def _needs_login(self, request: Request) -> bool:
        return self.endpoint.needs_login and not isinstance(request, Auth)

    def _handle_request(self, request: Request) -> Auth | Watch | None:
        match request:
            case Auth() | Watch():
                return request
            case Subscribe(since, topics):
                # Topics of the endpoint alone: events of other topics are skipped, not sent.
                self.cursor.start(since, topics, offered=self.endpoint.streamed)
            case Ping():
                self._queue_frame("pong", control_frames.PongData())
            case Pong(seq):
                self.client_seq = seq
                self._note_answer(seq)
        return None

    def _note_answer(self, seq: int | None) -> None:
        """Measure the way to the client: all that was sent before a ping arrives before it."""
        if self._last_ping_at is not None:
            self.answer_seconds = self._last_frame_at - self._last_ping_at
            self._last_ping_at = None
        if seq is not None:
            self.behind = max(0, max(self._head or 0, self.cursor.sent or 0) - seq)

    # The markets

    def watch(self, wish: Watch, admitted: WatchAdmission) -> None:
        """Watch these instruments from now on, instead of those before."""
        instruments, seconds = admitted.instruments, wish.interval_ms / 1000
        self.watchlist = Watchlist(instruments, wish.topics, seconds) if instruments else None
        answer = control_frames.WatchingData(
            instruments=sorted(instruments),
            unknown=sorted(admitted.unknown),
            refused=sorted(admitted.refused),
            interval_ms=wish.interval_ms,
            words=admitted.words,
        )
        self._queue_frame("watching", answer)

    def offer(self, kind: str, instrument: str, frame: str) -> bool:
        return self.watchlist is not None and self.watchlist.offer(kind, instrument, frame)

    def prices(self, now: float) -> list[str]:
        return self.watchlist.take(now) if self.watchlist else []

    # The stream

    def reset(self, reason: ResetReason, epoch: str, seq: int) -> None:
        self._queue_frame("reset", control_frames.ResetData(reason=reason, epoch=epoch, seq=seq))

    def live(self) -> bool:
        """Announce `live` once all that was missed has been sent; say if this was the moment."""
        cursor = self.cursor
        ready = cursor.owes_live and cursor.is_drained and not cursor.catching_up
        if not ready or cursor.epoch is None:
            return False
        cursor.owes_live = False
        topics = sorted(self.endpoint.streamed if cursor.topics is None else cursor.topics)
        self._queue_frame(
            "live", control_frames.LiveData(epoch=cursor.epoch, seq=cursor.sent or 0, topics=topics)
        )
        return True

    def compare_head(self, epoch: str, head: int) -> bool:
        self._head = head
        return self.cursor.compare_head(epoch, head)

    # Time

    def tick(self, now: float) -> None:
        """Close, warn or ping, if that is due by now."""
        if self.closing:
            return
        if farewell := self._find_end(now):
            self.closing = farewell
            return
        if self._expires is not None and not self._warned and now >= self._warn_at:
            self._warned = True
            self._update_next_end()
            left = max(0.0, self._expires - now)
            self._queue_frame(
                "auth_expiring", control_frames.AuthExpiringData(expires_in=round(left, 1))
            )
        if now >= self._ping_at:
            self._ping_at = now + self.rules.heartbeat
            self._last_ping_at = now
            self._queue_frame(
                "ping", control_frames.PingData(seq=self.cursor.sent, head=self._head)
            )

    def _find_end(self, now: float) -> Farewell | None:
        for due, code, message in self._list_ends():
            if now >= due:
                return Farewell(code, message)
        return None

    def _list_ends(self) -> list[tuple[float, frames.Close, str]]:
        rules = self.rules
        age = rules.age * (1 + 0.2 * self._chance)
        ends = [
            (self._last_frame_at + rules.silence, frames.Close.SILENT, "Nothing heard from you."),
            (self.opened + age, frames.Close.TOO_OLD, "This socket is old; connect anew."),
        ]
        if self.identity is None and self.endpoint.needs_login:
            late = (self.opened + rules.auth, frames.Close.AUTH_TIMEOUT, "Nobody signed in.")
            ends.append(late)
        if self._expires is not None:
            over = self._expires + rules.expiry_grace
            ends.append((over, frames.Close.EXPIRED, "The token has expired."))
        return ends

    @property
    def _warn_at(self) -> float:
        return (self._expires or 0) - self.rules.expiry_warning

    def _update_next_end(self) -> None:
        """Remember the next end that no frame puts off: it is needed at every wake-up."""
        times = [due for due, code, _ in self._list_ends() if code != frames.Close.SILENT]
        if self._expires is not None and not self._warned:
            times.append(self._warn_at)
        self._next_end = min(times)

    def next_due(self) -> float:
        """Return when `tick` has something to do again, or a price is to be sent."""
        due = min(self._last_frame_at + self.rules.silence, self._ping_at, self._next_end)
        watched = self.watchlist.next_due() if self.watchlist else None
        return due if watched is None else min(due, watched)

    # Saying and ending

    def close(self, code: frames.Close, message: str, *, delay: float | None = None) -> None:
        if self.closing is None:
            self.closing = Farewell(code, message, delay)

    def build_farewell(self) -> str:
        end = self.closing or Farewell(frames.Close.INTERNAL, "Something broke here.")
        delay = end.delay
        if delay is None:
            pause = self.rules.pause * (1 + 0.9 * self._chance)
            delay = pause if end.code < frames.Close.EXPIRED else 0
        bye = control_frames.ByeData(code=int(end.code), message=end.message, delay=round(delay, 2))
        return control_frames.server_frame("bye", bye)

    def has_output(self, now: float) -> bool:
        """Say if there is something to send, or to read first."""
        if self.outbox or self.closing or self.cursor.has_waiting:
            return True
        due = self.watchlist.next_due() if self.watchlist else None
        return due is not None and due <= now

    def take_fresh(self, now: float) -> list[str]:
        """Take the notes and prices that are worth sending only while they are new."""
        return [*self.cursor.take_notes(), *self.prices(now)]

    def _queue_frame(
        self, kind: control_frames.ServerType, data: control_frames.ServerData
    ) -> None:
        self.outbox.append(control_frames.server_frame(kind, data))

    def _add_strike(
        self,
        error: control_frames.ErrorCode,
        message: str,
        *,
        code: frames.Close = frames.Close.PROTOCOL,
        retry_after: int | None = None,
    ) -> None:
        """Answer with an error; the third in a row, or one before sign-in, closes the socket."""
        self._strikes += 1
        self.last_error = error
        self._queue_frame(
            "error", control_frames.ErrorData(code=error, message=message, retry_after=retry_after)
        )
        unknown = self.identity is None and self.endpoint.needs_login
        if self._strikes >= STRIKES or unknown:
            self.close(code, message)
