"""Faults of socket events: lost, doubled, late, reordered, or with false rows."""

import asyncio
import copy
from collections.abc import Callable
from typing import Any

from exchanges.simulator.faults import rows
from exchanges.simulator.faults.falsify import COPIES, copy_row, falsify_rows
from exchanges.simulator.faults.faults import EVENT_FAULTS, ROW_FAULTS, Fault, get_venue
from exchanges.simulator.simulation import SentEvent, Simulation

# The other row faults remove rows from lists, and events have no lists.
EVENT_ROW_FAULTS = frozenset(ROW_FAULTS) - {"fills_missing", "order_missing"}


class EventDelivery:
    """Sends one socket's events, changed as the active faults demand."""

    def __init__(self, simulation: Simulation, path: str, send: Callable[[object], None]) -> None:
        self._simulation, self._path, self._send = simulation, path, send
        self._venue = get_venue(path)
        self._held_events: list[object] = []

    def deliver_event(self, message: object, key: str) -> None:
        if key:
            self._simulation.sent_events.append(SentEvent(self._path, key, message))
        if not self._simulation.faults.active:
            self._release_events()
            self._send(message)
            return
        for event in self._falsify_event(message, key):
            self._apply_event_faults(event, key)

    def release_ended(self) -> None:
        """Send the events held back for a reordering that has ended."""
        if self._held_events and not self._list_active(frozenset({"reorder_events"}), ""):
            self._release_events()

    def _release_events(self) -> None:
        events, self._held_events = self._held_events[::-1], []
        for event in events:
            self._send(event)

    def _apply_event_faults(self, message: object, key: str) -> None:
        faults = {fault.kind: fault for fault in self._list_hits(message, key)}
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
        if delay := faults.get("delay_events"):
            delay.hits += 1
            asyncio.get_running_loop().call_later(delay.latency_ms / 1000, self._send, message)
        elif reorder := faults.get("reorder_events"):
            self._held_events.append(message)
            if len(self._held_events) >= reorder.count:
                reorder.hits += 1
                self._release_events()
        else:
            self._send(message)

    def _list_hits(self, message: object, key: str) -> list[Fault]:
        faults = self._list_active(frozenset(EVENT_FAULTS), key)
        if not faults:
            return []
        event_rows = list(rows.find_rows(self._venue, message))
        return [fault for fault in faults if self._matches_rows(fault, event_rows)]

    def _matches_rows(self, fault: Fault, event_rows: list[rows.Row]) -> bool:
        if fault.match.checks_content:
            return any(row.matches(fault.match) for row in event_rows)
        # Only events with orders and fills are reordered; balances keep their place.
        return bool(event_rows) or fault.kind != "reorder_events"

    def _falsify_event(self, message: object, key: str) -> list[object]:
        false_events: list[object] = []
        for fault in self._list_active(EVENT_ROW_FAULTS, key):
            changed: Any = copy.deepcopy(message)
            if fault.kind in COPIES:
                false_events += self._build_copies(fault, changed)
            elif falsify_rows(fault, self._venue, changed):
                fault.hits += 1
                message = changed
        return [*false_events, message]

    def _build_copies(self, fault: Fault, message: Any) -> list[object]:
        """Return the event once more with false rows in the place of its rows."""
        false_rows = [
            (row, false_row)
            for row in rows.find_rows(self._venue, message)
            if row.matches(fault.match) and (false_row := copy_row(fault, self._venue, row))
        ]
        for row, false_row in false_rows:
            row.content.update(false_row)
        fault.hits += bool(false_rows)
        return [message] if false_rows else []

    def _list_active(self, kinds: frozenset[str], key: str) -> list[Fault]:
        simulation = self._simulation
        now = simulation.venue.now()
        faults = simulation.faults.list_active(kinds, path=self._path, key=key, now=now)
        return [fault for fault in faults if fault.match.method in ("", "WS")]
