"""What an API token may do at each operation of the API: every scope, and tokens for some keys."""

import json
from dataclasses import dataclass
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import DjangoDbBlocker
from rest_framework.test import APIClient

from tests.config.api.conftest import (
    HIDDEN,
    OPERATIONS,
    ApiOperation,
    HeldRows,
    make_address,
    read_document,
    read_text,
    split_names,
)
from users.api_tokens import actions
from users.models import User

# The scope that each operation needs. What is in neither is closed to API tokens.
WITH_ONE_KEY = {
    "read": """
        GET /analytics/bots/, GET /analytics/daily/, GET /analytics/hours/, GET /analytics/rounds/,
        GET /analytics/summary/, GET /analytics/unrealised/, GET /api-tokens/current/,
        GET /balances/, GET /bots/, GET /bots/{id}/, GET /export/fills.csv, GET /export/income.csv,
        GET /export/orders.csv, GET /export/pnl.csv, GET /fills/, GET /fills/{id}/, GET /income/,
        GET /keys/, GET /keys/{id}/, GET /keys/{id}/dead-mans-switch/,
        GET /markets/, GET /markets/analysis/, GET /markets/candles/, GET /markets/prices/,
        GET /me/, GET /orders/,
        GET /orders/{id}/,
        GET /orders/{id}/history/, GET /orders/groups/{id}/,
        GET /positions/, GET /proofs/, GET /shared-keys/, GET /snapshot/,
        GET /strategies/, GET /venues/
    """,
    "trade": """
        POST /bots/, PATCH /bots/{id}/, DELETE /bots/{id}/, POST /bots/{id}/execute/,
        POST /bots/{id}/start/, POST /bots/{id}/stop/, POST /bots/{id}/toggle/, POST /bots/bulk/,
        POST /keys/{id}/dead-mans-switch/, POST /keys/{id}/leverage/,
        POST /keys/{id}/position-mode/, POST /keys/{id}/resync/,
        POST /keys/{id}/test/, POST /orders/,
        POST /orders/{id}/amend/, POST /orders/{id}/cancel/, POST /orders/{id}/close/,
        POST /orders/cancel-all/, POST /orders/groups/{id}/cancel/, POST /orders/oco/,
        POST /positions/close/,
        POST /trading/listen-key/{key}/, PUT /trading/listen-key/{key}/,
        DELETE /trading/listen-key/{key}/
    """,
    "operate": """
        GET /monitoring/db/health/, GET /monitoring/health/summary/, GET /monitoring/metrics/,
        GET /monitoring/redis/health/, GET /monitoring/services/,
        GET /monitoring/services/{service}/history/, GET /monitoring/websocket/stats/,
        GET /realtime/stats/
    """,
}
WITH_ALL_KEYS = {
    "read": """
        GET /alerts/, GET /alerts/{id}/, GET /alerts/{id}/history/, GET /alert-rules/,
        GET /alert-rules/{id}/, GET /alert-rules/kinds/, GET /audit/mine/, GET /audit/mine/{id}/,
        GET /auto-trade/, GET /backtests/, GET /backtests/{id}/, GET /backtests/{id}/fills.csv,
        GET /bots/stop-all/{id}/, GET /limits/,
        GET /logs/, GET /logs/{id}/, GET /logs/counts/, GET /notifications/,
        GET /notifications/{id}/, GET /notifications/ways/, GET /notifications/ways/{id}/,
        GET /notifications/outbox/, GET /notifications/outbox/{id}/,
        GET /notifications/preferences/, GET /notifications/push-key/, GET /portfolio/,
        GET /portfolio/history/, GET /reports/, GET /reports/{id}/, GET /reports/{id}/csv/,
        GET /reports/{id}/html/, GET /signals/, GET /signals/{id}/
    """,
    "trade": """
        POST /alerts/{id}/read/, POST /alerts/{id}/acknowledge/, POST /alerts/{id}/resolve/,
        POST /alert-rules/, PATCH /alert-rules/{id}/, DELETE /alert-rules/{id}/,
        POST /alert-rules/{id}/test/, POST /alert-rules/test-draft/,
        PATCH /auto-trade/, POST /backtests/, POST /backtests/{id}/cancel/,
        DELETE /backtests/{id}/, POST /bots/stop-all/, PATCH /limits/,
        PATCH /notifications/preferences/, PATCH /notifications/ways/{id}/,
        POST /notifications/ways/{id}/test/, POST /notifications/outbox/{id}/resend/,
        POST /notifications/{id}/dismiss/, POST /notifications/{id}/read/,
        POST /notifications/read-all/, POST /reports/, POST /signals/{id}/execute/,
        POST /signals/{id}/ignore/
    """,
    "operate": """
        GET /market-control/changes/, GET /market-control/changes/{id}/,
        GET /market-control/faults/, POST /market-control/faults/,
        DELETE /market-control/faults/, DELETE /market-control/faults/{fault_id}/,
        GET /market-control/markets/, DELETE /market-control/plans/,
        POST /market-control/price/, POST /market-control/regime/,
        GET /market-control/scenarios/, POST /market-control/scenarios/,
        GET /market-control/scenarios/{id}/, PATCH /market-control/scenarios/{id}/,
        DELETE /market-control/scenarios/{id}/, POST /market-control/scenarios/{id}/activate/,
        POST /market-control/scenarios/{id}/deactivate/, GET /market-control/sessions/,
        POST /market-control/sessions/, GET /market-control/sessions/{id}/,
        POST /market-control/sessions/{id}/replay/, POST /market-control/sessions/{id}/reset/,
        POST /market-control/sessions/{id}/snapshot/, POST /market-control/sessions/{id}/stop/,
        POST /realtime/push/alert/, POST /realtime/push/broadcast/, POST /realtime/push/market/,
        POST /realtime/push/notification/, POST /realtime/push/signal/,
        GET /monitoring/audit/, GET /monitoring/audit/{id}/, GET /monitoring/audit/csv/,
        GET /monitoring/logs/, GET /monitoring/alerts/, GET /monitoring/alerts/{id}/,
        GET /monitoring/alerts/{id}/history/, POST /monitoring/alerts/{id}/read/,
        POST /monitoring/alerts/{id}/acknowledge/, POST /monitoring/alerts/{id}/resolve/,
        GET /monitoring/rules/, POST /monitoring/rules/,
        GET /monitoring/rules/kinds/, POST /monitoring/rules/test-draft/,
        GET /monitoring/rules/{id}/, PATCH /monitoring/rules/{id}/,
        DELETE /monitoring/rules/{id}/, POST /monitoring/rules/{id}/test/,
        GET /reports/installation/, POST /reports/installation/, GET /reports/installation/{id}/,
        GET /reports/installation/{id}/csv/, GET /reports/installation/{id}/html/,
        GET /scheduler/changes/, GET /scheduler/jobs/, POST /scheduler/jobs/,
        GET /scheduler/jobs/{id}/, DELETE /scheduler/jobs/{id}/, GET /scheduler/jobs/{id}/history/,
        POST /scheduler/jobs/{id}/pause/, POST /scheduler/jobs/{id}/resume/,
        POST /scheduler/jobs/{id}/run/, GET /scheduler/runs/{run_id}/, GET /scheduler/status/,
        GET /scheduler/tasks/
    """,
}
CLOSED = """
    POST /notifications/ways/, DELETE /notifications/ways/{id}/,
    POST /notifications/ways/{id}/rotate-secret/, POST /notifications/telegram/,
    GET /api-tokens/, POST /api-tokens/, DELETE /api-tokens/{id}/, GET /hook/, POST /hook/move/,
    POST /hook/rotate/, POST /keys/, PATCH /keys/{id}/, DELETE /keys/{id}/, POST /logs/clear/,
    PATCH /me/, GET /sessions/, DELETE /sessions/{row_id}/, POST /sessions/sign-out-everywhere/,
    POST /invitations/, GET /keys/{key_id}/grants/, POST /keys/{key_id}/grants/,
    DELETE /keys/{key_id}/grants/{id}/, POST /shared-keys/{id}/accept/, DELETE /shared-keys/{id}/
"""
SIGNED_OUT = "POST /auth/token/, POST /auth/token/blacklist/, POST /auth/token/refresh/"
BODIES = {"POST /bots/{id}/execute/": {"side": "buy"}}
TOKENED = [each for each in OPERATIONS if str(each) not in SIGNED_OUT]


