"""What fills have earned: by hand, and against a slow and obvious way of reckoning."""

from collections import deque
from datetime import UTC, datetime, timedelta
from decimal import Decimal, localcontext
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from bots.pnl.lots import Ledger, Method, Part, Step
from realtime.values import EXACT

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


def part(side: Any, quantity: str, price: str, *, fee: str | None = "0", base: str = "0") -> Part:
    known = None if fee is None else Decimal(fee)
    return Part(side, Decimal(quantity), Decimal(price), NOON, known, Decimal(base))


def followed(*parts: Part, method: Method = "fifo") -> tuple[Ledger, list[Step]]:
    ledger = Ledger(method)
    return ledger, [step for one in parts for step in ledger.take(one)]


def gross(*parts: Part, method: Method = "fifo") -> Decimal:
    return sum((step.gross for step in followed(*parts, method=method)[1]), Decimal(0))


def net(*parts: Part, method: Method = "fifo") -> Decimal:
    return sum((step.net for step in followed(*parts, method=method)[1]), Decimal(0))


def test_a_bought_and_a_sold_lot() -> None:
    assert gross(part("buy", "2", "100"), part("sell", "2", "110")) == 20


def test_a_sold_and_a_bought_lot() -> None:
    assert gross(part("sell", "2", "110"), part("buy", "2", "100")) == 20


def test_every_part_has_its_own_partner() -> None:
    """Pairing the first purchase with the first sale, the second with the second, says 24."""
    parts = [
        part("buy", "1", "100"),
        part("sell", "1", "110"),
        part("buy", "2", "100"),
        part("sell", "1", "114"),
        part("sell", "1", "110"),
    ]
    assert gross(*parts) == gross(*parts, method="average") == 34


def test_first_in_first_out_and_average_differ_until_all_is_closed() -> None:
    parts = [part("buy", "1", "100"), part("buy", "1", "120"), part("sell", "1", "130")]
    assert gross(*parts) == 30
    assert gross(*parts, method="average") == 20
    last = part("sell", "1", "130")
    assert gross(*parts, last) == gross(*parts, last, method="average") == 40


def test_one_fill_can_close_and_open() -> None:
    ledger, steps = followed(part("buy", "1", "100"), part("sell", "3", "110", fee="0.3"))
    assert [(one.opened, one.closed, one.gross) for one in steps[1:]] == [
        tuple(map(Decimal, row)) for row in ((0, 1, 10), (2, 0, 0))
    ]
    assert [one.fee for one in steps[1:]] == [Decimal("0.1"), Decimal("0.2")]
    assert ledger.quantity == -2
    assert ledger.unrealised(Decimal(105)) == 10


def test_what_the_venue_keeps_of_a_purchase() -> None:
    """Paid 100 for one, got 0.999, sold that for 200 each: 99.8 more than before."""
    parts = [part("buy", "1", "100", base="0.001"), part("sell", "0.999", "200")]
    ledger, _ = followed(*parts)
    assert ledger.quantity == 0
    assert net(*parts) == Decimal("99.8")


def test_a_fee_that_is_not_known_yet() -> None:
    _, steps = followed(part("buy", "1", "100", fee=None))
    assert steps[0].is_provisional


def test_a_third_is_never_lost() -> None:
    parts = [part("buy", "3", "10"), part("buy", "3", "11")]
    parts += [part("sell", "2", "11")] * 3
    assert gross(*parts, method="average") == 3


def test_it_goes_on_from_where_it_was_kept() -> None:
    ledger, _ = followed(part("buy", "2", "0.00000001"), part("buy", "1", "12345678.9"))
    again = Ledger.load(ledger.dump())
    assert again.take(part("sell", "3", "1")) == ledger.take(part("sell", "3", "1"))


# What venues keep of coins, or give


def test_a_fee_in_coins_on_a_sale_is_sold_with_it() -> None:
    """Bought 2 for 100 each, sold 1 for 200, and 0.001 more left as the fee, worth 0.2."""
    parts = [part("buy", "2", "100"), part("sell", "1", "200", base="0.001")]
    ledger, _ = followed(*parts)
    assert ledger.quantity == Decimal("0.999")
    assert net(*parts) == Decimal("100.1") - Decimal("0.2")


def test_a_rebate_in_coins_is_bought_with_it() -> None:
    parts = [part("buy", "1", "100", base="-0.001")]
    ledger, _ = followed(*parts)
    assert (ledger.quantity, ledger.cost) == (Decimal("1.001"), Decimal("100.1"))
    assert net(*parts) == Decimal("0.1")


