"""One order and one request, followed through the logs of all processes."""

from datetime import datetime
from typing import Any

import pytest
from django.utils import timezone

from exchanges.models import ExchangeKey
from operations.logs import read
from orders import reconciler
from orders.models import Order
from tests.orders.reports import report
from tests.services import HOME, wait_until
from tests.trading import Trader


def read_lines(since: datetime, **ids: str) -> list[dict[str, Any]]:
    filters = read.LogFilters(ids=ids, since=since)  # ids begin anew with each test
    return read.read_entries(HOME / "logs", filters, limit=500).entries


def test_an_order_is_followed_from_the_request_to_the_worker(
    trader: Trader, worker: None, key: ExchangeKey, caplog: pytest.LogCaptureFixture
) -> None:
    since = timezone.now()
    body = {"key": key.pk, "symbol": "BTC/USDT", "side": "buy", "type": "limit"}
    code, order = trader.ask("POST", "orders/", {**body, "quantity": "0.01", "price": "40000"})
    assert code == 201, order

    def find_changes() -> dict[str, dict[str, Any]]:
        lines = read_lines(since, order=str(order["id"]))
        changes = [line for line in lines if line["event"] == "order status changed"]
        found = {line["service"]: line for line in changes}
        return found if {"web", "worker"} <= found.keys() else {}

    changes = wait_until(find_changes, what="lines of web and worker about the order")
    web, from_worker = changes["web"], changes["worker"]
    assert from_worker["request_id"] == web["request_id"]
    assert from_worker["user_id"] == trader.user.pk
    assert from_worker["task_id"]
    followed = read_lines(since, request=web["request_id"])
    assert {line["service"] for line in followed} == {"web", "worker"}
    assert "POST /api/v1/orders/" in {line.get("request") for line in followed}

    placed = Order.objects.get(pk=order["id"])
    assert placed.request_id == web["request_id"]
    terms = {name: getattr(placed, name) for name in ("symbol", "price", "quantity")}
    names = ("client_order_id", "exchange_order_id")
    terms |= {name: getattr(placed, name) for name in names}
    ended = report("canceled", **terms)
    caplog.set_level("INFO")
    reconciler.apply_report(placed.pk, ended, source="stream", now=timezone.now())
    [line] = [line.msg for line in caplog.records if "order status changed" in str(line.msg)]
    assert isinstance(line, dict)
    assert (line["order"], line["placed_by_request"]) == (placed.pk, web["request_id"])
    assert "placed_by_request" in read.FOLLOWED["request"]
