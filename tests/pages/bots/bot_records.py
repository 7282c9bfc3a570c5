"""Bots for tests of pages, with a key and a market that need no venue."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone

from bots.activity import log
from bots.models import Bot, BotOrder, LogEntry, PnlBook, PnlDay
from bots.running import lifecycle
from exchanges.keys import actions
from exchanges.models import ExchangeKey, Symbol
from orders.models import Order
from realtime import streams
from tests.trading import record_order
from users.models import User

PRICES = {"buy_price": "50000", "sell_price": "51000", "quantity": "0.01"}
STEPS = {
    "price_step": Decimal("0.01"),
    "quantity_step": Decimal("0.00001"),
    "min_quantity": Decimal("0.00001"),
    "min_cost": Decimal(5),
}


def create_key(user: User, label: str = "Paper", **more: Any) -> ExchangeKey:
    fields: dict[str, Any] = {"venue": "binance", "market": "spot", "is_paper": True} | more
    key = actions.attach(user=user, label=label, api_key=f"{user} {label}", secret="s", **fields)
    now, feed = timezone.now(), {name: fields[name] for name in ("venue", "market", "is_paper")}
    for name in ("BTC/USDT", "ETH/USDT"):
        base, _, quote = name.partition("/")
        words = {"base": base, "quote": quote, "read_at": now, **STEPS}
        Symbol.objects.get_or_create(name=name, **feed, defaults=words)
    return key


def create_bot(key: ExchangeKey, name: str = "one", **more: Any) -> Bot:
    raw = {"symbol": "BTC/USDT", "strategy": "scalper", "settings": PRICES} | more
    return lifecycle.create_bot(Bot(user=key.user, key=key, name=name, **raw), now=timezone.now())


def create_running_bot(key: ExchangeKey, name: str = "one", **more: Any) -> Bot:
    return lifecycle.start_bot(create_bot(key, name, **more).pk, now=timezone.now())


def create_open_order(bot: Bot, why: str = "buy at 50000, turn 1") -> Order:
    """An open order of the bot, with the reason that it had."""
    order = record_order(bot.key, bot=bot)
    turn = bot.bot_orders.count() + 1
    BotOrder.objects.filter(bot=bot).update(is_newest=False)
    BotOrder.objects.create(bot=bot, run=bot.run, slot="buy", turn=turn, order=order, reason=why)
    note_entry(bot, f"buy 0.01: {why}", order=order)
    return order


def note_entry(
    bot: Bot, words: str, *, order: Order | None = None, level: str = "info"
) -> LogEntry:
    with streams.unit() as unit:
        return log.note(unit, user=bot.user, level=LogEntry.Level(level), bot=bot,
                          order_id=order.pk if order else None, message=words,
                          now=timezone.now())  # fmt: skip


def create_pnl_book(bot: Bot, net: str, *, quote: str = "USDT", held: str = "0") -> PnlBook:
    """A book as reckoning leaves it; what it holds was bought for 50,000."""
    now, gross = timezone.now(), Decimal(net) + 1
    amount = Decimal(held)
    book = PnlBook.objects.create(
        user=bot.user, bot=bot, key=bot.key, symbol=bot.symbol, quote=quote, gross=gross,
        fees=Decimal(1), held=amount, cost=amount * 50000, newest_at=now - timedelta(seconds=30),
    )  # fmt: skip
    PnlDay.objects.create(book=book, on=now.date(), gross=gross, fees=Decimal(1))
    return book