SCOPES = {
    name: (scope, some_keys)
    for table, some_keys in ((WITH_ONE_KEY, True), (WITH_ALL_KEYS, False))
    for scope, names in table.items()
    for name in split_names(names)
}


def make_token(user: User, *scopes: str, keys: list[int] | None = None) -> str:
    name = f"program {user.api_tokens.count()}"
    request = actions.NewToken(name=name, scopes=scopes, days=30, key_ids=keys)
    return actions.create_token(user, request, now=timezone.now())[1]


@dataclass(frozen=True)
class Tokens:
    """Tokens of the operator: one for each scope and all keys, and one for a single key."""

    by_scope: dict[str, str]
    for_one_key: str


def make_tokens(operator: User, key: int) -> Tokens:
    by_scope = {scope: make_token(operator, scope) for scope in ("read", "trade", "operate")}
    return Tokens(by_scope, make_token(operator, "trade", "operate", keys=[key]))


@pytest.fixture(scope="module")
def held_tokens(held_rows: HeldRows, django_db_blocker: DjangoDbBlocker) -> Tokens | None:
    """Tokens beside the held rows, in their transaction: 400 tests want them."""
    if held_rows.is_over:
        return None
    with django_db_blocker.unblock():
        return make_tokens(held_rows.operator, held_rows.ids["keys"])


