"""The ledger, by worked examples and against a slow and obvious way of counting."""

from collections import deque
from datetime import UTC, datetime, timedelta
from decimal import Decimal, localcontext
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from bots.pnl.lots import Ledger, LedgerFill, LedgerStep, Method
from realtime.values import EXACT

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


def deal(
    side: Any, quantity: str, price: str, *, fee: str | None = "0", base: str = "0"
) -> LedgerFill:
    known = None if fee is None else Decimal(fee)
    return LedgerFill(side, Decimal(quantity), Decimal(price), NOON, known, Decimal(base))


def followed(*fills: LedgerFill, method: Method = "fifo") -> tuple[Ledger, list[LedgerStep]]:
    ledger = Ledger(method)
    return ledger, [step for fill in fills for step in ledger.add_fill(fill)]


def unrealised(ledger: Ledger, price: Decimal) -> Decimal:
    with localcontext(EXACT):
        return ledger.quantity * price - ledger.cost


def gross(*fills: LedgerFill, method: Method = "fifo") -> Decimal:
    return sum((step.gross for step in followed(*fills, method=method)[1]), Decimal(0))


def net(*fills: LedgerFill, method: Method = "fifo") -> Decimal:
    return sum((step.gross - step.fee for step in followed(*fills, method=method)[1]), Decimal(0))


def test_a_bought_and_a_sold_lot() -> None:
    assert gross(deal("buy", "2", "100"), deal("sell", "2", "110")) == 20


def test_a_sold_and_a_bought_lot() -> None:
    assert gross(deal("sell", "2", "110"), deal("buy", "2", "100")) == 20


def test_lots_are_not_paired_by_turns() -> None:
    """Pairing the first purchase with the first sale, the second with the second, says 24."""
    fills = [
        deal("buy", "1", "100"),
        deal("sell", "1", "110"),
        deal("buy", "2", "100"),
        deal("sell", "1", "114"),
        deal("sell", "1", "110"),
    ]
    assert gross(*fills) == gross(*fills, method="average") == 34


def test_first_in_first_out_and_average_differ_until_all_is_closed() -> None:
    fills = [deal("buy", "1", "100"), deal("buy", "1", "120"), deal("sell", "1", "130")]
    assert gross(*fills) == 30
    assert gross(*fills, method="average") == 20
    last = deal("sell", "1", "130")
    assert gross(*fills, last) == gross(*fills, last, method="average") == 40


def test_one_fill_can_close_and_open() -> None:
    ledger, steps = followed(deal("buy", "1", "100"), deal("sell", "3", "110", fee="0.3"))
    assert [(one.opened, one.closed, one.gross) for one in steps[1:]] == [
        tuple(map(Decimal, row)) for row in ((0, 1, 10), (2, 0, 0))
    ]
    assert [one.fee for one in steps[1:]] == [Decimal("0.1"), Decimal("0.2")]
    assert ledger.quantity == -2
    assert unrealised(ledger, Decimal(105)) == 10


def test_a_fee_in_coins_on_a_purchase() -> None:
    """Paid 100 for one, got 0.999, sold that for 200 each: 99.8 more than before."""
    fills = [deal("buy", "1", "100", base="0.001"), deal("sell", "0.999", "200")]
    ledger, _ = followed(*fills)
    assert ledger.quantity == 0
    assert net(*fills) == Decimal("99.8")


def test_a_fee_that_is_not_known_yet() -> None:
    _, steps = followed(deal("buy", "1", "100", fee=None))
    assert steps[0].is_provisional


def test_rounding_loses_nothing_of_a_third() -> None:
    fills = [deal("buy", "3", "10"), deal("buy", "3", "11")]
    fills += [deal("sell", "2", "11")] * 3
    assert gross(*fills, method="average") == 3


def test_a_stored_ledger_continues() -> None:
    ledger, _ = followed(deal("buy", "2", "0.00000001"), deal("buy", "1", "12345678.9"))
    again = Ledger.load(ledger.dump())
    assert again.add_fill(deal("sell", "3", "1")) == ledger.add_fill(deal("sell", "3", "1"))


# What venues keep of coins, or give


def test_a_fee_in_coins_on_a_sale_is_sold_with_it() -> None:
    """Bought 2 for 100 each, sold 1 for 200, and 0.001 more left as the fee, worth 0.2."""
    fills = [deal("buy", "2", "100"), deal("sell", "1", "200", base="0.001")]
    ledger, _ = followed(*fills)
    assert ledger.quantity == Decimal("0.999")
    assert net(*fills) == Decimal("100.1") - Decimal("0.2")


def test_a_rebate_in_coins_is_bought_with_it() -> None:
    fills = [deal("buy", "1", "100", base="-0.001")]
    ledger, _ = followed(*fills)
    assert (ledger.quantity, ledger.cost) == (Decimal("1.001"), Decimal("100.1"))
    assert net(*fills) == Decimal("0.1")


def test_a_rebate_in_money_is_earned() -> None:
    assert net(deal("buy", "1", "100", fee="-0.25"), deal("sell", "1", "100", fee="0")) == Decimal(
        "0.25"
    )


