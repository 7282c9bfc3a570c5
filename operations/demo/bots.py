"""The demo's bots and a signal, created by a worker: only workers can read the symbols."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Final

from bots.models import Bot, Strategy
from bots.prices import market_view
from bots.running import lifecycle
from bots.signals import hooks
from exchanges import paper, symbols
from exchanges.models import ExchangeKey, Symbol
from realtime import streams
from users.models import User

SIGNAL: Final = {
    "action": "buy",
    "ticker": "BINANCE:BTCUSDT",
    "strategy": "TradingView",
    "comment": "The 20-day average crosses the 50-day one",
    "id": "demo",  # the same id is executed once
}


@dataclass(frozen=True, kw_only=True, slots=True)
class DemoBot:
    """A bot of a demo user; settings in `near` are fractions of the latest price."""

    owner: str
    label: str
    name: str
    symbol: str
    strategy: str
    settings: Mapping[str, str | int | bool]
    near: Mapping[str, str] = field(default_factory=dict)
    limits: Mapping[str, Decimal] = field(default_factory=dict)


BOTS: Final = (
    DemoBot(
        owner="alice",
        label="Paper account",
        name="Ladder on bitcoin",
        symbol="BTC/USDT",
        strategy=Strategy.GRID,
        # The middle level waits just below the price; a step earns more than two fees of 0.1 %.
        settings={"levels": 10, "quantity": "0.02"},
        near={"lower": "0.9849", "upper": "1.0149"},
        limits={"budget": Decimal(15000), "daily_loss": Decimal(500)},
    ),
    DemoBot(
        owner="alice",
        label="Paper account",
        name="By hand and by signal",
        symbol="BTC/USDT",
        strategy=Strategy.MANUAL,
        settings={"amount": "500", "stop_percent": "2", "profit_percent": "1"},
    ),
    DemoBot(
        owner="bob",
        label="Paper contracts",
        name="Ether, back and forth",
        symbol="ETH/USDT:USDT",
        strategy=Strategy.SCALPER,
        settings={"quantity": "1"},
        near={"buy_price": "0.9999", "sell_price": "1.0007"},
        limits={"daily_loss": Decimal(200)},
    ),
)


def create_bots(*, now: datetime) -> None:
    """Create what is missing. Raises SimulatorAway or SymbolsUnknown, to be retried."""
    latest = paper.fetch_prices()
    for demo_bot in BOTS:
        owner = User.objects.filter(username=demo_bot.owner).first()
        if owner is None or owner.bots.filter(name=demo_bot.name).exists():
            continue
        _read_symbols(owner.exchange_keys.get(label=demo_bot.label))
        _start_bot(owner, demo_bot, latest, now=now)
    for trader in User.objects.filter(username="alice"):
        _send_signal(trader, now=now)


class SymbolsUnknown(Exception):
    """The simulated venue has not said what it trades."""


def _read_symbols(key: ExchangeKey) -> None:
    known = Symbol.objects.filter(venue=key.venue, market=key.market, is_paper=key.is_paper)
    if not known.exists() and not symbols.read_market(key):
        raise SymbolsUnknown(f"what is traded at {key.venue_label} is not known yet")


def _start_bot(
    owner: User, demo_bot: DemoBot, latest: Mapping[str, Decimal], *, now: datetime
) -> None:
    """Create and start a bot in one transaction: one that exists needs nothing more."""
    bot = Bot(
        user=owner,
        key=owner.exchange_keys.get(label=demo_bot.label),
        name=demo_bot.name,
        symbol=demo_bot.symbol,
        strategy=demo_bot.strategy,
        **demo_bot.limits,
    )
    bot.settings = {**demo_bot.settings, **_price_settings(bot, demo_bot, latest, now=now)}
    with streams.unit():
        lifecycle.start_bot(lifecycle.create_bot(bot, now=now).pk, now=now)


def _price_settings(
    bot: Bot, demo_bot: DemoBot, latest: Mapping[str, Decimal], *, now: datetime
) -> dict[str, str]:
    market = market_view.read_market(bot, now=now)
    if market is None:
        raise SymbolsUnknown(f"{bot.symbol} is not known yet")
    coin, _, contract = bot.symbol.partition(":")
    price = latest[coin.replace("/", "") + ("-PERP" if contract else "")]
    near = ((name, price * Decimal(share)) for name, share in demo_bot.near.items())
    return {name: f"{market.round_price_down(each):f}" for name, each in near}


def _send_signal(owner: User, *, now: datetime) -> None:
    """Send the signal through the webhook, as anybody would."""
    hook = hooks.for_user(owner.pk)
    body = json.dumps(SIGNAL | {"secret": hooks.derive_secret(hook)}).encode()
    hooks.receive_signal(hook.name, body, signature="", now=now)
