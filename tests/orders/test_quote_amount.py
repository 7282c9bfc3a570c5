"""The checks of market orders that are sized by what they spend."""

from decimal import Decimal
from typing import Any

import pytest

from exchanges.models import Symbol
from orders import validation
from tests.orders.test_validation import BITCOIN, make_request


@pytest.mark.parametrize(
    ("misfit", "field"),
    [
        ({"type": "market", "quantity": Decimal(0)}, "quantity"),
        ({"type": "market", "quote_amount": Decimal(640)}, "quote_amount"),
        (
            {"quantity": Decimal(0), "quote_amount": Decimal(640), "price": Decimal(50000)},
            "quote_amount",
        ),
        (
            {
                **{"type": "market", "market": "futures"},
                **{"quantity": Decimal(0), "quote_amount": Decimal(640)},
            },
            "quote_amount",
        ),
        (
            {
                **{"type": "market", "venue": "kraken"},
                **{"quantity": Decimal(0), "quote_amount": Decimal(640)},
            },
            "quote_amount",
        ),
    ],
)
def test_what_does_not_fit(misfit: dict[str, Any], field: str) -> None:
    fields = [field for field, _ in validation.find_field_errors(make_request(**misfit))]
    assert fields[0] == field


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        ("5", None),
        ("4.99", "The least is 5 USDT."),
        ("640.001", "BTC/USDT is paid in steps of 0.01 USDT."),
        ("1e20", "This is larger than can be stored."),
    ],
)
def test_the_limits_of_a_sum(amount: str, words: str | None) -> None:
    symbol = Symbol(**{**_read_fields(BITCOIN), "quote_step": Decimal("0.01")})
    errors = validation.find_limit_errors(
        symbol, quantity=Decimal(0), quote_amount=Decimal(amount), price=None
    )
    assert list(errors) == ([] if words is None else [("quote_amount", words)])


def _read_fields(symbol: Symbol) -> dict[str, Any]:
    names = ("name", "base", "quote", "price_step", "quantity_step", "min_quantity", "min_cost")
    return {name: getattr(symbol, name) for name in names}
