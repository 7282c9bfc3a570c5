"""The fields of each type of order, and the steps and limits of a symbol."""

from decimal import Decimal
from typing import Any

import pytest
from rest_framework.test import APIClient

from exchanges.models import ExchangeKey, Symbol
from orders import order_state, validation
from orders.models import Order
from orders.order_state import build_order_name
from orders.placement import PlacementRequest

TRIGGER, PRICE, PERCENT = Decimal(60000), Decimal(59900), Decimal("1.5")

BITCOIN = Symbol(
    name="BTC/USDT",
    base="BTC",
    quote="USDT",
    price_step=Decimal("0.01"),
    quantity_step=Decimal("0.00000001"),
    min_quantity=Decimal("0.00001"),
    min_cost=Decimal(5),
)


def make_request(**changes: Any) -> PlacementRequest:
    key = ExchangeKey(venue=changes.pop("venue", "binance"), market=changes.pop("market", "spot"))
    wanted: dict[str, Any] = {
        "symbol": "BTC/USDT",
        "side": "sell",
        "type": "limit",
        "time_in_force": "GTC",
        "quantity": Decimal("0.01"),
    }
    return PlacementRequest(key=key, **(wanted | changes))


@pytest.mark.parametrize(
    "fitting",
    [
        {"price": PRICE},
        {"price": PRICE, "time_in_force": "PO"},
        {"type": "market"},
        {"type": "stop_loss", "trigger_price": TRIGGER},
        {"type": "stop_loss", "trigger_price": TRIGGER, "price": PRICE, "time_in_force": "IOC"},
        {"type": "take_profit", "trigger_price": TRIGGER},
        {"type": "trailing_stop", "trailing_percent": PERCENT},
        {"price": PRICE, "market": "futures", "reduce_only": True},
        {"type": "market", "market": "futures", "leverage": 20, "margin_mode": "isolated"},
    ],
)
def test_what_fits(fitting: dict[str, Any]) -> None:
    assert list(validation.find_field_errors(make_request(**fitting))) == []


@pytest.mark.parametrize(
    ("misfit", "field", "words"),
    [
        ({}, "price", "A limit order needs a price."),
        ({"type": "market", "price": PRICE}, "price", "A market order has no price."),
        ({"type": "stop_loss"}, "trigger_price", "A stop loss needs a trigger price."),
        ({"type": "take_profit", "price": PRICE}, "trigger_price", None),
        (
            {"price": PRICE, "trigger_price": TRIGGER},
            "trigger_price",
            "A limit order has no trigger price.",
        ),
        ({"type": "trailing_stop"}, "trailing_percent", None),
        (
            {"type": "trailing_stop", "trailing_percent": Decimal(11)},
            "trailing_percent",
            "Between 0.1 and 10 per cent.",
        ),
        (
            {"type": "trailing_stop", "trailing_percent": PERCENT, "venue": "bybit"},
            "type",
            "Bybit spot has no trailing stops.",
        ),
        ({"type": "trailing_stop", "trailing_percent": PERCENT, "price": PRICE}, "price", None),
        (
            {"type": "stop_loss", "trigger_price": TRIGGER, "time_in_force": "FOK"},
            "time_in_force",
            None,
        ),
        (
            {
                "type": "stop_loss",
                "trigger_price": TRIGGER,
                "price": PRICE,
                "time_in_force": "PO",
            },
            "time_in_force",
            "Only a limit order can be post only.",
        ),
        ({"price": PRICE, "reduce_only": True}, "reduce_only", "Only futures orders have this."),
        ({"price": PRICE, "leverage": 5}, "leverage", "Only futures orders have this."),
        (
            {"price": PRICE, "market": "futures", "leverage": 126},
            "leverage",
            "Between 1 and 125.",
        ),
        ({"price": PRICE, "market": "futures", "margin_mode": "cross"}, "margin_mode", None),
    ],
)
def test_what_does_not(misfit: dict[str, Any], field: str, words: str | None) -> None:
    said = dict(validation.find_field_errors(make_request(**misfit)))
    assert list(said) == [field]
    assert words is None or said[field] == words


def test_a_conditional_order_goes_in_by_the_api_with_all_its_digits(
    user: Any, key: ExchangeKey
) -> None:
    api = APIClient()
    api.force_authenticate(user)
    sent = {
        "key": key.pk,
        "symbol": "BTC/USDT",
        "side": "sell",
        "type": "stop_loss",
        "quantity": "0.01",
        "trigger_price": "50000.10",
        "price": "49999.90",
    }
    answer = api.post("/api/v1/orders/", sent)
    assert answer.status_code == 201, answer.json()
    shown = answer.json()
    assert (shown["type"], shown["trigger_price"], shown["price"]) == (
        "stop_loss",
        "50000.1",
        "49999.9",
    )
    request = order_state.build_request(Order.objects.get())
    assert (request.trigger_price, request.is_conditional) == (Decimal("50000.10"), True)


@pytest.mark.parametrize(
    ("kind", "name", "waits"),
    [
        ("stop_loss", "", True),
        ("stop_loss", "algo:7", True),
        ("stop_loss", "7", False),
        ("limit", "", False),
    ],
)
def test_what_waits_for_its_trigger_is_asked_for_where_it_waits(
    kind: str, name: str, waits: bool
) -> None:
    order = Order(symbol="BTC/USDT", type=kind, client_order_id="fw1", exchange_order_id=name)
    assert build_order_name(order).is_conditional is waits


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
    found = validation.find_limit_errors(BITCOIN, quantity=Decimal(quantity), price=Decimal(price))
    assert next((name for name, _ in found), "") == field