@pytest.fixture
def tokens(
    are_held: bool, held_tokens: Tokens | None, operator: User, rows: dict[str, int]
) -> Tokens:
    return held_tokens if are_held and held_tokens else make_tokens(operator, rows["keys"])


def token_client(token: str) -> APIClient:
    client = APIClient(raise_request_exception=False)
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    return client


def call_operation(token: str, operation: ApiOperation, rows: dict[str, int]) -> Any:
    send = getattr(token_client(token), operation.method)
    return send(make_address(operation, rows), BODIES.get(str(operation)))


def read_refusal(answer: Any) -> str | None:
    """Return why the token was refused, if it was."""
    assert answer.status_code not in (401, 500) or "snapshot" in answer.wsgi_request.path
    if answer.status_code != 403:
        return None
    return str(answer.json().get("code"))


def test_the_table_names_every_operation() -> None:
    named = [*SCOPES, *split_names(CLOSED), *split_names(SIGNED_OUT)]
    assert sorted(named) == sorted(map(str, OPERATIONS))


@pytest.mark.parametrize("operation", TOKENED, ids=str)
def test_an_operation_takes_its_scope_alone(
    operation: ApiOperation, tokens: Tokens, rows: dict[str, int]
) -> None:
    needed, _ = SCOPES.get(str(operation), (None, False))
    for scope, token in tokens.by_scope.items():
        allowed = needed == scope or (needed == "read" and scope == "trade")
        expected = None if allowed else "scope_needed" if needed else "no_api_token"
        answer = call_operation(token, operation, rows)
        assert read_refusal(answer) == expected, (scope, answer.content)


@pytest.mark.parametrize("operation", TOKENED, ids=str)
def test_a_token_for_one_key_is_kept_from_what_concerns_all(
    operation: ApiOperation, tokens: Tokens, rows: dict[str, int]
) -> None:
    needed, some_keys = SCOPES.get(str(operation), (None, False))
    expected = None if some_keys else "all_keys_needed" if needed else "no_api_token"
    answer = call_operation(tokens.for_one_key, operation, rows)
    assert read_refusal(answer) == expected


SNAPSHOT = "GET /snapshot/"  # takes a transaction of its own
READS = [
    each for each in TOKENED if SCOPES.get(str(each)) == ("read", True) and str(each) != SNAPSHOT
]
PRIVATE = {
    *("keys", "orders", "fills", "bots", "balances", "positions", "export", "analytics"),
    "income",
}


@pytest.mark.parametrize("operation", READS, ids=str)
def test_a_token_for_one_key_sees_nothing_of_another(
    operation: ApiOperation, operator: User, rows: dict[str, int], hidden_rows: dict[str, int]
) -> None:
    token = make_token(operator, "read", keys=[rows["keys"]])
    answer = call_operation(token, operation, hidden_rows)
    text = read_text(answer)
    assert HIDDEN.lower() not in text.lower()
    if "{" in operation.path:
        assert answer.status_code == 404
    if "/analytics/" in operation.path:
        assert json.loads(text) in ([], {"next": None, "previous": None, "results": []})


