"""How much a bot may have at stake, and all bots of a user together; asked before each order.

1. What a bot has at stake is what its orders hold, were all that is open filled: bought or sold.
   What was filled counts also while its parts, and so the position, are not known yet.
2. All bots of a user share one row of limits. Who is about to place takes it until its commit, so
   that of two bots that look at the same moment the second sees what the first has placed.
   Locks are taken in the order bot, limits, order, stream.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from django.db import transaction
from django.db.models import Q, QuerySet, Sum

from bots.models import Bot, BotLimits, Mode
from bots.pnl import recorder
from bots.pnl.fills import profit_currency
from bots.strategies.types import ZERO, Market, Place, Position
from orders.lifecycle import states
from orders.models import IS_OPEN, Order
from realtime.values import format_money

if TYPE_CHECKING:
    from users.models import User

AWAKE: Final = Q(mode__in=[Mode.RUNNING, Mode.STOPPING])
RUNS: Final = Q(mode=Mode.RUNNING) | Q(mode=Mode.STOPPING, after_stop="start")


@dataclass(slots=True)
class Stake:
    """What would be held, in each direction, if all that is open were filled. Pure."""

    is_futures: bool
    bought: Decimal = ZERO  # of the base currency
    sold: Decimal = ZERO
    bought_cost: Decimal = ZERO  # in the quote currency
    sold_cost: Decimal = ZERO
    is_known: bool = True  # else the price is not, of something that is open

    @classmethod
    def of(cls, position: Position, orders: Iterable[Order], market: Market) -> "Stake":
        stake = cls(market.is_futures, position.quantity, -position.quantity, position.cost,
                    -position.cost)  # fmt: skip
        for order in orders:
            if not order.reduce_only:
                price = order.price or order.trigger_price or market.price or ZERO
                stake.is_known &= price > 0
                fills_to = order.quantity if order.status in states.OPEN else order.filled
                stake.add(order.side, max(ZERO, fills_to - order.fills_quantity), price)
        return stake

    def add(self, side: str, quantity: Decimal, price: Decimal) -> None:
        if side == "buy":
            self.bought += quantity
            self.bought_cost += quantity * price
        else:
            self.sold += quantity
            self.sold_cost += quantity * price

    @property
    def cost(self) -> Decimal:
        """So much of the quote currency is bound: who sells coins that are there binds none."""
        return max(ZERO, self.bought_cost, self.sold_cost if self.is_futures else ZERO)

    def held(self, side: str) -> Decimal:
        return self.bought if side == "buy" else self.sold

    def cost_of(self, side: str) -> Decimal:
        return self.bought_cost if side == "buy" else self.sold_cost


class Room:
    """What is left for one bot during one look."""

    def __init__(self, bot: Bot, stake: Stake, *, orders: int, market: Market) -> None:
        self.bot, self.stake, self.orders, self.market = bot, stake, orders, market
        self._shared: Shared | None = None

    def over(self, intent: Place) -> str:
        """Why there is no room for this order, in words with numbers; else it is taken up."""
        for words in (*self._of_orders(), *self._of_money(intent)):
            return words
        if not intent.reduce_only:
            self.stake.add(intent.side, intent.quantity, self._price(intent) or ZERO)
        self.orders += 1
        return ""

    @property
    def shared(self) -> "Shared":
        if self._shared is None:
            self._shared = Shared.taken(self.bot)
        return self._shared

    def _price(self, intent: Place) -> Decimal | None:
        return intent.price or intent.trigger_price or self.market.price

    def _of_orders(self) -> Iterator[str]:
        if self.orders >= self.bot.most_orders:
            yield f"It may have {self.bot.most_orders} open orders, and wants another."
        elif self.orders + self.shared.orders >= self.shared.most_orders:
            yield f"All your bots may have {self.shared.most_orders} open orders together."

    def _of_money(self, intent: Place) -> Iterator[str]:
        """Whoever only gives back what is held needs no room."""
        most, held = self.bot.most_held, self.stake.held(intent.side) + intent.quantity
        if intent.reduce_only or held <= 0:
            return
        if most is not None and held > most:
            amounts = f"{format_money(most)} at most, and would come to {format_money(held)}"
            yield f"It may hold {amounts}."
        if intent.side == "sell" and not self.stake.is_futures:
            return  # coins that are there are sold whatever the price, also when nobody knows it
        if (price := self._price(intent)) is None:
            yield f"No recent price of {self.bot.symbol} is known, so what it would bind is not."
            return
        yield from self._of_budgets(self.stake.cost_of(intent.side) + intent.quantity * price)

    def _of_budgets(self, cost: Decimal) -> Iterator[str]:
        quote, own, most = profit_currency(self.bot.symbol), self.bot.budget, self.shared.budget
        if own is not None and cost > own:
            needed = f"{format_money(cost)} is wanted"
            yield f"Its budget of {format_money(own)} {quote} would not do: {needed}."
        if most is not None and cost + self.shared.bound > most:
            bound, needed = format_money(self.shared.bound), format_money(cost)
            told = f"{bound} is bound by others, and {needed} is wanted"
            yield f"All your bots may bind {format_money(most)} {quote} together: {told}."


@dataclass(frozen=True, slots=True)
class Shared:
    """What the user's other bots take of what all of them may have."""

    most_orders: int
    orders: int
    budget: Decimal | None
    bound: Decimal

    @classmethod
    def taken(cls, bot: Bot) -> "Shared":
        """Nobody else of this user's comes to this before we have committed."""
        mine, quote = locked(bot.user_id), profit_currency(bot.symbol)
        given = mine.budgets.get(quote)
        orders = Order.objects.filter(IS_OPEN, user=bot.user_id, bot__isnull=False)
        return cls(
            most_orders=mine.most_orders,
            orders=orders.exclude(bot=bot).count(),
            budget=None if given is None else Decimal(given),
            bound=ZERO if given is None else bound(bot.user_id, quote, bot.key.is_paper, but=bot),
        )


