"""Bots at work for a measurement: venue, worker, stream and beat as shipped, without pages."""

import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from itertools import count
from typing import Any, Final

from bench.support import servers
from bench.support.resting_orders import UNLIMITED, Control, attach_account, run_simulator

SPOT: Final = ("binance", "spot")
MONEY: Final = {"USDT": "1000000", "BTC": "10"}
SCALPER: Final = {"buy_price": "59500", "sell_price": "60500", "quantity": "0.01"}
# One step holds the price; those below it wait.
GRID: Final = {"lower": "54500", "upper": "65500", "levels": 11, "quantity": "0.01"}
PRICE: Final = "60000"
_numbers = count(1)


@contextmanager
def run_bot_servers(**settings: str) -> Iterator[Control]:
    with servers.run_services(), run_simulator() as venue, ExitStack() as stack:
        venue("POST", "limits", **UNLIMITED)
        venue("POST", "price", symbol="BTCUSDT", price=PRICE)
        environment = {**os.environ, **settings}
        from config.launcher import processes

        for part in (processes.worker_part, processes.stream_part, processes.beat_part):
            stack.enter_context(servers.run_part(part(environment=environment)))
        yield venue


def attach_key(venue: Control, where: tuple[str, str] = SPOT, *, owner: str = "") -> Any:
    """A paper account with money on either side, and its key here."""
    from exchanges import symbols

    number = next(_numbers)
    label = f"{where[0]} {where[1]} {number}"
    futures = {"USDT": MONEY["USDT"]}
    key = attach_account(
        venue, where, owner or f"desk{number}", label, balances=MONEY, futures=futures
    )
    symbols.read_market(key)
    return key


def start_bot(key: Any, strategy: str, settings: Mapping[str, Any]) -> Any:
    """Made and started, as its owner would."""
    from django.utils import timezone

    from bots.models import Bot
    from bots.running import lifecycle

    symbol = "BTC/USDT:USDT" if key.market == "futures" else "BTC/USDT"
    bot = Bot(user=key.user, key=key, name=f"{strategy} {key.pk}", symbol=symbol,
              strategy=strategy, settings=dict(settings))  # fmt: skip
    bot = lifecycle.create_bot(bot, now=timezone.now())
    return lifecycle.start_bot(bot.pk, now=timezone.now())
