"""What a key's owner, viewer, trader, former member and a stranger may do at each operation."""

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from exchanges.models import ExchangeKey
from exchanges.sharing.actions import end_grant, offer_key
from orders.sharing.accept import accept_key
from tests.config.api.conftest import (
    HIDDEN,
    OPERATIONS,
    ApiOperation,
    make_address,
    read_text,
    split_names,
)
from tests.trading import record_order
from users.models import User
from users.tokens import RefreshToken

ROLES = ("owner", "viewer", "trader", "stranger", "revoked")
# Lists that show the rows of a shared key to its viewers and traders.
SHOWN_TO_MEMBERS = """
    GET /orders/, GET /fills/, GET /balances/, GET /positions/, GET /snapshot/, GET /shared-keys/
"""
# One row of a shared key, by its id.
READ_BY_MEMBERS = """
    GET /orders/{id}/, GET /orders/{id}/history/, GET /orders/groups/{id}/, GET /fills/{id}/
"""
# Changes of one order, by its id.
DONE_BY_TRADERS = """
    POST /orders/{id}/cancel/, POST /orders/{id}/close/, POST /orders/{id}/amend/,
    POST /orders/groups/{id}/cancel/
"""
# Requests that name a key in their body.
PLACED_BY_TRADERS = """
    POST /orders/, POST /orders/oco/, POST /orders/cancel-all/, POST /positions/close/
"""
# What the venue is asked to do with a key, by its id.
CALLED_BY_TRADERS = """
    POST /keys/{id}/leverage/, POST /keys/{id}/resync/
"""
# Rows that are there for the owner of the key alone.
OWNER_ONLY = """
    GET /keys/{id}/, PATCH /keys/{id}/, POST /keys/{id}/test/,
    POST /keys/{id}/position-mode/, GET /keys/{id}/dead-mans-switch/,
    POST /keys/{id}/dead-mans-switch/, DELETE /keys/{id}/, GET /keys/{key_id}/grants/,
    POST /keys/{key_id}/grants/, DELETE /keys/{key_id}/grants/{id}/, GET /bots/{id}/,
    PATCH /bots/{id}/, POST /bots/{id}/execute/, POST /bots/{id}/start/, POST /bots/{id}/stop/,
    POST /bots/{id}/toggle/, DELETE /bots/{id}/, POST /trading/listen-key/{key}/,
    PUT /trading/listen-key/{key}/, DELETE /trading/listen-key/{key}/
"""
# Lists of what one owns oneself: nothing of a key that others share.
OWN_LISTS = """
    GET /keys/, GET /bots/, GET /analytics/bots/, GET /analytics/daily/, GET /analytics/hours/,
    GET /analytics/rounds/, GET /analytics/summary/, GET /analytics/unrealised/,
    GET /export/fills.csv, GET /export/income.csv, GET /export/orders.csv, GET /export/pnl.csv,
    GET /income/, GET /proofs/, GET /portfolio/,
    GET /portfolio/history/, GET /logs/, GET /logs/counts/, GET /signals/, GET /notifications/,
    GET /alerts/, GET /alert-rules/, GET /alert-rules/kinds/, GET /audit/mine/,
    GET /auto-trade/, GET /backtests/, GET /limits/, GET /api-tokens/, GET /venues/,
    GET /markets/, GET /me/, GET /notifications/ways/, GET /notifications/outbox/,
    GET /notifications/preferences/, GET /notifications/push-key/, GET /reports/
"""
# These concern no key, or only what the caller names of their own.
WITHOUT_KEYS = """
    GET /reports/{id}/, GET /reports/{id}/csv/, GET /reports/{id}/html/, POST /reports/,
    GET /reports/installation/, POST /reports/installation/, GET /reports/installation/{id}/,
    GET /reports/installation/{id}/csv/, GET /reports/installation/{id}/html/,
    GET /audit/mine/{id}/, GET /monitoring/audit/, GET /monitoring/audit/{id}/,
    GET /monitoring/audit/csv/, GET /monitoring/logs/,
    POST /alerts/{id}/read/, GET /alerts/{id}/, GET /alerts/{id}/history/,
    POST /alerts/{id}/acknowledge/, POST /alerts/{id}/resolve/, POST /alert-rules/,
    GET /alert-rules/{id}/, PATCH /alert-rules/{id}/, DELETE /alert-rules/{id}/,
    POST /alert-rules/{id}/test/, POST /alert-rules/test-draft/, GET /monitoring/alerts/,
    GET /monitoring/alerts/{id}/, GET /monitoring/alerts/{id}/history/,
    POST /monitoring/alerts/{id}/read/, POST /monitoring/alerts/{id}/acknowledge/,
    POST /monitoring/alerts/{id}/resolve/, GET /monitoring/rules/,
    POST /monitoring/rules/, GET /monitoring/rules/kinds/,
    POST /monitoring/rules/test-draft/, GET /monitoring/rules/{id}/,
    PATCH /monitoring/rules/{id}/, DELETE /monitoring/rules/{id}/,
    POST /monitoring/rules/{id}/test/,
    GET /api-tokens/current/, POST /api-tokens/,
    DELETE /api-tokens/{id}/, POST /auth/token/, POST /auth/token/blacklist/,
    POST /auth/token/refresh/, PATCH /auto-trade/, POST /backtests/, GET /backtests/{id}/,
    GET /backtests/{id}/fills.csv, POST /backtests/{id}/cancel/, DELETE /backtests/{id}/,
    POST /bots/, POST /bots/bulk/,
    POST /bots/stop-all/, GET /bots/stop-all/{id}/, GET /hook/, POST /hook/move/,
    POST /hook/rotate/, POST /invitations/, POST /keys/, PATCH /limits/, GET /logs/{id}/,
    POST /logs/clear/, GET /markets/analysis/, GET /markets/candles/, GET /markets/prices/,
    PATCH /me/,
    GET /notifications/{id}/,
    GET /monitoring/db/health/, GET /monitoring/health/summary/, GET /monitoring/metrics/,
    GET /monitoring/redis/health/, GET /monitoring/services/,
    GET /monitoring/services/{service}/history/, GET /monitoring/websocket/stats/,
    POST /notifications/{id}/read/, POST /notifications/{id}/dismiss/, POST /notifications/ways/,
    GET /notifications/ways/{id}/, PATCH /notifications/ways/{id}/,
    DELETE /notifications/ways/{id}/,
    POST /notifications/ways/{id}/test/, POST /notifications/ways/{id}/rotate-secret/,
    GET /notifications/outbox/{id}/, POST /notifications/outbox/{id}/resend/,
    PATCH /notifications/preferences/, POST /notifications/telegram/,
    POST /notifications/read-all/, POST /realtime/push/alert/, POST /realtime/push/broadcast/,
    POST /realtime/push/market/, POST /realtime/push/notification/, POST /realtime/push/signal/,
    GET /realtime/stats/, GET /sessions/, DELETE /sessions/{row_id}/,
    GET /scheduler/changes/, GET /scheduler/jobs/, POST /scheduler/jobs/,
    GET /scheduler/jobs/{id}/, DELETE /scheduler/jobs/{id}/, GET /scheduler/jobs/{id}/history/,
    POST /scheduler/jobs/{id}/pause/, POST /scheduler/jobs/{id}/resume/,
    POST /scheduler/jobs/{id}/run/, GET /scheduler/runs/{run_id}/, GET /scheduler/status/,
    GET /scheduler/tasks/,
    POST /sessions/sign-out-everywhere/, POST /shared-keys/{id}/accept/,
    DELETE /shared-keys/{id}/, GET /signals/{id}/, POST /signals/{id}/execute/,
    POST /signals/{id}/ignore/, GET /strategies/
"""
# The simulated markets, for staff with a permission: no key of anybody is in reach.
MARKET_CONTROL = """
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
    POST /market-control/sessions/{id}/snapshot/, POST /market-control/sessions/{id}/stop/
"""
TABLES = (
    SHOWN_TO_MEMBERS,
    READ_BY_MEMBERS,
    DONE_BY_TRADERS,
    PLACED_BY_TRADERS,
    CALLED_BY_TRADERS,
    OWNER_ONLY,
    OWN_LISTS,
    WITHOUT_KEYS,
    MARKET_CONTROL,
)
BODIES = {"POST /bots/{id}/execute/": {"side": "buy"}}
NO_KEY = ["There is no such key."]
Call = Callable[[str, ApiOperation, dict[str, Any] | None], Any]


