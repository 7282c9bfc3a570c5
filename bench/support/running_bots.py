"""Bots at work for a measurement: venue, worker, stream and beat as shipped, without pages."""

import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from itertools import count
from typing import Any, Final

from bench.support import servers
from bench.support.resting_orders import UNLIMITED, Control, run_simulator

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
        environment = {**os.environ, **_make_sealing_keys(), **settings}
        from config.launcher import processes

        for part in (processes.worker_part, processes.stream_part, processes.beat_part):
            stack.enter_context(servers.run_part(part(environment=environment)))
        yield venue


def _make_sealing_keys() -> dict[str, str]:
    """Make the sealing keys of this process and of those that it starts."""
    from django.conf import settings

    from exchanges.secrets import sealing

    private, public = sealing.new_keypair()
    settings.SEAL_PRIVATE_KEYS, settings.SEAL_PUBLIC_KEY = [private], public
    return {"SEAL_PRIVATE_KEYS": private, "SEAL_PUBLIC_KEY": public}


def attach_key(venue: Control, where: tuple[str, str] = SPOT, *, owner: str = "") -> Any:
    """A paper account with money on either side, and its key here."""
    from django.contrib.auth import get_user_model

    from exchanges import symbols
    from exchanges.keys import actions

    number = next(_numbers)
    account = venue(
        "POST",
        "accounts",
        label=f"desk{number}",
        balances=MONEY,
        futures={"USDT": "1000000"},
        permissions={"futures": True},
    )
    user, _ = get_user_model().objects.get_or_create(username=owner or f"desk{number}")
    key = actions.attach(
        user=user,
        label=f"{where[0]} {where[1]} {number}",
        venue=where[0],
        market=where[1],
        api_key=account["key"],
        secret=account["secret"],
        passphrase=account["passphrase"] if where[0] == "okx" else "",
        is_paper=True,
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
