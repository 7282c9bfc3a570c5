"""A client's half of the protocol without I/O: which frames count, where we are, what is wanted."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from realtime import frames, watchlist
from realtime.endpoints import ENDPOINTS, MAIN
from realtime.frames import Offset


@dataclass
class ClientState:
    """An event counts once and in order, or not at all."""

    position: Offset | None = None
    topics: Collection[str] | None = None
    endpoint: str = MAIN
    repeats: int = 0
    gaps: int = 0
    asked: bool = False

    @property
    def is_whole(self) -> bool:
        """Expect every number, unless topics are chosen or the endpoint has fewer of them."""
        return self.topics is None and self.endpoint == MAIN

    def build_subscribe(self) -> str:
        self.asked = True
        topics = None if self.topics is None else sorted(self.topics)
        data = {"since": self.position, "topics": topics}
        return frames.dump_json({"type": "subscribe", "data": data})

    def build_pong(self) -> str:
        seq = self.position["seq"] if self.position else None
        return frames.dump_json({"type": "pong", "data": {"seq": seq}})

    def accept_event(self, frame: Mapping[str, Any]) -> bool:
        """Accept an event if it is the next one, and move the position on."""
        seq = frame["seq"]
        if self.position is None:
            return True  # before `live` has said where we are
        if seq <= self.position["seq"]:
            self.repeats += 1
            return False
        if self.is_whole and seq != self.position["seq"] + 1:
            self.gaps += 1
            return False
        self.position = Offset(epoch=self.position["epoch"], seq=seq)
        return True

    def live(self, data: Offset) -> None:
        """Move to the head. A snapshot read meanwhile may be newer, and is kept."""
        self.asked = False
        ours = self.position
        if ours and ours["epoch"] == data["epoch"] and ours["seq"] > data["seq"]:
            return
        self.position = Offset(epoch=data["epoch"], seq=data["seq"])

    def is_behind(self, seq: int | None) -> bool:
        """Say if the server has sent more than we have; of filtered events we trust its number."""
        if self.position is None or seq is None or seq <= self.position["seq"]:
            return False
        if self.is_whole:
            return not self.asked
        self.position = Offset(epoch=self.position["epoch"], seq=seq)
        return False


@dataclass(frozen=True, eq=False)
class WatchedSet:
    """The instruments that one caller watches."""

    instruments: frozenset[str]
    topics: frozenset[str]
    interval_ms: int


@dataclass
class WatchedSets:
    """The instruments of all callers as one request, and the newest frame of each."""

    most: int = watchlist.LONGEST
    newest: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    _all: list[WatchedSet] = field(default_factory=list)

    def add(self, watched: WatchedSet) -> None:
        if len(self._instruments([*self._all, watched])) > self.most:
            raise ValueError(f"At most {self.most} instruments are watched on one socket.")
        self._all.append(watched)

    def remove(self, watched: WatchedSet) -> None:
        if watched in self._all:
            self._all.remove(watched)
        still = self._instruments(self._all)
        self.newest = {key: data for key, data in self.newest.items() if key[1] in still}

    @staticmethod
    def _instruments(watched_sets: Collection[WatchedSet]) -> frozenset[str]:
        return frozenset(name for watched in watched_sets for name in watched.instruments)

    def keep_newest(self, kind: str, data: dict[str, Any]) -> None:
        self.newest[kind, data["instrument"]] = data

    def build_frame(self) -> str:
        """Build one `watch` frame for all: every instrument and topic, the shortest interval."""
        watched_sets = [watched for watched in self._all if watched.instruments]
        data: dict[str, Any] = {"instruments": sorted(self._instruments(watched_sets))}
        if watched_sets:
            data["topics"] = sorted({topic for watched in watched_sets for topic in watched.topics})
            data["interval_ms"] = min(watched.interval_ms for watched in watched_sets)
        return frames.dump_json({"type": "watch", "data": data})


def get_endpoint_name(url: str) -> str:
    """Return the name of the endpoint that an address leads to."""
    last = url.rstrip("/").rpartition("/")[2]
    return last if last in ENDPOINTS else MAIN