def of(user: "User") -> BotLimits:
    """As they are set, or as they are before anybody has."""
    return BotLimits.objects.filter(user=user).first() or BotLimits(user=user)


def change(user: "User", changes: Mapping[str, Any]) -> BotLimits:
    """From here on: what is more than that already stays as it is, and grows no more."""
    with transaction.atomic():
        mine = locked(user.pk)
        for name, value in changes.items():
            setattr(mine, name, value)
        mine.save(update_fields=[*changes])
    return mine


def locked(user_id: int) -> BotLimits:
    """Ours until the transaction ends; made if there are none yet."""
    mine = BotLimits.objects.select_for_update(no_key=True)
    if (found := mine.filter(user=user_id).first()) is None:
        BotLimits.objects.bulk_create([BotLimits(user_id=user_id)], ignore_conflicts=True)
        found = mine.get(user=user_id)
    return found


def too_many_running(bot: Bot) -> str:
    """Why this one cannot be started as well, in words; until the commit nobody else is."""
    most = locked(bot.user_id).most_running
    running = Bot.objects.filter(RUNS, user=bot.user_id).exclude(pk=bot.pk).count()
    if running < most:
        return ""
    return f"You let {most} bots run at a time, and {running} do: stop one, or allow more."


def note(bot: Bot, stake: Stake) -> None:
    """What it binds, for its owner's other bots to see; without a price no less than before."""
    cost = stake.cost if stake.is_known else max(bot.bound, stake.cost)
    if bot.bound != cost:
        bot.bound = cost
        bot.save(update_fields=["bound"])


def lost_too_much(bot: Bot, *, now: datetime) -> str:
    """Of what was realised since midnight (UTC), in words."""
    if not bot.daily_loss or (lost := recorder.loss_of_day(bot.pk, now.date())) < bot.daily_loss:
        return ""
    return f"It has lost {format_money(lost)} today, and may lose {format_money(bot.daily_loss)}."


def is_unknown(bot: Bot) -> bool:
    """What it lost today is being counted again; whoever has counted it wakes the bot."""
    return bool(bot.daily_loss) and recorder.is_behind(bot.pk)


def bound(user_id: int, quote: str, is_paper: bool, *, but: Bot | None = None) -> Decimal:
    """By all bots that are awake: as each found it at its last look."""
    bots = Bot.objects.filter(AWAKE, user=user_id, key__is_paper=is_paper)
    if but is not None:
        bots = bots.exclude(pk=but.pk)
    found: Decimal | None = _in(bots, quote).aggregate(Sum("bound"))["bound__sum"]
    return found or ZERO


def _in(bots: QuerySet[Bot], quote: str) -> QuerySet[Bot]:
    """By what the symbol is paid in: BTC/USDT, BTC/USDC:USDT, BTC/USD:USDT-261226."""
    spot = Q(symbol__endswith=f"/{quote}") & ~Q(symbol__contains=":")
    return bots.filter(spot | Q(symbol__endswith=f":{quote}") | Q(symbol__contains=f":{quote}-"))
