"""Write orders and keys of users as a worker does, until SIGTERM.

python -m tests.chaos.servers.writer --seed 7 --pace 20 1 2 3

SIGUSR1 makes its channel layer faulty, SIGUSR2 mends it.
"""

import argparse
import random
import signal
import time
from collections.abc import Mapping
from typing import Any

import django

django.setup()

from channels.layers import channel_layers  # noqa: E402
from django.conf import settings  # noqa: E402
from django.db import Error, connection  # noqa: E402

from tests.chaos.servers.faulty_layer import FaultyChannelLayer  # noqa: E402
from tests.chaos.servers.user_activity import RandomActivity, load_users  # noqa: E402

LONGEST = 3600.0  # whoever started us may be gone


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--pace", type=float, required=True, help="moves a second, on average")
    parser.add_argument("users", type=int, nargs="+")
    options = parser.parse_args()
    layers: Mapping[str, Any] = settings.CHANNEL_LAYERS
    layer = FaultyChannelLayer(options.seed, **layers["default"]["CONFIG"])
    channel_layers.set("default", layer)
    signal.signal(signal.SIGUSR1, lambda *_: setattr(layer, "faulty", True))
    signal.signal(signal.SIGUSR2, lambda *_: setattr(layer, "faulty", False))
    _write_until_told(
        RandomActivity(load_users(options.users), options.seed), options.seed, options.pace
    )


def _write_until_told(mover: RandomActivity, seed: int, pace: float) -> None:
    ended = []
    signal.signal(signal.SIGTERM, lambda *_: ended.append(True))
    chance = random.Random(seed)  # noqa: S311 (the same each time)
    deadline = time.monotonic() + LONGEST
    while not ended and time.monotonic() < deadline:
        try:
            mover.move()
        except Error:  # the database cut us off: nobody knows whether that move was made
            connection.close()
        time.sleep(chance.expovariate(pace))


if __name__ == "__main__":
    main()
