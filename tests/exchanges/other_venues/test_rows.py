"""What ccxt's unified rows say, and what they only seem to say."""

from decimal import Decimal
from typing import Any

import ccxt
import pytest

from exchanges.base import FillReport, RequestNotSent
from exchanges.other_venues import adapter, rows
from exchanges.through_ccxt.sessions import CcxtSession

ROW = {
    "id": "7",
    "clientOrderId": None,
    "symbol": "BTC/USDT",
    "side": "buy",
    "type": "limit",
    "status": "open",
    "price": "50000.10",
    "amount": "0.30",
    "filled": "0.00",
    "average": None,
    "cost": "0",
    "timestamp": 1795245500260,
    "info": {"raw": "1"},
}
TRADE = {
    "id": "11",
    "order": "7",
    "symbol": "BTC/USDT",
    "side": "buy",
    "price": "50000.10",
    "amount": "0.10",
    "fee": {"cost": "0.0001", "currency": "BTC"},
    "takerOrMaker": "taker",
    "timestamp": 1795245500260,
}


def order(**changes: Any) -> Any:
    return rows.order_report(ROW | changes)


def part(**changes: Any) -> FillReport:
    return rows.fill_report(TRADE | changes, "7")


@pytest.mark.parametrize(
    ("told", "filled", "status"),
    [
        ("open", "0", "new"),
        ("open", None, "new"),
        ("open", "0.1", "partially_filled"),
        ("canceling", "0.1", "partially_filled"),
        ("closed", "0.30", "filled"),
        ("closed", "0.31", "filled"),
        ("closed", "0.1", "canceled"),
        ("closed", None, "unknown"),
        ("closed", "0", "unknown"),
        ("canceled", "0.1", "canceled"),
        ("expired", "0", "expired"),
        ("rejected", None, "rejected"),
        (None, "0", "unknown"),
        ("PENDING_NEW", "0", "unknown"),
    ],
)
def test_a_status_is_judged_by_what_was_filled(
    told: str | None, filled: str | None, status: str
) -> None:
    assert order(status=told, filled=filled).status == status


def test_who_is_listed_as_open_is_open() -> None:
    assert rows.order_report(ROW | {"status": None}, listed_as_open=True).status == "new"


def test_a_cost_that_ccxt_reckoned_from_the_limit_is_none() -> None:
    assert order(filled="0.1", cost="5000.01").cost is None
    assert order(filled="0.1", cost="4999", average="49990").cost == Decimal(4999)


@pytest.mark.parametrize(
    ("changes", "guessed"),
    [
        ({"status": "closed", "filled": "0.30", "average": "50000"}, False),
        ({"status": "closed", "filled": "0.30"}, True),
        ({"status": "closed", "filled": "0.10", "average": "50000"}, True),
        ({"status": "closed", "filled": "0"}, True),
        ({"status": "open", "filled": "0.10"}, False),
        ({"status": "canceled", "filled": "0.10"}, False),
    ],
)
def test_closed_is_only_a_guess_unless_all_of_it_has_a_price(changes: Any, guessed: bool) -> None:
    assert rows.is_inferred(order(**changes)) is guessed


@pytest.mark.parametrize(
    ("filled", "parts", "proven"),
    [
        ("0.30", ["0.10", "0.20"], ("filled", Decimal("0.30"))),
        ("0", ["0.10", "0.20"], ("filled", Decimal("0.30"))),
        ("0.10", ["0.10"], ("canceled", Decimal("0.10"))),
        ("0.30", ["0.10"], ("unknown", Decimal("0.10"))),
        ("0", [], ("unknown", None)),
        ("0.30", [], ("unknown", None)),
    ],
)
def test_the_parts_prove_how_it_ended(filled: str, parts: list[str], proven: Any) -> None:
    guess = order(status="closed", filled=filled)
    told = rows.prove_by_fills(guess, [part(amount=amount) for amount in parts])
    assert (told.status, told.filled) == proven
    assert len(told.fills) == len(parts)


def test_a_part_may_lack_its_fee_its_id_and_whose_it_is() -> None:
    bare = part(fee=None, id=None, order=None, takerOrMaker=None)
    assert (bare.fee, bare.fee_currency, bare.is_maker, bare.trade_id) == (None, None, None, "")
    assert bare.exchange_order_id == "7"
    assert rows.belongs_to_order(TRADE | {"order": None}, "7")
    assert not rows.belongs_to_order(TRADE, "8")


@pytest.mark.parametrize(
    ("free", "used", "total", "said"),
    [
        ("1", "2", "3", ("1", "2")),
        (None, "2", "3", ("1", "2")),
        (None, None, "3", ("3", "0")),
        (None, None, None, ("0", "0")),
    ],
)
def test_balances_of_which_not_all_is_told(free: Any, used: Any, total: Any, said: Any) -> None:
    answer = {"free": {"BTC": free}, "used": {"BTC": used}, "total": {"BTC": total}}
    (balance,) = rows.balance_reports(answer)
    assert (balance.free, balance.held) == (Decimal(said[0]), Decimal(said[1]))


@pytest.mark.parametrize(
    ("told", "mode", "step"),
    [
        ("0.01", ccxt.TICK_SIZE, "0.01"),
        ("2", ccxt.DECIMAL_PLACES, "0.01"),
        ("5", ccxt.SIGNIFICANT_DIGITS, "1e-18"),
        (None, ccxt.TICK_SIZE, "1e-18"),
    ],
)
def test_steps_in_each_of_ccxts_ways_to_say_them(told: Any, mode: int, step: str) -> None:
    market = {
        "symbol": "BTC/USDT",
        "base": "BTC",
        "quote": "USDT",
        "precision": {"price": told, "amount": told},
        "limits": {"amount": {"min": None}, "cost": {"min": "5"}},
    }
    rules = rows.symbol_rules(market, mode)
    assert (rules.price_step, rules.quantity_step) == (Decimal(step), Decimal(step))
    assert (rules.min_quantity, rules.min_cost) == (Decimal(0), Decimal(5))


def test_a_name_that_ccxt_does_not_know_is_never_asked() -> None:
    way: CcxtSession = None  # type: ignore[assignment]  # it is not used
    with pytest.raises(RequestNotSent, match="knows no venue mtgox"):
        adapter.make_client("mtgox", way)