@pytest.mark.parametrize("operation", READS, ids=str)
def test_a_token_for_all_keys_sees_what_was_hidden(
    operation: ApiOperation, operator: User, rows: dict[str, int], hidden_rows: dict[str, int]
) -> None:
    """The proof that the test before looks for something that is there."""
    answer = call_operation(make_token(operator, "read"), operation, hidden_rows)
    if operation.path.split("/")[3] in PRIVATE and "history" not in operation.path:
        assert answer.status_code == 200
        text = read_text(answer)
        assert text not in ("[]", '{"next":null,"previous":null,"results":[]}'), text


@pytest.mark.django_db(transaction=True)
def test_the_snapshot_of_a_token_for_one_key_has_nothing_of_another(
    operator: User, rows: dict[str, int], hidden_rows: dict[str, int]
) -> None:
    whole = token_client(make_token(operator, "read")).get("/api/v1/snapshot/").json()
    narrow = token_client(make_token(operator, "read", keys=[rows["keys"]]))
    state = narrow.get("/api/v1/snapshot/").json()
    assert HIDDEN.lower() not in str(state).lower()
    assert [key["id"] for key in state["keys"]] == [rows["keys"]]
    assert [bot["id"] for bot in state["bots"]] == [rows["bots"]]
    lists = ("orders", "balances", "positions", "profits")
    assert all(whole[name] and not state[name] for name in lists)
    assert state["stream"] == whole["stream"]
    assert state.keys() == whole.keys()


TRADES = [each for each in TOKENED if SCOPES.get(str(each)) == ("trade", True)]


@pytest.mark.parametrize("operation", [each for each in TRADES if "{" in each.path], ids=str)
def test_a_token_for_one_key_changes_nothing_of_another(
    operation: ApiOperation, operator: User, rows: dict[str, int], hidden_rows: dict[str, int]
) -> None:
    token = make_token(operator, "trade", keys=[rows["keys"]])
    assert call_operation(token, operation, hidden_rows).status_code == 404


def test_cancel_all_by_a_token_for_one_key_spares_the_others(
    operator: User, rows: dict[str, int], hidden_rows: dict[str, int]
) -> None:
    api = token_client(make_token(operator, "trade", keys=[rows["keys"]]))
    answer = api.post("/api/v1/orders/cancel-all/", {})
    assert (answer.status_code, answer.json()["requested"]) == (202, 0)
    others = {"key": hidden_rows["keys"]}
    assert api.post("/api/v1/orders/cancel-all/", others).status_code == 400
    everything = token_client(make_token(operator, "trade"))
    assert everything.post("/api/v1/orders/cancel-all/", {}).json()["requested"] == 1


def test_a_token_for_one_key_places_and_runs_at_no_other(
    operator: User, rows: dict[str, int], hidden_rows: dict[str, int]
) -> None:
    api = token_client(make_token(operator, "trade", keys=[rows["keys"]]))
    key, bot = hidden_rows["keys"], hidden_rows["bots"]
    for path in ("orders/", "bots/", "positions/close/"):
        answer = api.post(f"/api/v1/{path}", {"key": key, "symbol": "BTC/USDT"})
        assert answer.status_code == 400
        assert "no such key" in str(answer.json()["key"])
    answer = api.post("/api/v1/bots/bulk/", {"ids": [bot], "action": "stop"})
    assert answer.json() == {"done": [], "refused": {str(bot): "There is no such bot."}}
    answer = api.patch(f"/api/v1/bots/{rows['bots']}/", {"is_default": True})
    assert answer.status_code == 400


def test_the_document_says_the_same() -> None:
    told = {}
    for path, operations in read_document()["paths"].items():
        for method, operation in operations.items():
            name = str(ApiOperation(method, path, {}, {}))
            takes = any("apiToken" in way for way in operation.get("security", ()))
            assert takes == ("x-api-token" in operation), name
            if takes:
                told[name] = tuple(operation["x-api-token"].values())
    assert told == SCOPES
