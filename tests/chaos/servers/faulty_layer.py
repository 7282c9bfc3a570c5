"""A wire between publisher and sockets that does what wires do: it skips, doubles and reorders."""

import random
from collections.abc import Iterable, Mapping
from typing import Any

from realtime.layer import BatchingChannelLayer

SKIPS = DOUBLES = 0.02
HOLDS = 0.05
Message = tuple[str, Mapping[str, Any]]


class FaultyChannelLayer(BatchingChannelLayer):
    """The publisher's own, with a bad line behind it while `faulty`."""

    def __init__(self, seed: int = 1, **options: Any) -> None:
        super().__init__(**options)
        self._random = random.Random(seed)  # noqa: S311 (the same each time)
        self._held: list[Message] = []
        self.faulty = False
        self.skips = SKIPS

    def send_to_groups(self, messages: Iterable[Message]) -> None:
        if not self.faulty:
            super().send_to_groups(messages)
            return
        late, self._held = self._held, []
        through = [copy for message in messages for copy in self._pass(message)]
        super().send_to_groups([*through, *late])  # what was held comes behind what is newer

    def _pass(self, message: Message) -> list[Message]:
        chance = self._random.random()
        if chance < self.skips:
            return []
        if chance < self.skips + DOUBLES:
            return [message, message]
        if chance < self.skips + DOUBLES + HOLDS:
            self._held.append(message)
            return []
        return [message]
