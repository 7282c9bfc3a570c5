"""What holdings come to in one currency: by key, by currency, and what has no price. Pure.

Paper and live are never appraised together: whoever asks gives the one or the other.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal, localcontext
from typing import Final

from bots.prices.conversion import Prices, Rate, convert
from realtime.values import EXACT, ZERO

ROUNDED: Final = Decimal("0.00000001")  # a value is an estimate: amounts keep every digit


@dataclass(frozen=True, kw_only=True, slots=True)
class Stake:
    """What a key has of one currency, as its venue says.

    `amount` is what there would be if every position were closed now: what lies there, and
    `unrealised`, which is what open positions settled in it have won or lost so far.
    """

    currency: str
    amount: Decimal
    unrealised: Decimal = ZERO


@dataclass(frozen=True, kw_only=True, slots=True)
class Wallet:
    """What there is to appraise at one key; `priced_by` names whose prices come first."""

    key: int
    label: str
    venue: str
    market: str
    is_active: bool = True
    holdings_at: datetime | None = None  # None: its venue was never asked
    same_wallet_as: int | None = None  # what is there is counted with that key
    priced_by: str = ""
    stakes: Sequence[Stake] = ()
    unknown: Sequence[str] = ()  # positions of which the venue has not said what they have won


@dataclass(frozen=True, kw_only=True, slots=True)
class Item:
    """A stake with its value; None and no share where nobody says what it costs."""

    currency: str
    amount: Decimal
    unrealised: Decimal
    value: Decimal | None
    price_at: datetime | None  # None: it is the chosen currency itself, or there is no price
    share: Decimal | None = None  # of the total, 0 to 1


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """One key, and what it comes to."""

    key: int
    label: str
    venue: str
    market: str
    is_active: bool
    holdings_at: datetime | None
    same_wallet_as: int | None
    value: Decimal  # of what has a price
    unrealised: Decimal  # likewise, and within the value
    share: Decimal | None
    items: tuple[Item, ...]  # the largest first, then what has no price
    unknown: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Portfolio:
    """Everything a user has, either on paper or live, in one currency."""

    currency: str
    simulated: bool
    total: Decimal  # of what has a price
    unrealised: Decimal
    places: tuple[Place, ...]
    items: tuple[Item, ...]  # by currency, over all keys
    unpriced: tuple[str, ...]
    unknown: tuple[str, ...]
    as_of: datetime | None  # the oldest price that was used
    holdings_as_of: datetime | None  # the key that was asked longest ago
    choices: tuple[str, ...] = ()  # currencies it can be told in


@dataclass(slots=True)
class Rates:
    """What each currency is worth in the chosen one; looked up once for each set of prices."""

    into: str
    prices: Mapping[str, Prices]  # by whose they are; "" are everybody's
    known: dict[tuple[str, str], Rate | None] = field(default_factory=dict)

    def of(self, currency: str, by: str) -> Rate | None:
        if (by, currency) not in self.known:
            prices = self.prices.get(by, self.prices.get("", {}))
            self.known[by, currency] = convert(currency, self.into, prices)
        return self.known[by, currency]


def appraise(wallets: Sequence[Wallet], rates: Rates, *, simulated: bool) -> Portfolio:
    with localcontext(EXACT):
        valued = [(wallet, _items(wallet, rates)) for wallet in wallets]
        items = _together(item for _, some in valued for item in some)
        total = _sum(item.value for item in items)
        places = tuple(_place(wallet, some, rates, total) for wallet, some in valued)
        return Portfolio(
            currency=rates.into,
            simulated=simulated,
            total=total,
            unrealised=_sum(place.unrealised for place in places),
            places=places,
            items=_shared(items, total),
            unpriced=tuple(sorted({item.currency for item in items if item.value is None})),
            unknown=tuple(
                f"{wallet.label}: {name}" for wallet in wallets for name in wallet.unknown
            ),
            as_of=min((item.price_at for item in items if item.price_at), default=None),
            holdings_as_of=min(
                (one.holdings_at for one in wallets if one.holdings_at), default=None
            ),
        )


def _items(wallet: Wallet, rates: Rates) -> list[Item]:
    return [_item(stake, rates.of(stake.currency, wallet.priced_by)) for stake in wallet.stakes]


def _item(stake: Stake, each: Rate | None) -> Item:
    return Item(
        currency=stake.currency,
        amount=stake.amount,
        unrealised=stake.unrealised,
        value=None if each is None else (stake.amount * each.each).quantize(ROUNDED),
        price_at=each.at if each else None,
    )


def _together(items: Iterable[Item]) -> list[Item]:
    """By currency. What one key's venue has a price for, another's may not: both are said."""
    found: dict[tuple[str, bool], Item] = {}
    for item in items:
        name = item.currency, item.value is None
        found[name] = _added(found[name], item) if name in found else item
    return list(found.values())


def _added(one: Item, other: Item) -> Item:
    times = [at for at in (one.price_at, other.price_at) if at]
    return Item(
        currency=one.currency,
        amount=one.amount + other.amount,
        unrealised=one.unrealised + other.unrealised,
        value=None if one.value is None or other.value is None else one.value + other.value,
        price_at=min(times, default=None),
    )


def _place(wallet: Wallet, items: Sequence[Item], rates: Rates, total: Decimal) -> Place:
    value = _sum(item.value for item in items)
    return Place(
        key=wallet.key,
        label=wallet.label,
        venue=wallet.venue,
        market=wallet.market,
        is_active=wallet.is_active,
        holdings_at=wallet.holdings_at,
        same_wallet_as=wallet.same_wallet_as,
        value=value,
        unrealised=_sum(
            _unrealised(item, rates.of(item.currency, wallet.priced_by)) for item in items
        ),
        share=_share(value, total),
        items=_shared(items, total),
        unknown=tuple(wallet.unknown),
    )


def _unrealised(item: Item, each: Rate | None) -> Decimal | None:
    return None if each is None else (item.unrealised * each.each).quantize(ROUNDED)


def _shared(items: Iterable[Item], total: Decimal) -> tuple[Item, ...]:
    """With their shares, the largest first; what has no price comes last."""
    found = [
        replace(item, share=None if item.value is None else _share(item.value, total))
        for item in items
    ]
    return tuple(
        sorted(found, key=lambda one: (one.value is None, -(one.value or 0), one.currency))
    )


def _share(value: Decimal, total: Decimal) -> Decimal | None:
    """Of nothing, or of a debt, there are no shares."""
    return (value / total).quantize(ROUNDED) if total > 0 else None


def _sum(values: Iterable[Decimal | None]) -> Decimal:
    return sum((value for value in values if value is not None), ZERO)