def test_a_rebate_in_money_is_earned() -> None:
    assert net(part("buy", "1", "100", fee="-0.25"), part("sell", "1", "100", fee="0")) == Decimal(
        "0.25"
    )


def test_a_fee_that_is_more_than_what_was_bought() -> None:
    ledger, _ = followed(part("buy", "0.001", "100", base="0.003"))
    assert (ledger.quantity, ledger.cost) == (Decimal("-0.002"), Decimal("-0.2"))


def test_buying_back_less_than_was_sold_with_a_fee_in_coins() -> None:
    ledger, _ = followed(part("sell", "1", "100"), part("buy", "0.5", "90", base="0.0005"))
    assert ledger.quantity == Decimal("-0.5005")


def test_coins_that_were_not_bought_here_are_sold_short() -> None:
    """A deposit, perhaps: what it brought is not profit, what it would cost now is not realised."""
    ledger, steps = followed(part("sell", "1", "100"))
    assert [one.gross for one in steps] == [0]
    assert (ledger.quantity, ledger.unrealised(Decimal(120))) == (Decimal(-1), Decimal(-20))


# Against the obvious


AMOUNTS = some.decimals("0.00000001", "1000000", places=8)
PARTS = some.lists(
    some.builds(
        Part,
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
        Part,
        side=some.sampled_from(["buy", "sell"]),
        quantity=AMOUNTS,
        price=AMOUNTS,
        at=some.just(NOON),
        fee_in_base=some.decimals("-2", "5", places=8),
    ),
    max_size=20,
)


def crumbs(parts: list[Part]) -> tuple[Decimal, Decimal]:
    """First in, first out, one smallest unit of difference at a time: profit, and what is held."""
    held: deque[list[Decimal]] = deque()
    profit = Decimal(0)
    for one in parts:
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
def test_first_in_first_out_as_by_hand(parts: list[Part]) -> None:
    ledger, steps = followed(*parts)
    with localcontext(EXACT):
        profit, held = crumbs(parts)
        assert sum((one.gross for one in steps), Decimal(0)) == profit
    assert ledger.quantity == held


@pytest.mark.parametrize("method", ["fifo", "average"])
@given(parts=PARTS)
def test_profit_and_what_is_held_are_the_money_that_moved(
    parts: list[Part], method: Method
) -> None:
    """Realised and unrealised at any price equal the cash that came in, and what is held."""
    ledger, steps = followed(*parts, method=method)
    price = Decimal("3.14159265")
    with localcontext(EXACT):
        cash = sum(
            (one.quantity * one.price * (1 if one.side == "sell" else -1) for one in parts),
            Decimal(0),
        )
        earned = sum((one.gross for one in steps), Decimal(0)) + ledger.unrealised(price)
        assert earned == cash + ledger.quantity * price
        fees = sum((one.fee for one in steps), Decimal(0))
        assert fees == sum((one.fee or Decimal(0) for one in parts), Decimal(0))


@pytest.mark.parametrize("method", ["fifo", "average"])
@given(parts=IN_COINS)
def test_fees_in_coins_are_neither_lost_nor_counted_twice(
    parts: list[Part], method: Method
) -> None:
    """Coins: bought less sold less kept. Money: what came in, whatever the coins were worth."""
    ledger, steps = followed(*parts, method=method)
    with localcontext(EXACT):
        coins = cash = Decimal(0)
        for one in parts:
            sign = 1 if one.side == "buy" else -1
            coins += sign * one.quantity - one.fee_in_base
            cash -= sign * one.quantity * one.price
        assert ledger.quantity == coins
        assert sum((one.net for one in steps), Decimal(0)) - ledger.cost == cash
        assert ledger.quantity == sum((lot.quantity for lot in ledger.lots), Decimal(0))
        assert ledger.cost == sum((lot.cost for lot in ledger.lots), Decimal(0))
        assert len({lot.quantity > 0 for lot in ledger.lots}) <= 1


def test_money_with_more_digits_than_are_kept_adds_up_in_any_number_of_sittings() -> None:
    many = [part("buy", "0.000000000000000003", "0.7"), part("sell", "0.000000000000000001", "0.9")]
    ledger, _ = followed(*many)
    again = Ledger.load(ledger.dump())
    assert (again.quantity, again.cost) == (ledger.quantity, ledger.cost)
    assert ledger.cost == ledger.cost.quantize(Decimal("1e-18"))
