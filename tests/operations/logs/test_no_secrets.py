"""Secrets are planted wherever a client can put one; then everything that is written is read."""

import http.client
import json
from base64 import b64encode
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from django.apps import apps
from django.db import connection
from django.test import Client
from django.utils import timezone

from exchanges import tasks
from exchanges.keys import actions
from tests.conftest import sign_in
from tests.services import HOME, wait_until
from tests.simulator import SimulatorProcess
from users.api_tokens import actions as token_actions
from users.models import User
from users.tokens import RefreshToken

# Tables of records; what tables keep on purpose (sessions, digests) is not among them.
RECORDS = {
    *("operations.auditchange", "operations.push", "operations.jobrun", "operations.jobchange"),
    *("axes.accessattempt", "axes.accesslog", "axes.accessfailurelog", "admin.logentry"),
    *("bots.logentry", "bots.signal", "realtime.event", "operations.notification"),
    *("operations.alert", "exchanges.streamlease"),
}


def plant(name: str) -> str:
    """Make a secret that looks like a word, so that no pattern of its own hides it."""
    return f"planted-{name}-purple"


class Planter:
    """Sends requests that carry secrets, and knows all of them."""

    def __init__(self, web: str) -> None:
        self.address, self.secrets = urlsplit(web).netloc, set[str]()

    def secret(self, name: str) -> str:
        self.secrets.add(plant(name))
        return plant(name)

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> int:
        client = http.client.HTTPConnection(self.address, timeout=60)
        sent = body if isinstance(body, str) or body is None else json.dumps(body)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        client.request(method, path, sent, {"Content-Type": "application/json"} | named)
        answer = client.getresponse()
        answer.read()
        client.close()
        return answer.status


@pytest.fixture
def planter(web: str) -> Planter:
    return Planter(web)


def plant_by_strangers(planter: Planter) -> None:
    secret = planter.secret
    credentials = {"username": "ada", "password": secret("password")}
    planter.send("POST", "/api/v1/auth/token/", credentials)
    planter.send("POST", "/api/v1/auth/token/", json.dumps(credentials)[:-1])  # no JSON
    planter.send("POST", "/api/v1/auth/token/refresh/", {"refresh": secret("refresh")})
    form = urlencode({"login": "ada", "password": secret("form-password")})
    sent = {"Content_Type": "application/x-www-form-urlencoded"}
    planter.send("POST", f"/sign-in/?{urlencode({'token': secret('query')})}", form, **sent)
    planter.send("POST", f"/admin/login/?{urlencode({'next': secret('next')})}", form, **sent)
    planter.send("GET", f"/nothing/?api_key={secret('404')}")
    planter.send("GET", f"/invitation/{secret('invitation')}/")
    planter.send("GET", f"/password/reset/1-{secret('reset')}/")
    planter.send("GET", "/orders/", Cookie=f"sessionid={secret('session')}")
    planter.send("GET", "/api/v1/me/", Authorization=f"Bearer fwt_{secret('token')}")
    planter.send("GET", "/api/v1/me/", Authorization=f"Bearer {secret('jwt')}")
    basic = b64encode(f"ada:{secret('basic')}".encode()).decode()
    planter.secrets.add(basic)
    planter.send("GET", "/metrics", Authorization=f"Basic {basic}")
    planter.send("GET", "/orders/", X_Request_ID=f"{secret('request-id')} and more")
    planter.send("POST", "/hooks/nobody/", {"secret": secret("hook"), "symbol": "BTCUSDT"})
    planter.send("POST", f"/hooks/nobody/?secret={secret('hook-query')}", {"symbol": "BTCUSDT"})


def plant_by_socket(planter: Planter) -> None:
    upgrade = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec_WebSocket_Version": "13"}
    upgrade |= {"Sec_WebSocket_Key": "dGhlIHNhbXBsZSBub25jZQ=="}
    protocol = f"bearer.{planter.secret('subprotocol')}"
    for path in ("/ws/", "/ws/events/", f"/ws/?token={planter.secret('socket-query')}"):
        planter.send("GET", path, **upgrade, Sec_WebSocket_Protocol=protocol)


def plant_by_user(planter: Planter, user: User) -> None:
    secret = planter.secret
    bearer = {"Authorization": f"Bearer {RefreshToken.for_user(user).access_token}"}
    key = {"label": "Desk", "venue": "okx", "market": "spot", "api_key": secret("api-key")}
    key |= {"secret": secret("venue-secret"), "passphrase": secret("passphrase")}
    planter.send("POST", "/api/v1/keys/", key, **bearer)
    planter.send("POST", "/api/v1/keys/", {**key, "venue": "binance", "unknown": "x"}, **bearer)
    planter.send("POST", "/api/v1/orders/", {"key": secret("where-a-number-is")}, **bearer)
    planter.secrets.remove(plant("where-a-number-is"))  # no secret: an answer may quote it


def read_everything() -> Iterator[tuple[str, str]]:
    """Yield all that our processes wrote: stderr, the viewer's files, tables of records."""
    for path in (HOME / "logs").iterdir():
        yield path.name, path.read_text(errors="replace")
    for label in sorted(RECORDS):
        table = apps.get_model(label)._meta.db_table
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT t::text FROM {table} AS t")  # noqa: S608
            yield label, "\n".join(row for (row,) in cursor.fetchall())


def test_nothing_that_is_written_has_a_secret(
    planter: Planter, worker: None, simulator: SimulatorProcess, user: User, staff_user: User
) -> None:
    plant_by_strangers(planter)
    plant_by_socket(planter)
    plant_by_user(planter, user)
    wrong = {"api_key": planter.secret("paper-key"), "secret": planter.secret("paper-secret")}
    fields: dict[str, Any] = {"venue": "binance", "market": "spot", "is_paper": True} | wrong
    key = actions.attach(user=user, label="Wrong", **fields)
    request = token_actions.NewToken(name="program", scopes=["operate"], days=1, key_ids=None)
    token = token_actions.create_token(staff_user, request, now=timezone.now())[1]
    planter.secrets.add(token)
    bearer = {"Authorization": f"Bearer {token}"}
    planter.send("POST", f"/api/v1/keys/{key.pk}/test/", {}, **bearer)

    def is_tested() -> bool:
        key.refresh_from_db()
        return bool(key.last_error)

    tasks.test_key.delay(key.pk)
    wait_until(is_tested, what="the venue's refusal")
    assert planter.send("GET", "/api/v1/monitoring/logs/?limit=1000", **bearer) == 200
    texts, secrets = dict(read_everything()), planter.secrets
    assert any(name.startswith("web.") and name.endswith(".jsonl") for name in texts)
    assert "auth/token" in "".join(texts.values())
    found = {(name, secret) for name, text in texts.items() for secret in secrets if secret in text}
    assert found == set()
    assert len(secrets) >= 20


def test_pages_of_records_show_none(client: Client, staff_user: User, user: User) -> None:
    actions.attach(
        user=user, label="Desk", venue="binance", market="spot", api_key=plant("key"), secret="s3"
    )
    sign_in(client, staff_user)
    for page in ("operations/auditchange", "exchanges/exchangekey", "axes/accessattempt"):
        answer = client.get(f"/admin/{page}/")
        assert answer.status_code == 200
        assert plant("key") not in answer.content.decode()
    own = client.get("/api/v1/monitoring/audit/?subject=exchanges.exchangekey").content.decode()
    assert "Desk" in own
    assert plant("key") not in own
