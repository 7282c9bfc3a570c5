"""The documents of the socket: whole in themselves, and for anybody."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from jsonschema import Draft7Validator

from realtime.docs import asyncapi, reference
from realtime.docs import page as docs_page
from realtime.docs.close_codes import CLOSES, ERRORS
from realtime.endpoints import ENDPOINTS
from realtime.socket.parsing import BadFrame, parse_frame

DOCUMENT = asyncapi.build_document("fillwatch.example.org", secure=True)
MESSAGES = DOCUMENT["components"]["messages"]
# AsyncAPI 3.0: the fields that each object has; the others are ours, and begin with x-
ALLOWED = {
    "": "asyncapi id info servers defaultContentType channels operations components",
    "info": "title version description termsOfService contact license tags externalDocs",
    "servers/*": "host protocol protocolVersion pathname description title summary variables"
    " security tags externalDocs bindings",
    "channels/*": "address messages title summary description servers parameters tags"
    " externalDocs bindings",
    "operations/*": "action channel title summary description security tags externalDocs bindings"
    " traits messages reply",
    "components/messages/*": "headers payload correlationId contentType name title summary"
    " description tags externalDocs bindings examples traits",
    "components/messages/*/examples/*": "headers payload name summary",
    "components": "schemas servers channels operations messages securitySchemes serverVariables"
    " parameters correlationIds replies replyAddresses externalDocs tags operationTraits"
    " messageTraits serverBindings channelBindings operationBindings messageBindings",
}
NEEDED = {
    "": "asyncapi info",
    "info": "title version",
    "servers/*": "host protocol",
    "operations/*": "action channel",
    "components/securitySchemes/*": "type",
}


def find_nodes(path: str, node: Any = DOCUMENT) -> Iterator[Any]:
    """Every object at this path; a star is any name or place."""
    first, _, rest = path.partition("/")
    if not path:
        yield node
    elif first == "*":
        for child in node.values() if isinstance(node, dict) else node:
            yield from find_nodes(rest, child)
    else:
        yield from find_nodes(rest, node[first])


def references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if "$ref" in node:
            assert node.keys() == {"$ref"}
            yield node["$ref"]
        for child in node.values():
            yield from references(child)
    elif isinstance(node, list):
        for child in node:
            yield from references(child)


def resolved(reference: str) -> Any:
    node: Any = DOCUMENT
    for part in reference.removeprefix("#/").split("/"):
        node = node[part]
    return node


@pytest.mark.parametrize("path", ALLOWED)
def test_objects_have_only_fields_that_asyncapi_knows(path: str) -> None:
    for node in find_nodes(path):
        ours = {name for name in node if not name.startswith("x-")}
        assert ours <= set(ALLOWED[path].split())


@pytest.mark.parametrize("path", NEEDED)
def test_objects_have_the_fields_that_asyncapi_needs(path: str) -> None:
    for node in find_nodes(path):
        assert node.keys() >= set(NEEDED[path].split())


def test_every_reference_leads_somewhere_and_every_name_is_one() -> None:
    assert all(resolved(link) for link in references(DOCUMENT))
    names = [name for part in find_nodes("components/*") for name in part]
    assert all(re.fullmatch(r"[\w.-]+", name) for name in names)


def test_an_operation_speaks_of_its_own_channel_only() -> None:
    for operation in DOCUMENT["operations"].values():
        channel = operation["channel"]["$ref"]
        assert operation["messages"]
        assert all(
            link["$ref"].startswith(f"{channel}/messages/") for link in operation["messages"]
        )


@pytest.mark.parametrize("name", MESSAGES)
def test_the_example_of_a_message_is_valid_within_the_document(name: str) -> None:
    message = MESSAGES[name]
    schema = message["payload"] | {"components": DOCUMENT["components"]}
    [example] = message["examples"]
    Draft7Validator(schema).validate(example["payload"])
    assert list(Draft7Validator(schema).iter_errors(example["payload"] | {"more": 1}))


def test_each_frame_is_said_on_its_side_of_the_endpoints_that_have_its_topic() -> None:
    for endpoint in ENDPOINTS.values():
        tell, listen = (
            DOCUMENT["operations"][f"{endpoint.name}.{act}"] for act in ("tell", "listen")
        )
        assert (tell["action"], listen["action"]) == ("send", "receive")
        sent = {link["$ref"].rpartition("/")[2] for link in tell["messages"]}
        topics = {reference.list_entries()[name].topic for name in sent} - {None}
        assert topics == endpoint.topics
        received = {link["$ref"].rpartition("/")[2] for link in listen["messages"]}
        assert ("client.subscribe" in received) == bool(endpoint.streamed) == ("live" in sent)
        assert ("client.watch" in received) == bool(endpoint.watched) == ("watching" in sent)
        assert ("security" in tell) == endpoint.needs_login


def test_the_server_reads_at_an_endpoint_what_the_document_says_of_it() -> None:
    for endpoint in ENDPOINTS.values():
        channel = DOCUMENT["channels"][endpoint.name]["messages"]
        for name in ("client.subscribe", "client.watch"):
            topics = sorted(endpoint.watched if name == "client.watch" else endpoint.streamed)
            frame: dict[str, Any] = {"topics": topics or ["orders"]}
            if name == "client.watch":
                frame["instruments"] = []
            text = json.dumps({"type": name.removeprefix("client."), "data": frame})
            if name in channel:
                parse_frame(text, endpoint)
            else:
                with pytest.raises(BadFrame) as bad:
                    parse_frame(text, endpoint)
                assert bad.value.code == "wrong_door"


def test_anybody_reads_the_document_of_the_server_that_they_ask(client: Client) -> None:
    answer = client.get("/api/asyncapi.json")
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/json"
    assert answer.json()["servers"] == {"this": {"host": "testserver", "protocol": "ws"}}
    secure = client.get("/api/asyncapi.json", secure=True).json()
    assert secure["servers"]["this"]["protocol"] == "wss"
    assert {**secure, "servers": 0, "info": 0} == {**answer.json(), "servers": 0, "info": 0}
    cookie = secure["components"]["securitySchemes"]["session"]["name"]
    assert cookie == settings.SESSION_COOKIE_NAME


def test_the_page_tells_all_of_it_to_anybody(client: Client) -> None:
    page = client.get("/api/events/").content.decode()
    for entry in reference.list_entries().values():
        assert f'id="{entry.id}"' in page
    for code in [*map(int, CLOSES), *ERRORS]:
        assert f"<code>{code}</code>" in page
    ids = set(re.findall(r' id="([^"]+)"', page))
    assert set(re.findall(r'href="#([^"]+)"', page)) <= ids
    assert "`" not in page


def test_the_page_shows_the_limits_that_are_in_force(client: Client, times: Any) -> None:
    times(USER_SOCKETS=33, SILENCE_SECONDS=35.0)
    page = client.get("/api/events/").content.decode()
    assert "<td>33</td>" in page
    assert "<td>35 s</td>" in page


def test_what_is_shown_is_escaped() -> None:
    assert docs_page.mark_code("a < b & `x<y>`") == "a &lt; b &amp; <code>x&lt;y&gt;</code>"
    assert docs_page.color_json({"a": "<b>\\", "n": -1.5, "t": [True, None]}) == (
        '{\n  <span class="key">&quot;a&quot;</span>: '
        '<span class="text">&quot;&lt;b&gt;\\\\&quot;</span>,\n  '
        '<span class="key">&quot;n&quot;</span>: <span class="number">-1.5</span>,\n  '
        '<span class="key">&quot;t&quot;</span>: [\n    <span class="word">true</span>,\n    '
        '<span class="word">null</span>\n  ]\n}'
    )
