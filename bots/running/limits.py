"""The limits of a bot, and of all bots of a user together, checked before each order.

1. A bot's exposure is what it would hold if all its open orders were filled. A filled quantity
   counts also while its fills, and so the position, are not known yet.
2. All bots of a user share one row of limits. A bot that places an order locks it until its commit:
   of two bots at the same moment the second sees the orders of the first.
   Locks are taken in the order bot, limits, order, stream.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from django.db import transaction
from django.db.models import Q, Sum

from bots.models import Bot, BotLimits, Mode
from bots.pnl import fill_counter
from bots.strategies.decisions import ZERO, Market, Place, Position
from exchanges.instruments import profit_currency
from orders.lifecycle import states
from orders.models import IS_OPEN, Order
from realtime.values import format_money
from users.languages.text import CountPhrase, Phrase

if TYPE_CHECKING:
    from users.models import User

ACTIVE: Final = Q(mode__in=[Mode.RUNNING, Mode.STOPPING])
RUNS_OR_RESTARTS: Final = Q(mode=Mode.RUNNING) | Q(mode=Mode.STOPPING, after_stop="start")


@dataclass(slots=True)
class Exposure:
    """The holdings, in each direction, if all open orders were filled. Pure."""

    is_futures: bool
    quantities: dict[str, Decimal]  # of the base currency, by side
    costs: dict[str, Decimal]  # in the quote currency, by side
    is_known: bool = True  # False: no price is known for one of the open orders

    @classmethod
    def of_orders(cls, position: Position, orders: Iterable[Order], market: Market) -> "Exposure":
        quantities = {"buy": position.quantity, "sell": -position.quantity}
        exposure = cls(
            market.is_futures, quantities, {"buy": position.cost, "sell": -position.cost}
        )
        for order in orders:
            if not order.reduce_only:
                price = order.price or order.trigger_price or market.price or ZERO
                exposure.is_known &= price > 0
                fills_to = order.quantity if order.status in states.OPEN else order.filled
                exposure.add_order(order.side, max(ZERO, fills_to - order.fills_quantity), price)
        return exposure

    def add_order(self, side: str, quantity: Decimal, price: Decimal) -> None:
        self.quantities[side] += quantity
        self.costs[side] += quantity * price

    @property
    def cost(self) -> Decimal:
        """The bound amount of the quote currency; selling coins that are there binds none."""
        return max(ZERO, self.costs["buy"], self.costs["sell"] if self.is_futures else ZERO)


class Headroom:
    """The room that a bot's limits leave for more orders, during one evaluation."""

    def __init__(self, bot: Bot, exposure: Exposure, *, orders: int, market: Market) -> None:
        self.bot, self.exposure, self.orders, self.market = bot, exposure, orders, market
        self._shared: SharedLimits | None = None

    def reserve_order(self, intent: Place) -> str:
        """Reserve room for this order, or return the reason why there is none, with the numbers."""
        for refusal in (*self._check_order_count(), *self._check_money(intent)):
            return refusal
        if not intent.reduce_only:
            price = self._expected_price(intent) or ZERO
            self.exposure.add_order(intent.side, intent.quantity, price)
        self.orders += 1
        return ""

    @property
    def shared(self) -> "SharedLimits":
        if self._shared is None:
            self._shared = SharedLimits.lock_for(self.bot)
        return self._shared

    def _expected_price(self, intent: Place) -> Decimal | None:
        return intent.price or intent.trigger_price or self.market.price

    def _check_order_count(self) -> Iterator[str]:
        if self.orders >= self.bot.most_orders:
            yield CountPhrase(
                "It may have %(count)s open order, and wants another.",
                "It may have %(count)s open orders, and wants another.",
                count=self.bot.most_orders,
            )
        elif self.orders + self.shared.orders >= self.shared.most_orders:
            yield CountPhrase(
                "All your bots may have %(count)s open order together.",
                "All your bots may have %(count)s open orders together.",
                count=self.shared.most_orders,
            )

    def _check_money(self, intent: Place) -> Iterator[str]:
        """Check the held quantity and the budgets; an order that only reduces needs no room."""
        most, held = self.bot.most_held, self.exposure.quantities[intent.side] + intent.quantity
        if intent.reduce_only or held <= 0:
            return
        if most is not None and held > most:
            amounts = {"most": format_money(most), "held": format_money(held)}
            yield Phrase("It may hold %(most)s at most, and would come to %(held)s.", **amounts)
        if intent.side == "sell" and not self.exposure.is_futures:
            return  # coins that are there may be sold without a known price
        if (price := self._expected_price(intent)) is None:
            yield Phrase(
                "No recent price of %(symbol)s is known, so its cost is unknown.",
                symbol=self.bot.symbol,
            )
            return
        yield from self._check_budgets(self.exposure.costs[intent.side] + intent.quantity * price)

    def _check_budgets(self, cost: Decimal) -> Iterator[str]:
        quote, own, most = profit_currency(self.bot.symbol), self.bot.budget, self.shared.budget
        if own is not None and cost > own:
            values = {"budget": format_money(own), "quote": quote, "cost": format_money(cost)}
            yield Phrase(
                "Its budget of %(budget)s %(quote)s is too small: %(cost)s is needed.", **values
            )
        if most is not None and cost + self.shared.bound > most:
            yield Phrase(
                "All your bots may bind %(most)s %(quote)s together: %(bound)s is bound by others,"
                " and %(cost)s is needed.",
                most=format_money(most),
                quote=quote,
                bound=format_money(self.shared.bound),
                cost=format_money(cost),
            )


