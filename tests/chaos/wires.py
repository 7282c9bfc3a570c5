"""A wire between publisher and sockets that does what wires do: it skips, doubles and reorders."""

import random
from collections.abc import Mapping, Sequence
from typing import Any

from realtime.publish import Doorbell

SKIPS = DOUBLES = 0.02
HOLDS = 0.05


class FaultyBell(Doorbell):
    """The publisher's own, with a bad line behind it while `faulty`."""

    def __init__(self, layer: Mapping[str, Any], seed: int) -> None:
        super().__init__(layer)
        self._random = random.Random(seed)  # noqa: S311 (the same each time)
        self._held: list[tuple[str, bytes]] = []
        self.faulty = False
        self.skips = SKIPS

    def ring(self, messages: Sequence[tuple[str, bytes]]) -> None:
        if not self.faulty:
            super().ring(messages)
            return
        late, self._held = self._held, []
        through = [copy for message in messages for copy in self._through(message)]
        super().ring([*through, *late])  # what was held comes behind what is newer

    def _through(self, message: tuple[str, bytes]) -> list[tuple[str, bytes]]:
        chance = self._random.random()
        if chance < self.skips:
            return []
        if chance < self.skips + DOUBLES:
            return [message, message]
        if chance < self.skips + DOUBLES + HOLDS:
            self._held.append(message)
            return []
        return [message]