def test_a_fee_larger_than_the_purchase() -> None:
    ledger, _ = followed(deal("buy", "0.001", "100", base="0.003"))
    assert (ledger.quantity, ledger.cost) == (Decimal("-0.002"), Decimal("-0.2"))


def test_buying_back_less_than_was_sold_with_a_fee_in_coins() -> None:
    ledger, _ = followed(deal("sell", "1", "100"), deal("buy", "0.5", "90", base="0.0005"))
    assert ledger.quantity == Decimal("-0.5005")


def test_coins_that_were_not_bought_here_are_sold_short() -> None:
    """A deposit, perhaps: what it brought is not profit, what it would cost now is not realised."""
    ledger, steps = followed(deal("sell", "1", "100"))
    assert [one.gross for one in steps] == [0]
    assert (ledger.quantity, unrealised(ledger, Decimal(120))) == (Decimal(-1), Decimal(-20))


# Against the obvious


AMOUNTS = some.decimals("0.00000001", "1000000", places=8)
PARTS = some.lists(
    some.builds(
        LedgerFill,
        side=some.sampled_from(["buy", "sell"]),
        quantity=AMOUNTS,
        price=AMOUNTS,
        at=some.integers(0, 10_000).map(lambda minute: NOON + timedelta(minutes=minute)),
        fee=some.decimals("-1", "10", places=8),
    ),
    max_size=40,
)
IN_COINS = some.lists(
    some.builds(
        LedgerFill,
        side=some.sampled_from(["buy", "sell"]),
        quantity=AMOUNTS,
        price=AMOUNTS,
        at=some.just(NOON),
        fee_in_base=some.decimals("-2", "5", places=8),
    ),
    max_size=20,
)


def crumbs(fills: list[LedgerFill]) -> tuple[Decimal, Decimal]:
    """First in, first out, one smallest unit of difference at a time: profit, and what is held."""
    held: deque[list[Decimal]] = deque()
    profit = Decimal(0)
    for one in fills:
        left = one.quantity if one.side == "buy" else -one.quantity
        while left and held and held[0][0] * left < 0:
            size = min(abs(left), abs(held[0][0]))
            way = 1 if held[0][0] > 0 else -1
            profit += way * size * (one.price - held[0][1])
            held[0][0] -= way * size
            left += way * size
            if not held[0][0]:
                held.popleft()
        if left:
            held.append([left, one.price])
    return profit, sum((size for size, _ in held), Decimal(0))


@given(PARTS)
def test_first_in_first_out_as_by_hand(fills: list[LedgerFill]) -> None:
    ledger, steps = followed(*fills)
    with localcontext(EXACT):
        profit, held = crumbs(fills)
        assert sum((one.gross for one in steps), Decimal(0)) == profit
    assert ledger.quantity == held


@pytest.mark.parametrize("method", ["fifo", "average"])
@given(fills=PARTS)
def test_profit_and_position_equal_the_money_that_moved(
    fills: list[LedgerFill], method: Method
) -> None:
    """Realised and unrealised at any price equal the cash that came in, and what is held."""
    ledger, steps = followed(*fills, method=method)
    price = Decimal("3.14159265")
    with localcontext(EXACT):
        cash = sum(
            (one.quantity * one.price * (1 if one.side == "sell" else -1) for one in fills),
            Decimal(0),
        )
        earned = sum((one.gross for one in steps), Decimal(0)) + unrealised(ledger, price)
        assert earned == cash + ledger.quantity * price
        fees = sum((one.fee for one in steps), Decimal(0))
        assert fees == sum((one.fee or Decimal(0) for one in fills), Decimal(0))


@pytest.mark.parametrize("method", ["fifo", "average"])
@given(fills=IN_COINS)
def test_fees_in_coins_are_neither_lost_nor_counted_twice(
    fills: list[LedgerFill], method: Method
) -> None:
    """Coins: bought less sold less kept. Money: what came in, whatever the coins were worth."""
    ledger, steps = followed(*fills, method=method)
    with localcontext(EXACT):
        coins = cash = Decimal(0)
        for one in fills:
            sign = 1 if one.side == "buy" else -1
            coins += sign * one.quantity - one.fee_in_base
            cash -= sign * one.quantity * one.price
        assert ledger.quantity == coins
        assert sum((one.gross - one.fee for one in steps), Decimal(0)) - ledger.cost == cash
        assert ledger.quantity == sum((lot.quantity for lot in ledger.lots), Decimal(0))
        assert ledger.cost == sum((lot.cost for lot in ledger.lots), Decimal(0))
        assert len({lot.quantity > 0 for lot in ledger.lots}) <= 1


def test_products_with_too_many_digits_add_up_after_storing() -> None:
    many = [deal("buy", "0.000000000000000003", "0.7"), deal("sell", "0.000000000000000001", "0.9")]
    ledger, _ = followed(*many)
    again = Ledger.load(ledger.dump())
    assert (again.quantity, again.cost) == (ledger.quantity, ledger.cost)
    assert ledger.cost == ledger.cost.quantize(Decimal("1e-18"))