@dataclass(frozen=True, slots=True)
class SharedLimits:
    """The limits that all bots of a user share, and what the other bots take of them."""

    most_orders: int
    orders: int
    budget: Decimal | None
    bound: Decimal

    @classmethod
    def lock_for(cls, bot: Bot) -> "SharedLimits":
        """Read them under a lock: the user's other bots wait here until our commit."""
        bot_limits, quote = lock_limits(bot.user_id), profit_currency(bot.symbol)
        kind = bot.user_id, quote, bot.key.is_paper
        budget_text = bot_limits.budgets.get(quote)
        orders = Order.objects.filter(IS_OPEN, user=bot.user_id, bot__isnull=False)
        return cls(
            most_orders=bot_limits.most_orders,
            orders=orders.exclude(bot=bot).count(),
            budget=None if budget_text is None else Decimal(budget_text),
            bound=ZERO if budget_text is None else sum_bound(*kind, excluding=bot),
        )


def for_user(user: "User") -> BotLimits:
    """Return the user's limits, or the defaults if none are saved."""
    return BotLimits.objects.filter(user=user).first() or BotLimits(user=user)


def change_limits(user: "User", changes: Mapping[str, Any]) -> BotLimits:
    """Save new limits. Bots that exceed them keep what they have, and place nothing more."""
    with transaction.atomic():
        bot_limits = lock_limits(user.pk)
        for name, value in changes.items():
            setattr(bot_limits, name, value)
        bot_limits.save(update_fields=[*changes])
    return bot_limits


def lock_limits(user_id: int) -> BotLimits:
    """Lock the user's limits until the transaction ends; create the row if there is none."""
    rows = BotLimits.objects.select_for_update(no_key=True)
    if (row := rows.filter(user=user_id).first()) is None:
        BotLimits.objects.bulk_create([BotLimits(user_id=user_id)], ignore_conflicts=True)
        row = rows.get(user=user_id)
    return row


def running_refusal(bot: Bot) -> str:
    """Return the reason why no more bots may run. The lock holds off other starts."""
    most = lock_limits(bot.user_id).most_running
    running = Bot.objects.filter(RUNS_OR_RESTARTS, user=bot.user_id).exclude(pk=bot.pk).count()
    if running < most:
        return ""
    return CountPhrase(
        "You let %(count)s bot run at a time, and %(running)s do: stop one, or allow more.",
        "You let %(count)s bots run at a time, and %(running)s do: stop one, or allow more.",
        count=most,
        running=running,
    )


def record_bound(bot: Bot, exposure: Exposure) -> None:
    """Save the bound amount for the owner's other bots; without a price never less than before."""
    cost = exposure.cost if exposure.is_known else max(bot.bound, exposure.cost)
    if bot.bound != cost:
        bot.bound = cost
        bot.save(update_fields=["bound"])


def loss_refusal(bot: Bot, *, now: datetime) -> str:
    """Return the reason if the bot lost too much since midnight (UTC), by realised results."""
    loss = fill_counter.loss_of_day(bot.pk, now.date()) if bot.daily_loss else ZERO
    if not bot.daily_loss or loss < bot.daily_loss:
        return ""
    values = {"loss": format_money(loss), "most": format_money(bot.daily_loss)}
    return Phrase("It has lost %(loss)s today, and may lose %(most)s.", **values)


def is_loss_unknown(bot: Bot) -> bool:
    """Check whether today's loss is being counted again; the recorder then wakes the bot."""
    return bool(bot.daily_loss) and fill_counter.is_behind(bot.pk)


def sum_bound(user_id: int, quote: str, is_paper: bool, *, excluding: Bot | None = None) -> Decimal:
    """Sum what the user's active bots bind, as each recorded it at its last evaluation."""
    # Symbols with a result in `quote`: BTC/USDT, BTC/USDC:USDT, BTC/USD:USDT-261226.
    spot = Q(symbol__endswith=f"/{quote}") & ~Q(symbol__contains=":")
    in_quote = spot | Q(symbol__endswith=f":{quote}") | Q(symbol__contains=f":{quote}-")
    bots = Bot.objects.filter(ACTIVE, in_quote, user=user_id, key__is_paper=is_paper)
    if excluding is not None:
        bots = bots.exclude(pk=excluding.pk)
    total: Decimal | None = bots.aggregate(Sum("bound"))["bound__sum"]
    return total or ZERO
