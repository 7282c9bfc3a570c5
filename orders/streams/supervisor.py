"""Run a stream for every key that is leased to this process, and for no other."""

import asyncio
import os
import socket
import time
import uuid
from collections.abc import Iterable
from typing import Final

import structlog
from django.db import DatabaseError

from exchanges.models import ExchangeKey
from exchanges.streams import leases
from orders.streams import threads
from orders.streams.connect_queue import ConnectQueue
from orders.streams.key_stream import KeyStream

log = structlog.get_logger(__name__)

STOP_SECONDS: Final = 2.0
STOP_TRIES: Final = 5
SAFE_SECONDS: Final = leases.LASTS.total_seconds() - leases.TURN_SECONDS
Running = tuple[KeyStream, "asyncio.Task[None]"]


class Supervisor:
    def __init__(self) -> None:
        self.name = f"{socket.gethostname()[:40]}:{os.getpid()}:{uuid.uuid4().hex[:8]}"
        self._running: dict[int, Running] = {}
        self._connect_queue = ConnectQueue()
        self._ending = asyncio.Event()
        self._held_at = time.monotonic()

    def end(self) -> None:
        self._ending.set()

    def seconds_since_turn(self) -> float:
        """Return for how long the leases have not been renewed."""
        return time.monotonic() - self._held_at

    async def run(self) -> None:
        log.info("stream process started", name=self.name)
        while not self._ending.is_set():
            await self._take_turn()
            try:
                await asyncio.wait_for(self._ending.wait(), leases.TURN_SECONDS)
            except TimeoutError:
                continue
        await self._stop_streams(list(self._running))
        await threads.leasing.run(leases.leave_process, self.name)

    async def _take_turn(self) -> None:
        """Renew the leases; without the database they run out, so stop before others take them."""
        began = time.monotonic()
        left = max(SAFE_SECONDS - (began - self._held_at), 1.0)
        try:
            request = threads.leasing.run(leases.take_turn, self.name)
            turn = await asyncio.wait_for(request, left)
            self._held_at = began
            await self._apply_turn(turn)
        except (DatabaseError, TimeoutError) as error:
            log.warning("leases not renewed, database away or slow", error=repr(error))
            if time.monotonic() - self._held_at >= SAFE_SECONDS:
                await self._stop_streams(list(self._running))

    async def _apply_turn(self, turn: leases.HeldLeases) -> None:
        """Start and stop streams as the leases say; save their facts first, which outlive them."""
        await self._note_facts()
        held = {key.pk: key for key in turn.keys}
        await self._stop_streams(
            pk for pk, (stream, _) in self._running.items() if _is_outdated(stream, held)
        )
        await self._release_surplus(held, turn.surplus)
        for pk, key in held.items():
            if pk not in self._running or self._running[pk][1].done():
                self._start_stream(key)
            else:
                self._running[pk][0].key = key  # whose switch may be on by now

    async def _note_facts(self) -> None:
        facts = {
            pk: unsaved
            for pk, (stream, _) in self._running.items()
            if (unsaved := stream.facts.take_unsaved())
        }
        if not facts:
            return
        written = await threads.leasing.run(leases.note_all, self.name, facts)
        for pk in facts.keys() - written:  # our lease ran out, and is ours again by the next turn
            self._running[pk][0].facts.restore_unsaved(facts[pk])

    def _start_stream(self, key: ExchangeKey) -> None:
        if dead := self._running.get(key.pk):
            log.error("stream task died", key=key.pk, error=repr(dead[1].exception()))
        stream = KeyStream(key, self._connect_queue, restarts=key.stream.restarts)
        self._running[key.pk] = stream, asyncio.create_task(stream.run())

    async def _release_surplus(self, held: dict[int, ExchangeKey], surplus: int) -> None:
        """Give keys above our fair share to other processes, the newest first."""
        surplus_ids = sorted(held, reverse=True)[:surplus]
        await self._stop_streams(surplus_ids)
        for pk in surplus_ids:
            del held[pk]
        if surplus_ids:
            await threads.leasing.run(leases.release_keys, self.name, surplus_ids)

    async def _stop_streams(self, key_ids: Iterable[int]) -> None:
        tasks = {self._running.pop(pk)[1] for pk in list(key_ids) if pk in self._running}
        for _ in range(STOP_TRIES):  # a task that has just finished an await may swallow one cancel
            for task in tasks:
                task.cancel()
            if not tasks:
                return
            _, tasks = await asyncio.wait(tasks, timeout=STOP_SECONDS)
        log.error("streams did not stop", left=len(tasks))


def _is_outdated(stream: KeyStream, held: dict[int, ExchangeKey]) -> bool:
    """Tell whether a stream's key is leased elsewhere, or has other credentials now."""
    now = held.get(stream.key.pk)
    return now is None or _read_credentials(now) != _read_credentials(stream.key)


def _read_credentials(key: ExchangeKey) -> tuple[str, bytes, bytes]:
    return key.api_key, bytes(key.sealed_secret), bytes(key.sealed_passphrase)
