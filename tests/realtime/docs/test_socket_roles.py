"""The table of rights at sockets: who may say what at which endpoint, and hears whose events.

ROLES_WRITE=1 writes docs/socket-roles.md anew; look at what changed before you commit it.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from django.conf import settings as django_settings
from django.contrib.auth.models import Permission
from django.utils import timezone
from websockets.exceptions import ConnectionClosed

from realtime.endpoints import ENDPOINTS, Endpoint
from tests.conftest import create_user
from tests.realtime.conftest import Connect
from tests.realtime.socket.wire import Frame, Wire, bearer, token, write
from users.api_tokens.actions import NewToken, create_token
from users.models import User

pytestmark = pytest.mark.usefixtures("empty_redis")
DOCUMENT = Path(django_settings.BASE_DIR, "docs", "socket-roles.md")
MARKET: dict[str, Any] = {"instruments": ["binance.spot:BTC/USDT"]}
COMMANDS: Mapping[str, dict[str, Any]] = {"ping": {}, "subscribe": {"since": None}, "watch": MARKET}
DONE = {"pong": "yes", "live": "yes", "watching": "yes"}
NOTHING = "-"
INTRODUCTION = """\
# Who may say what on a socket

Every endpoint and command as each of these people. `make test` says all of it over real sockets.
`ROLES_WRITE=1 .venv/bin/python -m pytest tests/realtime/docs` writes the table.

`connect` is the handshake with this person's token, without one for anonymous, who has to send
`auth` first where the endpoint asks for it. Whoever may `subscribe` hears their own events, and at
`/ws/admin/` what operators and the installation do, as far as their permissions go
([events.md](events.md) names one for each type). [The API](roles.md) has a table of its own.

| word | means |
|---|---|
| yes | done |
| no | the trader's event is not heard |
| a number | the socket is closed with this code ([events.md](events.md)) |
| another word | the code of the error that is answered; the socket lives |
| - | there is no socket to say it on, or nothing to hear |

"""


class Visitor(NamedTuple):
    """Somebody who connects: a user by token, a user by API token, or nobody."""

    user: User | None = None
    text: str = ""

    def handshake(self) -> dict[str, Any]:
        proof = self.text or (token(self.user) if self.user else "")
        return {"subprotocols": bearer(proof)} if proof else {}


@pytest.fixture
def visitors(transactional_db: None) -> dict[str, Visitor]:
    trader, operator = create_user("ada"), create_user("olga", is_staff=True, is_superuser=True)

    watcher = create_user("walt", is_staff=True)
    watcher.user_permissions.add(Permission.objects.get(codename="view_healthcheck"))

    def make_token(user: User, *scopes: str) -> Visitor:
        request = NewToken(name=" ".join(scopes), scopes=list(scopes), days=1)
        return Visitor(user, create_token(user, request, now=timezone.now())[1])

    return {
        "anonymous": Visitor(),
        "trader": Visitor(trader),
        "other trader": Visitor(create_user("bob")),
        "staff": Visitor(create_user("stan", is_staff=True)),
        "staff who see health": Visitor(watcher),
        "operator": Visitor(operator),
        "token: read": make_token(trader, "read"),
        "token: trade": make_token(trader, "trade"),
        "token: operate": make_token(operator, "operate"),
    }


def name_answer(frame: Frame) -> str:
    if frame["type"] == "error":
        return str(frame["data"]["code"])
    return DONE[frame["type"]]


def say_commands(wire: Wire) -> dict[str, str]:
    """Return the answer to each command; a socket that is closed answers nothing more."""
    answers = dict.fromkeys(COMMANDS, NOTHING)
    for command, data in COMMANDS.items():
        try:
            wire.say(command, **data)
            answers[command] = name_answer(wire.next(*DONE, "error"))
        except ConnectionClosed:
            answers[command] = str(wire.socket.close_code)
            break
    return answers


def try_endpoint(wire: Wire) -> dict[str, str]:
    """Return whether this person comes in, and how each command is answered."""
    hello = wire.next("hello", "bye")
    if hello["type"] == "hello" and hello["data"]["authenticated"] != "no":
        hello = wire.next("ready", "bye")
    if hello["type"] == "bye":
        return {"connect": str(hello["data"]["code"]), **dict.fromkeys(COMMANDS, NOTHING)}
    return {"connect": "yes", **say_commands(wire)}


def hears_trader(wire: Wire, listener: User, trader: User) -> str:
    """Return whether an event of the trader comes before a later one of the listener."""
    write(trader, 1, label="of the trader")
    write(listener, 2, label="their own")
    first = wire.next("key_update")["data"]["label"]
    return "yes" if first == "of the trader" else "no"


def build_table(rows: Mapping[tuple[str, str], Mapping[str, str]], names: list[str]) -> str:
    head = f"| endpoint | command | {' | '.join(names)} |\n|---|---|{'---|' * len(names)}\n"
    lines = [
        f"| `{path}` | {command} | {' | '.join(words[name] for name in names)} |\n"
        for (path, command), words in rows.items()
    ]
    return head + "".join(lines)


def test_the_document_says_what_each_person_may_say(
    open_socket: Connect, socket_url: str, visitors: dict[str, Visitor]
) -> None:
    rows: dict[tuple[str, str], dict[str, str]] = {}
    trader = visitors["trader"].user
    assert trader
    for endpoint in ENDPOINTS.values():
        for name, visitor in visitors.items():
            wire = open_socket(at=find_address(socket_url, endpoint), **visitor.handshake())
            answers = try_endpoint(wire)
            for command, answer in answers.items():
                rows.setdefault((endpoint.path, command), {})[name] = answer
            hears = NOTHING
            if visitor.user and answers["subscribe"] == "yes" and "keys" in endpoint.topics:
                hears = hears_trader(wire, visitor.user, trader)
            rows.setdefault((endpoint.path, "hears the trader's events"), {})[name] = hears
            wire.close()
    text = INTRODUCTION + build_table(rows, list(visitors))
    if os.environ.get("ROLES_WRITE"):
        DOCUMENT.write_text(text)
    assert DOCUMENT.read_text() == text
    check_rules(rows)


def find_address(socket_url: str, endpoint: Endpoint) -> str:
    return socket_url.removesuffix("/ws/") + endpoint.path


def check_rules(rows: Mapping[tuple[str, str], Mapping[str, str]]) -> None:
    """Assert what must be so whatever the document says."""
    for endpoint in ENDPOINTS.values():
        heard = rows[endpoint.path, "hears the trader's events"]
        assert {name for name, word in heard.items() if word == "yes"} <= {
            *("trader", "token: read", "token: trade")
        }
        subscribed = rows[endpoint.path, "subscribe"]
        if endpoint.needs_login:
            assert subscribed["anonymous"] != "yes", endpoint.path
        if endpoint.for_staff:
            allowed = {name for name, word in subscribed.items() if word == "yes"}
            assert allowed <= {"staff who see health", "operator", "token: operate"}, allowed