def choose(table: str) -> list[ApiOperation]:
    names = split_names(table)
    return [operation for operation in OPERATIONS if str(operation) in names]


@pytest.fixture
def shared(operator: User, hidden_rows: dict[str, int]) -> dict[str, int]:
    """The key that is shared, with its rows; the order is of no bot."""
    key = ExchangeKey.objects.get(pk=hidden_rows["keys"])
    for role in ("viewer", "trader", "revoked"):
        User.objects.create_user(role)
        offered = "trader" if role == "revoked" else role
        now = timezone.now()
        grant = accept_key(offer_key(key, member=role, role=offered, now=now).pk, now=now)
        if role == "revoked":
            end_grant(grant.pk)
    User.objects.create_user("stranger")
    return {**hidden_rows, "orders": record_order(key).pk}


@pytest.fixture
def call(operator: User, shared: dict[str, int]) -> Call:
    """Call an operation in a role: call("viewer", operation, body)."""

    def send(role: str, operation: ApiOperation, body: dict[str, Any] | None = None) -> Any:
        user = operator if role == "owner" else User.objects.get(username=role)
        client = APIClient(raise_request_exception=False)
        token: Any = RefreshToken.for_user(user).access_token
        client.force_authenticate(user, token)
        address = make_address(operation, shared)
        return getattr(client, operation.method)(address, body)

    return send


