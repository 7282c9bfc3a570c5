"""The value of wallets in one currency: by key, by currency, and amounts without a price. Pure.

Paper and live are never valued together: a caller passes the one or the other.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import datetime
from decimal import Decimal, localcontext
from typing import Final

from bots.prices.conversion import Prices, Rate, convert
from realtime.values import EXACT, ZERO

ROUNDED: Final = Decimal("0.00000001")  # of values, which are estimates; amounts are not rounded


@dataclass(frozen=True, kw_only=True, slots=True)
class WalletAmount:
    """The amount of one currency in a wallet, as its venue reports it.

    `amount` includes `unrealised`, the profit or loss so far of open positions settled in this
    currency: it is the amount that would be left if every position were closed now.
    """

    currency: str
    amount: Decimal
    unrealised: Decimal = ZERO


@dataclass(frozen=True, kw_only=True, slots=True)
class KeyOfWallet:
    """The key of a wallet."""

    key: int
    label: str
    venue: str
    market: str
    is_active: bool = True
    holdings_at: datetime | None = None  # None: its venue has not answered yet
    same_wallet_as: int | None = None  # the key with which a shared wallet is counted


@dataclass(frozen=True, kw_only=True, slots=True)
class Wallet(KeyOfWallet):
    """The wallet of one key; `priced_by` names the market whose prices come first."""

    priced_by: str = ""
    amounts: Sequence[WalletAmount] = ()
    unrealised_as_of: datetime | None = None  # the oldest price at which a position is valued
    unknown: Sequence[str] = ()  # positions whose unrealised profit the venue has not reported
    # The currency and size of each open contract; None where no price of it is known.
    contracts: Sequence[tuple[str, Decimal] | None] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class ValuedAmount(WalletAmount):
    """An amount of one currency with its value; None and no share without a price."""

    value: Decimal | None
    price_at: datetime | None  # None: it is the chosen currency itself, or there is no price
    share: Decimal | None = None  # of the total, 0 to 1


@dataclass(frozen=True, kw_only=True, slots=True)
class WalletValue(KeyOfWallet):
    """The value of one key's wallet."""

    value: Decimal  # of amounts with a price
    unrealised: Decimal  # likewise, and included in the value
    share: Decimal | None
    amounts: tuple[ValuedAmount, ...]  # the largest first, those without a price last
    unknown: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Portfolio:
    """The value of all wallets of a user, either paper or live, in one currency."""

    currency: str
    simulated: bool
    total: Decimal  # of amounts with a price
    unrealised: Decimal
    as_of: datetime | None  # the oldest price that was used
    unrealised_as_of: datetime | None  # the oldest price at which a position is valued
    holdings_as_of: datetime | None  # of the wallet reported longest ago
    wallets: tuple[WalletValue, ...]
    amounts: tuple[ValuedAmount, ...]  # by currency, over all keys
    unpriced: tuple[str, ...]
    awaited: tuple[str, ...]  # those of them whose market has not told its first prices yet
    unknown: tuple[str, ...]
    choices: tuple[str, ...] = ()  # currencies into which it can be converted
    exposure: Decimal | None = None  # how much of it moves with prices; None: not known

    @property
    def priceless(self) -> list[str]:
        """Return the unpriced currencies of which no price is on its way."""
        return [name for name in self.unpriced if name not in self.awaited]


@dataclass(slots=True)
class RateTable:
    """Rates of currencies into the chosen one, each computed once for each set of prices."""

    into: str
    prices: Mapping[str, Prices]  # by market; "" are those of all markets
    known: dict[tuple[str, str], Rate | None] = field(default_factory=dict)

    def find_rate(self, currency: str, market: str) -> Rate | None:
        if (market, currency) not in self.known:
            prices = self.prices.get(market, self.prices.get("", {}))
            self.known[market, currency] = convert(currency, self.into, prices)
        return self.known[market, currency]


