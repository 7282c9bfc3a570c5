"""What becomes of an event on its way to a socket: lost, doubled, late, reordered, or false."""

import asyncio
import copy
from collections.abc import Callable
from typing import Any

from exchanges.simulator.faults import rows
from exchanges.simulator.faults.falsify import falsify, stranger
from exchanges.simulator.faults.faults import EVENTS, ROWS, Fault, venue_of
from exchanges.simulator.simulation import Simulation, Told

# What a list leaves out is no matter of streams.
FALSE = frozenset(ROWS) - {"fills_missing", "order_missing"}


class Telling:
    """One socket's events. Without a fault they go out as they come."""

    def __init__(self, simulation: Simulation, path: str, send: Callable[[object], None]) -> None:
        self._simulation, self._path, self._send = simulation, path, send
        self._venue = venue_of(path)
        self._held: list[object] = []

    def tell(self, message: object, key: str) -> None:
        if key:
            self._simulation.told.append(Told(self._path, key, message))
        if not self._simulation.faults.active:
            self.release()
            self._send(message)
            return
        for told in self._falsified(message, key):
            self._pass_on(told, key)

    def tick(self) -> None:
        """What was kept back for more to come goes out when its fault has ended."""
        if self._held and not self._live(frozenset({"reorder_events"}), ""):
            self.release()

    def release(self) -> None:
        held, self._held = self._held[::-1], []
        for message in held:
            self._send(message)

    def _pass_on(self, message: object, key: str) -> None:
        faults = {fault.kind: fault for fault in self._hit(message, key)}
        if mute := faults.get("mute_sockets"):
            if not mute.skip:
                mute.hits += 1
                return
            mute.skip -= 1
        copies = 1
        if repeat := faults.get("repeat_events"):
            repeat.hits += 1
            copies = 2
        for _ in range(copies):
            self._send_in_time(message, faults)

    def _send_in_time(self, message: object, faults: dict[str, Fault]) -> None:
        if late := faults.get("delay_events"):
            late.hits += 1
            asyncio.get_running_loop().call_later(late.latency_ms / 1000, self._send, message)
        elif reorder := faults.get("reorder_events"):
            self._held.append(message)
            if len(self._held) >= reorder.count:
                reorder.hits += 1
                self.release()
        else:
            self._send(message)

    def _hit(self, message: object, key: str) -> list[Fault]:
        live = self._live(frozenset(EVENTS), key)
        if not live:
            return []
        about = list(rows.find(self._venue, message))
        return [fault for fault in live if self._concerns(fault, about)]

    def _concerns(self, fault: Fault, about: list[rows.Row]) -> bool:
        if fault.match.looks_inside:
            return any(row.matches(fault.match) for row in about)
        # Balances keep their place: order is a matter of orders and fills.
        return bool(about) or fault.kind != "reorder_events"

    def _falsified(self, message: object, key: str) -> list[object]:
        told, before = message, []
        for fault in self._live(FALSE, key):
            changed: Any = copy.deepcopy(told)
            if fault.kind == "unlisted":
                before += self._strangers(fault, changed)
            elif falsify(fault, self._venue, changed):
                fault.hits += 1
                told = changed
        return [*before, told]

    def _strangers(self, fault: Fault, message: Any) -> list[object]:
        """The frame once more, about orders of an instrument that is nowhere listed."""
        about = [row for row in rows.find(self._venue, message) if row.shape.is_order]
        about = [row for row in about if row.matches(fault.match)]
        for row in about:
            row.content.update(stranger(fault, self._venue, row))
        fault.hits += bool(about)
        return [message] if about else []

    def _live(self, kinds: frozenset[str], key: str) -> list[Fault]:
        simulation = self._simulation
        now = simulation.venue.now()
        return [
            fault
            for fault in simulation.faults.live(kinds, path=self._path, key=key, now=now)
            if fault.match.method in ("", "WS")
        ]
