"""What the OpenAPI document does not list is refused, at every operation that there is.

The tests go by the document: an endpoint that is added tomorrow is tried here too.
"""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.urls import URLPattern, URLResolver, get_resolver, resolve
from rest_framework.test import APIClient

from orders.models import Order
from tests.config.api.conftest import OPERATIONS, ApiOperation, answer_json, make_address
from users.strict.operations import read_operation
from users.strict.views import KnownParametersOnly

MISTYPED = "frobnicate"


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_an_unknown_parameter_is_refused(
    operation: ApiOperation, api: APIClient, rows: dict[str, int]
) -> None:
    address = make_address(operation, rows, f"?{MISTYPED}=1")
    answer = getattr(api, operation.method)(address)
    assert (answer.status_code, answer_json(answer)[MISTYPED]) == (
        400,
        ["There is no such parameter."],
    )


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_an_unknown_field_is_refused(
    operation: ApiOperation, api: APIClient, rows: dict[str, int]
) -> None:
    answer = api.generic(
        operation.method.upper(),
        make_address(operation, rows),
        f'{{"{MISTYPED}": 1}}',
        content_type="application/json",
    )
    assert (answer.status_code, list(answer_json(answer))) == (400, [MISTYPED])


@pytest.mark.parametrize("operation", [each for each in OPERATIONS if each.parameters], ids=str)
def test_what_is_listed_is_known_and_given_once(
    operation: ApiOperation, api: APIClient, rows: dict[str, int]
) -> None:
    for name, schema in operation.parameters.items():
        call = getattr(api, operation.method)
        once = call(make_address(operation, rows, f"?{name}="))
        assert once.status_code < 500
        refusals = once.json() if once.status_code == 400 else {}
        assert refusals.get(name) != ["There is no such parameter."]
        if schema.get("type") != "array":
            twice = call(make_address(operation, rows, f"?{name}=1&{name}=2"))
            found = (twice.status_code, twice.json().get(name))
            assert found in ((400, ["Give it once."]), (404, None))  # 404: no such format


@pytest.mark.parametrize("body", ['["key"]', '"key"', "7", "true"])
def test_a_body_where_none_is_taken_is_refused(
    body: str, api: APIClient, rows: dict[str, int]
) -> None:
    answer = api.generic("POST", "/api/v1/bots/stop-all/", body, content_type="application/json")
    assert (answer.status_code, answer.json()) == (
        400,
        {"non_field_errors": ["No body is taken here."]},
    )


@pytest.mark.parametrize("body", ["", "{}", "null"])
def test_an_empty_body_is_none(body: str, api: APIClient) -> None:
    answer = api.generic("POST", "/api/v1/bots/stop-all/", body, content_type="application/json")
    assert answer.status_code == 202


ORDER = {
    "symbol": "BTC/USDT:USDT",
    "side": "sell",
    "type": "limit",
    "quantity": "1",
    "price": "50000",
}


@pytest.mark.parametrize("mistyped", [{"reduce_onyl": True}, {"timeInForce": "IOC"}])
def test_an_order_is_not_placed_without_what_was_asked_for(
    mistyped: dict[str, Any], api: APIClient, rows: dict[str, int]
) -> None:
    answer = api.post("/api/v1/orders/", {**ORDER, "key": rows["keys"], **mistyped})
    assert (answer.status_code, list(answer.json())) == (400, list(mistyped))
    assert [order.pk for order in Order.objects.all()] == [rows["orders"]]


def test_a_mistyped_key_does_not_cancel_the_orders_of_all(
    api: APIClient, rows: dict[str, int]
) -> None:
    answer = api.post("/api/v1/orders/cancel-all/", {"key_id": rows["keys"]})
    assert (answer.status_code, list(answer.json())) == (400, ["key_id"])


def test_every_view_of_the_api_has_the_strict_base() -> None:
    views = [view for view in _list_views(get_resolver().url_patterns) if hasattr(view, "cls")]
    ours = [view for view in views if not view.cls.__module__.startswith("drf_spectacular")]
    assert len(ours) > 50
    assert [view.cls for view in ours if not issubclass(view.cls, KnownParametersOnly)] == []


def _list_views(patterns: Any) -> list[Any]:
    views: list[Any] = []
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            views += _list_views(pattern.url_patterns)
        elif isinstance(pattern, URLPattern):
            views.append(pattern.callback)
    return views


def test_many_first_requests_at_once_are_all_answered(api: APIClient) -> None:
    """Each process builds its part of the document at its first requests, in several threads."""
    matches = {str(each): resolve(make_address(each, {})) for each in OPERATIONS}
    read_operation.cache_clear()
    with ThreadPoolExecutor(8) as threads:
        built = [
            threads.submit(read_operation, match.func, match.route, each.method.upper())
            for _ in range(3)
            for each in OPERATIONS
            for match in (matches[str(each)],)
        ]
    found = [one.result() for one in built]
    assert [set(one.parameters) for one in found[: len(OPERATIONS)]] == [
        set(each.parameters) for each in OPERATIONS
    ]