def test_the_table_names_every_operation_once() -> None:
    named = [name for table in TABLES for name in split_names(table)]
    assert sorted(named) == sorted(map(str, OPERATIONS))


def is_shown(answer: Any) -> bool:
    assert answer.status_code < 400, answer.content
    return HIDDEN.lower() in read_text(answer).lower()


@pytest.mark.django_db(transaction=True)
def test_members_are_shown_a_key_and_strangers_are_not(call: Call) -> None:
    for operation in choose(SHOWN_TO_MEMBERS):
        shown = {role for role in ROLES if is_shown(call(role, operation, None))}
        owner = set() if "shared-keys" in operation.path else {"owner"}
        assert shown == {"viewer", "trader", *owner}, operation


def test_members_read_single_rows(call: Call) -> None:
    for operation in choose(READ_BY_MEMBERS):
        codes = {role: call(role, operation, None).status_code for role in ROLES}
        members = dict.fromkeys(("owner", "viewer", "trader"), 200)
        assert codes == {**members, "stranger": 404, "revoked": 404}, operation


def test_traders_change_orders(call: Call) -> None:
    for operation in choose(DONE_BY_TRADERS):
        # The body is wrong: it must not be read for whoever may not trade.
        body = {"price": "x"} if "amend" in operation.path else None
        codes = {role: call(role, operation, body).status_code for role in ROLES}
        assert (codes["viewer"], codes["stranger"], codes["revoked"]) == (403, 404, 404), operation
        done = {"cancel": {202, 409}, "close": {409}, "amend": {400}}  # 409: it has ended by now
        assert {codes["owner"], codes["trader"]} == done[operation.path.split("/")[-2]], operation


def test_traders_name_the_key(call: Call, shared: dict[str, int]) -> None:
    for operation in choose(PLACED_BY_TRADERS):
        answers = {role: call(role, operation, {"key": shared["keys"]}) for role in ROLES}
        refused = {
            role
            for role, answer in answers.items()
            if answer.status_code == 400 and answer.json().get("key") == NO_KEY
        }
        assert refused == {"viewer", "stranger", "revoked"}, operation


def test_traders_have_the_venue_asked(call: Call) -> None:
    for operation in choose(CALLED_BY_TRADERS):
        codes = {role: call(role, operation, None).status_code for role in ROLES}
        assert (codes["viewer"], codes["stranger"], codes["revoked"]) == (404, 404, 404), operation
        assert {codes["owner"], codes["trader"]} <= {202, 400}, operation


def test_the_rest_is_the_owners(call: Call) -> None:
    for operation in choose(OWNER_ONLY):
        if operation.path.endswith("/grants/{id}/"):
            continue  # there is no grant 1: tried in tests/exchanges/sharing
        for role in ("viewer", "trader", "stranger", "revoked"):
            assert call(role, operation, BODIES.get(str(operation))).status_code == 404, (
                role,
                operation,
            )
        if operation.method == "get":
            assert call("owner", operation, None).status_code == 200, operation


def test_lists_of_ones_own_show_nothing_of_others(call: Call) -> None:
    for operation in choose(OWN_LISTS):
        for role in ("viewer", "trader"):
            assert not is_shown(call(role, operation, None)), (role, operation)


def test_market_control_is_for_staff_alone(call: Call) -> None:
    for operation in choose(MARKET_CONTROL):
        for role in ("viewer", "trader", "stranger", "revoked"):
            assert call(role, operation, None).status_code == 403, (role, operation)


def test_a_bots_order_is_changed_by_its_owner_alone(
    call: Call, hidden_rows: dict[str, int], shared: dict[str, int]
) -> None:
    shared["orders"] = hidden_rows["orders"]
    for operation in choose(DONE_BY_TRADERS):
        if "groups" in operation.path:
            continue  # bots have none
        answer = call("trader", operation, None)
        assert (answer.status_code, answer.json()["code"]) == (403, "bot_of_others")
    cancel_all = choose("POST /orders/cancel-all/")[0]
    answer = call("trader", cancel_all, {"key": shared["keys"]})
    assert answer.json() == {"requested": 1, "left": 0, "bots": []}  # the one that no bot placed
