"""One socket's conversation as a state machine: frames and time go in, frames come out. No I/O.

The shell passes frames to `follow_frame`, carries out the request it returns (consumers.py), and
sends what is in `outbox` (sending.py). When `closing` is set, its farewell is the last frame.
"""

from realtime import frames
from realtime.endpoints import ENDPOINTS, MAIN, Endpoint
from realtime.shapes.fields import Shape
from realtime.socket import control_frames
from realtime.socket.cursor import Cursor, ResetReason
from realtime.socket.deadlines import Deadlines
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
    SocketFigures,
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
        "_head",
        "_last_ping_at",
        "_strikes",
        "answer_seconds",
        "behind",
        "client_seq",
        "closing",
        "cursor",
        "deadlines",
        "endpoint",
        "identity",
        "last_error",
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
        self._last_ping_at: float | None = None
        self._head: int | None = None
        self.deadlines = Deadlines(rules, now, needs_login=endpoint.needs_login, chance=chance)

    # Signing in

    def greet(self, authenticated: Authenticated) -> None:
        self.outbox.append(build_hello(self.rules, self.endpoint, authenticated))

    def set_identity(self, identity: Identity, epoch: str, seq: int, now: float) -> None:
        """Accept the user's identity, at first or renewed."""
        if self.identity is not None and self.identity.user_id != identity.user_id:
            self.close(frames.Close.FORBIDDEN, "This socket belongs to another user.")
            return
        if self.identity is not None and self.identity.key_ids != identity.key_ids:
            # What was skipped so far could not be sent any more.
            self.close(frames.Close.FORBIDDEN, "This token is for other keys. Open another socket.")
            return
        self.identity, self._head = identity, seq
        self.cursor.key_ids = identity.key_ids
        self.deadlines.note_sign_in(identity.expires_in, now)
        ready = control_frames.ReadyData(
            user=identity.user_id, epoch=epoch, seq=seq, expires_in=identity.expires_in
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
        self.deadlines.last_frame_at = now
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
        if self.identity is None and self.endpoint.needs_login and not isinstance(request, Auth):
            raise BadFrame("not_authenticated", "The first frame is auth.")
        return request

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
            self.answer_seconds = self.deadlines.last_frame_at - self._last_ping_at
            self._last_ping_at = None
        if seq is not None:
            self.behind = max(0, max(self._head or 0, self.cursor.sent or 0) - seq)

    # The markets

    def watch(self, request: Watch, admitted: WatchAdmission) -> None:
        """Watch these instruments from now on, instead of those before."""
        instruments, seconds = admitted.instruments, request.interval_ms / 1000
        self.watchlist = Watchlist(instruments, request.topics, seconds) if instruments else None
        answer = control_frames.WatchingData(
            instruments=sorted(instruments),
            unknown=sorted(admitted.unknown),
            refused=sorted(admitted.refused),
            interval_ms=request.interval_ms,
            words=admitted.reason,
        )
        self._queue_frame("watching", answer)

    @property
    def instruments(self) -> frozenset[str]:
        return self.watchlist.instruments if self.watchlist else frozenset()

    def offer(self, kind: str, instrument: str, frame: str) -> bool:
        return self.watchlist is not None and self.watchlist.offer(kind, instrument, frame)

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

    def compare_head(self, epoch: str, head: int, rights: frozenset[str]) -> bool:
        """Take what a sweep read; tell whether something was missed."""
        self._head, self.cursor.rights = head, rights
        return self.cursor.compare_head(epoch, head)

    # Time

    def tick(self, now: float) -> None:
        """Close, warn or ping, if that is due by now."""
        if self.closing:
            return
        if farewell := self.deadlines.find_end(now):
            self.closing = farewell
            return
        if (left := self.deadlines.take_warning(now)) is not None:
            self._queue_frame(
                "auth_expiring", control_frames.AuthExpiringData(expires_in=round(left, 1))
            )
        if self.deadlines.take_ping(now):
            self._last_ping_at = now
            self._queue_frame(
                "ping", control_frames.PingData(seq=self.cursor.sent, head=self._head)
            )

    def next_due(self) -> float:
        """Return when `tick` has something to do again, or a price is to be sent."""
        due = self.deadlines.next_due()
        watched = self.watchlist.next_due() if self.watchlist else None
        return due if watched is None else min(due, watched)

    # Sending and closing

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

    def read_figures(self) -> SocketFigures:
        return SocketFigures(
            self.endpoint.name, self.deadlines.opened, self.behind, self.answer_seconds
        )

    def has_output(self, now: float) -> bool:
        """Say if there is something to send, or to read first."""
        if self.outbox or self.closing or self.cursor.has_waiting:
            return True
        due = self.watchlist.next_due() if self.watchlist else None
        return due is not None and due <= now

    def take_fresh(self, now: float) -> list[str]:
        """Take the notes and prices that are worth sending only while they are new."""
        prices = self.watchlist.take(now) if self.watchlist else []
        return [*self.cursor.take_notes(), *prices]

    def _queue_frame(self, kind: control_frames.ServerType, data: Shape) -> None:
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
