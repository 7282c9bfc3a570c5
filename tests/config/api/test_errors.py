"""Whatever goes wrong at /api/ is said in JSON, and what four requests broke is mended."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import ModuleType
from typing import Any

import pytest
from django.db import InterfaceError, OperationalError, connection, transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import path
from rest_framework.test import APIClient

import config.urls
from exchanges.models import ExchangeKey
from tests.config.api.conftest import (
    OPERATIONS,
    ApiOperation,
    answer_json,
    make_address,
    read_document,
)
from tests.services import wait_until
from users.models import User


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_options_say_what_there_is(
    operation: ApiOperation, api: APIClient, rows: dict[str, int]
) -> None:
    answer = api.options(make_address(operation, rows))
    assert answer.status_code == 200
    assert operation.method.upper() in answer_json(answer)["methods"]


SURROGATES = [r'{"\ud800": 1}', r'{"side": "\ud800", "title": "\udfff", "status": "\uDC00"}']


@pytest.mark.parametrize("body", SURROGATES)
@pytest.mark.parametrize("operation", [each for each in OPERATIONS if each.fields], ids=str)
def test_half_a_character_is_refused(
    body: str, operation: ApiOperation, api: APIClient, rows: dict[str, int]
) -> None:
    answer = api.generic(
        operation.method.upper(),
        make_address(operation, rows),
        body,
        content_type="application/json",
    )
    assert (answer.status_code, list(answer_json(answer))) == (400, ["detail"])


def test_a_whole_character_of_two_halves_is_taken(api: APIClient) -> None:
    answer = api.generic(
        "POST", "/api/v1/orders/", r'{"symbol": "\ud83d\ude00"}', content_type="application/json"
    )
    assert "detail" not in answer.json()


@pytest.mark.parametrize(
    "call",
    [
        lambda api, pk: api.delete(f"/api/v1/keys/{pk}/"),
        lambda api, pk: api.patch(f"/api/v1/keys/{pk}/", {"label": "Other"}),
        lambda api, pk: api.patch(f"/api/v1/keys/{pk}/", {"is_active": False}),
    ],
    ids=["delete", "rename", "switch off"],
)
def test_a_key_that_another_request_deletes_just_now_is_gone(
    call: Callable[[APIClient, int], Any],
    transactional_db: None,
    operator: User,
    rows: dict[str, int],
) -> None:
    referenced = ExchangeKey.objects.get(pk=rows["keys"])
    referenced.orders.all().delete()
    referenced.bots.all().delete()
    with ThreadPoolExecutor(1) as other:
        with transaction.atomic():
            key = ExchangeKey.objects.select_for_update().get(pk=rows["keys"])
            late = other.submit(_call_and_close, call, operator, key.pk)
            wait_until(_somebody_waits, what="the other request to wait for the key")
            key.delete()
        assert late.result() == 404


def _call_and_close(call: Callable[[APIClient, int], Any], user: User, pk: int) -> int:
    client = APIClient(raise_request_exception=False)
    client.force_authenticate(user)
    try:
        return int(call(client, pk).status_code)
    finally:
        connection.close()


def _somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return bool(cursor.fetchone()[0])


@pytest.mark.parametrize("address", ["/api", "/api/v2/orders/", "/api/v1/ordres/", "/api/v1/x"])
def test_an_unknown_address_is_said_in_json(address: str, client: Client, db: None) -> None:
    for answer in (client.get(address), client.post(address)):
        assert (answer.status_code, list(answer_json(answer))) == (404, ["detail"])


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_a_missing_slash_loses_no_request(method: str, api: APIClient) -> None:
    """Redirected, a POST would come again as a GET: 200, and nothing placed."""
    answer = getattr(api, method)("/api/v1/orders", {"symbol": "BTC/USDT"})
    assert (answer.status_code, "ends with a slash" in answer_json(answer)["detail"]) == (404, True)
    read = api.get("/api/v1/orders?limit=5")
    assert (read.status_code, read["Location"]) == (301, "/api/v1/orders/?limit=5")


def test_an_unknown_page_is_a_page(client: Client, db: None) -> None:
    answer = client.get("/nothing/")
    assert (answer.status_code, answer["Content-Type"]) == (404, "text/html; charset=utf-8")


def _break_down(request: Any) -> HttpResponse:
    if "read" in request.GET:
        User.objects.exists()
    raise RuntimeError("the password is hunter2")


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    """An endpoint that fails, beside all others."""
    extra = [path("api/v1/broken/", _break_down), path("broken/", _break_down)]
    patterns = [*extra, *config.urls.urlpatterns]
    module = ModuleType("urls_with_one_that_fails")
    vars(module).update(vars(config.urls) | {"urlpatterns": patterns})
    settings.ROOT_URLCONF = module


def test_an_error_of_ours_is_said_in_json_and_names_the_request(broken: None, db: None) -> None:
    client = Client(raise_request_exception=False)
    answer = client.get("/api/v1/broken/")
    assert answer.status_code == 500
    assert len(answer_json(answer)["request_id"]) > 20  # as django-structlog names it in the log
    assert b"hunter2" not in answer.content
    assert client.get("/broken/")["Content-Type"].startswith("text/html")


@pytest.mark.parametrize("error", [OperationalError, InterfaceError])
def test_while_the_database_is_away_it_is_said_so(
    error: type[Exception], broken: None, db: None
) -> None:
    """The error is as the driver raises it."""
    client = Client(raise_request_exception=False)
    for address in ("/api/v1/broken/", "/broken/"):
        with connection.execute_wrapper(_raising(error)):
            answer = client.get(f"{address}?read=1")
        assert (answer.status_code, answer["Retry-After"]) == (503, "5")
        assert b"Try again" in answer.content
    assert answer["Content-Type"].startswith("text/html")
    with connection.execute_wrapper(_raising(error)):
        assert b"Look whether it was done" in client.post("/api/v1/broken/?read=1").content


def _raising(error: type[Exception]) -> Any:
    def refuse(execute: Any, *_: Any) -> Any:
        raise error("connection refused for user fillwatch")

    return refuse


def test_a_host_that_is_not_ours_is_refused_in_json(client: Client, db: None) -> None:
    answer = client.get("/api/v1/orders/", headers={"Host": "evil.example"})
    assert (answer.status_code, list(answer_json(answer))) == (400, ["detail"])


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_the_document_lists_every_refusal(operation: ApiOperation) -> None:
    described = read_document()["paths"][operation.path][operation.method]
    expected = {"400", "413", "415", "429", "503"}
    if "/auth/" not in operation.path:
        expected |= {"401", "403"}
    if "{" in operation.path or {"cursor", "format"} & set(operation.parameters):
        expected.add("404")
    assert expected <= set(described["responses"])
    for code, response in described["responses"].items():
        if code.startswith(("4", "5")):
            assert response["content"]["application/json"]["schema"]["$ref"].endswith(
                "/RefusedFields" if code == "400" else "/Refusal"
            )


def test_the_document_refers_to_nothing_that_it_has_not() -> None:
    document = read_document()
    text = str(document)
    for name in ("Refusal", "RefusedFields", "FieldReasons"):
        assert f"#/components/schemas/{name}" in text
        assert name in document["components"]["schemas"]
