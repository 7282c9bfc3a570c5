"""Every operation of the OpenAPI document, and an operator who may call all of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.db import transaction
from django.db.transaction import Atomic
from django.utils import timezone
from django_celery_beat.models import IntervalSchedule, PeriodicTask
from drf_spectacular.generators import SchemaGenerator
from pytest_django import DjangoDbBlocker
from rest_framework.test import APIClient

from bots.models import (
    Backtest,
    Bot,
    ClosedTrade,
    IncomeEntry,
    PnlBook,
    PnlDay,
    Signal,
    StatementProof,
)
from exchanges.keys import actions, leverage, listen_keys, position_mode
from exchanges.keys.api import KeyViewSet
from exchanges.models import Balance, ExchangeKey, Position
from operations.alerts.rules.actions import OPERATORS, RuleOwner, create_rule
from operations.market_control import scenarios
from operations.models import Alert
from operations.notifications.ways.actions import add_webhook
from orders import reconciler
from orders.models import Fill, Order, OrderGroup
from tests.config.api.period_reports import create_reports
from tests.pages.bots.bot_records import (
    create_key,
    create_open_order,
    create_pnl_book,
    create_running_bot,
)
from tests.trading import record_order
from users.models import User
from users.tokens import RefreshToken


@cache
def read_document() -> dict[str, Any]:
    """Build the document once: what is served at /api/schema/."""
    document: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    return document


@dataclass(frozen=True)
class ApiOperation:
    """One operation, with the schemas of its parameters and of the fields of its body."""

    method: str
    path: str
    parameters: dict[str, Any]
    fields: dict[str, Any]

    def __str__(self) -> str:
        return f"{self.method.upper()} {self.path.removeprefix('/api/v1')}"


def list_operations() -> Iterator[ApiOperation]:
    for path, operations in read_document()["paths"].items():
        for method, operation in operations.items():
            parameters = {
                parameter["name"]: parameter["schema"]
                for parameter in operation.get("parameters", ())
                if parameter["in"] == "query"
            }
            yield ApiOperation(method, path, parameters, _read_fields(operation))


def _read_fields(operation: Any) -> dict[str, Any]:
    content = operation.get("requestBody", {}).get("content", {})
    schema = content.get("application/json", {}).get("schema", {})
    name = schema.get("$ref", "").rpartition("/")[2]
    return dict(read_document()["components"]["schemas"][name]["properties"]) if name else {}


OPERATIONS = list(list_operations())
MISSING_RUN = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """No worker runs here, so nobody waits for one."""
    for module in (leverage, listen_keys, position_mode):
        monkeypatch.setattr(module, "TIMEOUT_SECONDS", 0.05)
    monkeypatch.setattr(KeyViewSet, "patience", 0.05)


def create_operator() -> User:
    return User.objects.create_superuser("olga", password="correct horse battery 9")


@dataclass
class HeldRows:
    """An operator and a row for each kind of path, in a transaction around a module's tests.

    To make them takes ten times as long as a test does, and a thousand tests want them.
    """

    operator: User
    ids: dict[str, int]
    transaction: Atomic
    is_over: bool = False

    def end(self) -> None:
        if not self.is_over:
            self.is_over = True
            transaction.set_rollback(True)
            self.transaction.__exit__(None, None, None)


@pytest.fixture(scope="module")
def held_rows(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[HeldRows]:
    with django_db_blocker.unblock():
        outer = transaction.atomic()
        outer.__enter__()
        operator = create_operator()
        held = HeldRows(operator, create_rows(operator), outer)
    yield held
    with django_db_blocker.unblock():
        held.end()


@pytest.fixture
def are_held(request: pytest.FixtureRequest, held_rows: HeldRows) -> bool:
    """Tell whether this test finds the held rows: they end before one that commits."""
    marker = request.node.get_closest_marker("django_db")
    is_marked = bool(marker and marker.kwargs.get("transaction"))
    if is_marked or "transactional_db" in request.fixturenames:
        held_rows.end()
    return not held_rows.is_over


@pytest.fixture
def operator(are_held: bool, held_rows: HeldRows, db: None) -> User:
    return User.objects.get(pk=held_rows.operator.pk) if are_held else create_operator()


@pytest.fixture
def rows(are_held: bool, held_rows: HeldRows, operator: User, impatient: None) -> dict[str, int]:
    """The id of a row for each kind of path."""
    return dict(held_rows.ids) if are_held else create_rows(operator)


def create_rows(operator: User) -> dict[str, int]:
    key = attach_key(operator)
    bot = Bot.objects.create(user=operator, key=key, name="Grid", symbol="BTC/USDT:USDT")
    signal = Signal.objects.create(
        user=operator, source="desk", symbol="BTCUSDT", side="buy", received_at=timezone.now()
    )
    order = record_order(key, symbol="BTC/USDT:USDT")
    group = create_group(order)
    refused = {"status": "denied", "reason": "so that it is not open", "source": "test"}
    reconciler.refuse_order(order.pk, **refused, now=timezone.now())
    return {
        **{"keys": key.pk, "listen-key": key.pk, "bots": bot.pk, "signals": signal.pk},
        **{"orders": order.pk, "groups": group.pk, "jobs": create_job().pk},
        "backtests": create_backtest(operator).pk,
        "ways": add_webhook(operator, "Desk", "https://example.org/", now=timezone.now()).way.pk,
        "scenarios": scenarios.list_scenarios()[0].pk,
        **create_alert_rows(operator),
        **create_reports(operator),
    }


def create_backtest(user: User) -> Backtest:
    """A back-test that waits for a worker."""
    now = timezone.now()
    values = {"strategy": "scalper", "interval": "1h", "since": now, "until": now, "money": 1}
    costs = dict.fromkeys(("maker_percent", "taker_percent", "slippage_percent"), 0)
    return Backtest.objects.create(
        user=user, instrument="binance.spot.paper:BTC/USDT", created_at=now, due_at=now,
        **values, **costs,
    )  # fmt: skip


def create_alert_rows(user: User) -> dict[str, int]:
    """A rule of the user's, one of operators, and the user's copy of an alert of that one."""
    now = timezone.now()
    shared = create_rule(OPERATORS, "job_failed", {}, now=now)
    alert = Alert.objects.create(
        user=user, rule=shared, name="rule:1:job:1", title="Job", began_at=now
    )
    own = create_rule(RuleOwner(user.pk), "order_filled", {}, now=now)
    return {"alert-rules": own.pk, "rules": shared.pk, "alerts": alert.pk}


def create_job() -> PeriodicTask:
    interval = IntervalSchedule.objects.create(every=1, period=IntervalSchedule.DAYS)
    task = "bots.expire_signals"
    return PeriodicTask.objects.create(name="Nightly", task=task, interval=interval)


def create_group(order: Order) -> OrderGroup:
    return OrderGroup.objects.create(
        user=order.user,
        key=order.key,
        kind="oco",
        symbol=order.symbol,
        exit_side="sell",
        quantity=1,
        take_profit_trigger=60000,
        stop_loss_trigger=40000,
        created_at=timezone.now(),
    )


def attach_key(user: User) -> ExchangeKey:
    return actions.attach(
        user=user,
        label="Futures",
        venue="binance",
        market="futures",
        api_key="api-key-of-olga-0001",
        secret="s3cret-that-is-never-seen",
    )


@pytest.fixture
def api(operator: User, rows: dict[str, int]) -> APIClient:
    client = APIClient(raise_request_exception=False)
    # Signed in just now, so that the endpoints that want a recent password read the body too.
    token: Any = RefreshToken.for_user(operator).access_token
    client.force_authenticate(operator, token)
    return client


def make_address(operation: ApiOperation, rows: dict[str, int], query: str = "") -> str:
    """Put the id of a row into the path: that of its kind, or 1."""
    parts = operation.path.split("/")
    for place, part in enumerate(parts):
        if part.startswith("{"):
            missing = MISSING_RUN if part == "{run_id}" else 1
            parts[place] = str(rows.get(parts[place - 1], missing))
    return "/".join(parts) + query


def answer_json(response: Any) -> Any:
    """Return the answer's JSON: whatever is refused is refused in JSON."""
    assert response["Content-Type"].startswith("application/json"), response.content[:200]
    return response.json()