def value_wallets(wallets: Sequence[Wallet], rates: RateTable, *, simulated: bool) -> Portfolio:
    with localcontext(EXACT):
        by_wallet = [(wallet, _value_amounts(wallet, rates)) for wallet in wallets]
        amounts = _sum_by_currency(amount for _, amounts in by_wallet for amount in amounts)
        total = _sum_known(amount.value for amount in amounts)
        values = tuple(
            _value_wallet(wallet, amounts, rates, total) for wallet, amounts in by_wallet
        )
        return Portfolio(
            currency=rates.into,
            simulated=simulated,
            total=total,
            unrealised=_sum_known(value.unrealised for value in values),
            wallets=values,
            amounts=_with_shares(amounts, total),
            unpriced=tuple(sorted({one.currency for one in amounts if one.value is None})),
            awaited=_list_awaited(by_wallet, rates),
            unknown=tuple(
                f"{wallet.label}: {name}" for wallet in wallets for name in wallet.unknown
            ),
            as_of=min((one.price_at for one in amounts if one.price_at), default=None),
            unrealised_as_of=min(
                (wallet.unrealised_as_of for wallet in wallets if wallet.unrealised_as_of),
                default=None,
            ),
            holdings_as_of=min(
                (wallet.holdings_at for wallet in wallets if wallet.holdings_at), default=None
            ),
        )


def _value_amounts(wallet: Wallet, rates: RateTable) -> list[ValuedAmount]:
    valued = []
    for amount in wallet.amounts:
        rate = rates.find_rate(amount.currency, wallet.priced_by)
        value, price_at = _convert_at(rate, amount.amount), rate.at if rate else None
        valued.append(ValuedAmount(**asdict(amount), value=value, price_at=price_at))
    return valued


def _list_awaited(
    by_wallet: Iterable[tuple[Wallet, Sequence[ValuedAmount]]], rates: RateTable
) -> tuple[str, ...]:
    """List currencies without a price at a market whose prices were not fetched yet."""
    unfetched = [each for each in by_wallet if each[0].priced_by not in rates.prices]
    awaited = {one.currency for _, amounts in unfetched for one in amounts if one.value is None}
    return tuple(sorted(awaited))


def _sum_by_currency(amounts: Iterable[ValuedAmount]) -> list[ValuedAmount]:
    """Add up by currency, apart with and without a price: one venue may lack what another has."""
    sums: dict[tuple[str, bool], ValuedAmount] = {}
    for amount in amounts:
        group = amount.currency, amount.value is None
        sums[group] = _add_amounts(sums[group], amount) if group in sums else amount
    return list(sums.values())


def _add_amounts(left: ValuedAmount, right: ValuedAmount) -> ValuedAmount:
    times = [at for at in (left.price_at, right.price_at) if at]
    return ValuedAmount(
        currency=left.currency,
        amount=left.amount + right.amount,
        unrealised=left.unrealised + right.unrealised,
        value=None if left.value is None or right.value is None else left.value + right.value,
        price_at=min(times, default=None),
    )


def _value_wallet(
    wallet: Wallet, amounts: Sequence[ValuedAmount], rates: RateTable, total: Decimal
) -> WalletValue:
    value = _sum_known(amount.value for amount in amounts)
    return WalletValue(
        **{field.name: getattr(wallet, field.name) for field in fields(KeyOfWallet)},
        value=value,
        unrealised=_sum_known(
            _convert_at(rates.find_rate(one.currency, wallet.priced_by), one.unrealised)
            for one in amounts
        ),
        share=_share_of(value, total),
        amounts=_with_shares(amounts, total),
        unknown=tuple(wallet.unknown),
    )


def _convert_at(rate: Rate | None, amount: Decimal) -> Decimal | None:
    return None if rate is None else (amount * rate.each).quantize(ROUNDED)


def _with_shares(amounts: Iterable[ValuedAmount], total: Decimal) -> tuple[ValuedAmount, ...]:
    """Add the shares of the total, and sort: the largest first, those without a price last."""
    shared = [
        replace(one, share=None if one.value is None else _share_of(one.value, total))
        for one in amounts
    ]
    return tuple(
        sorted(shared, key=lambda one: (one.value is None, -(one.value or 0), one.currency))
    )


def _share_of(value: Decimal, total: Decimal) -> Decimal | None:
    """Return the share of a total; of nothing, or of a debt, there is none."""
    return (value / total).quantize(ROUNDED) if total > 0 else None


def _sum_known(values: Iterable[Decimal | None]) -> Decimal:
    return sum((value for value in values if value is not None), ZERO)
