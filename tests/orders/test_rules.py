"""What a venue's steps and limits say of an order, however large it is."""

from decimal import Decimal

import pytest

from exchanges.models import Symbol
from orders import rules

BITCOIN = Symbol(
    name="BTC/USDT",
    base="BTC",
    quote="USDT",
    price_step=Decimal("0.01"),
    quantity_step=Decimal("0.00000001"),
    min_quantity=Decimal("0.00001"),
    min_cost=Decimal(5),
)


@pytest.mark.parametrize(
    ("quantity", "price", "field"),
    [
        ("1", "50000.01", ""),
        ("1", "50000.001", "price"),
        ("0.000000001", "50000", "quantity"),
        ("0.00001", "50000", "quantity"),
        ("99999999999999999999", "99999999999999999999", ""),
        ("99999999999999999999.000000001", "1", "quantity"),
        ("100000000000000000000", "1", "quantity"),
        ("1e43", "1", "quantity"),
        ("1", "1e43", "price"),
    ],
)
def test_objections(quantity: str, price: str, field: str) -> None:
    found = rules.objections(BITCOIN, quantity=Decimal(quantity), price=Decimal(price))
    assert next((name for name, _ in found), "") == field