def split_names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",")]


def read_text(answer: Any) -> str:
    if not answer.streaming:
        return str(answer.content.decode())

    async def collect() -> bytes:
        return b"".join([part async for part in answer.streaming_content])

    return async_to_sync(collect)().decode()


HIDDEN = "Hidden"  # in every row of the other key
SEEN = {"known_at": timezone.now(), "changed_at": timezone.now()}


SAME = dict.fromkeys(("books", "statement", "balance", "difference"), "0") | {"differs": False}


@pytest.fixture
def hidden_rows(operator: User, rows: dict[str, int]) -> dict[str, int]:
    """Rows of all kinds at another key of the same user, by the path they belong to."""
    key = create_key(operator, HIDDEN)
    bot = create_running_bot(key, f"{HIDDEN} bot")
    order = create_open_order(bot)
    create_pnl_book(bot, "77.77", held="1")
    create_key_book(key)
    fill = Fill.objects.create(
        user=operator,
        key=key,
        order=order,
        symbol=order.symbol,
        side="buy",
        trade_id=f"{HIDDEN}-trade",
        price=1,
        quantity=1,
        executed_at=timezone.now(),
    )
    note_holdings(key)
    row = {"user": operator, "key": key, "kind": "funding", "asset": HIDDEN, "amount": 7}
    IncomeEntry.objects.create(**row, venue_id="7", at=fill.executed_at)
    StatementProof.objects.create(
        user=operator, key=key, at=fill.executed_at, is_good=True, assets={HIDDEN: SAME}
    )
    ids = {"orders": order.pk, "fills": fill.pk, "groups": create_group(order).pk}
    return {"keys": key.pk, "listen-key": key.pk, "bots": bot.pk, **ids}


def create_key_book(key: ExchangeKey) -> None:
    now = timezone.now()
    book = PnlBook.objects.create(
        user=key.user, key=key, symbol="BTC/USDT", quote="USDT", held=1, cost=1, newest_at=now
    )
    ClosedTrade.objects.create(
        book=book, began_at=now, ended_at=now, turnover=1, gross=1, fees=0, parts=2
    )
    PnlDay.objects.create(book=book, on=now.date(), gross=1, fees=0, fills=2)


def note_holdings(key: ExchangeKey) -> None:
    Balance.objects.create(key=key, currency="HIDDEN", free=7, held=0, **SEEN)
    Position.objects.create(key=key, symbol="HIDDEN/USDT:USDT", side="net", quantity=7, **SEEN)
