"""The page of the API: every operation is there, found by words, with a request that fits."""

import json

import pytest
from django.test import Client

from config.api import reference, reference_page
from config.api.reference import ApiOperation

DOCUMENT = {
    "paths": {},
    "components": {
        "schemas": {
            "Leaf": {
                "type": "object",
                "properties": {"more": {"$ref": "#/components/schemas/Leaf"}},
            },
            "Side": {"enum": ["buy", "sell"], "type": "string"},
        }
    },
}


@pytest.fixture(scope="module")
def operations() -> list[ApiOperation]:
    return reference_page.read_operations()


def test_each_operation_has_words_and_a_request(operations: list[ApiOperation]) -> None:
    assert len(operations) > 200
    assert len({operation.id for operation in operations}) == len(operations)
    for operation in operations:
        assert operation.path in operation.request
        assert operation.answers, operation.id


def test_an_order_is_placed_as_the_example_says(operations: list[ApiOperation]) -> None:
    [place] = [one for one in operations if one.id == "v1_orders_create"]
    body = json.loads(place.request.split("-d '")[1].rstrip("'"))
    assert set(body) == {row.name for row in place.body if row.is_required}
    assert place.scope == "trade"
    assert "Idempotency-Key" in {row.name for row in place.parameters}


def test_operations_are_found_by_all_words(operations: list[ApiOperation]) -> None:
    found = reference.search_operations(operations, "POST orders cancel")
    assert found
    assert all("cancel" in operation.words for operation in found)
    assert reference.search_operations(operations, "no such operation anywhere") == []


def test_a_schema_that_contains_itself_has_an_end() -> None:
    example = reference.make_example(DOCUMENT, {"$ref": "#/components/schemas/Leaf"})
    assert json.dumps(example).count("more") < 10
    assert reference.describe_type(DOCUMENT, {"$ref": "#/components/schemas/Side"}) == "buy | sell"


def test_the_page_is_for_everybody_and_needs_no_script(client: Client, db: None) -> None:
    text = client.get("/api/docs/").content.decode()
    assert "/api/v1/orders/" in text
    assert "swagger" not in text.lower()
    assert "Idempotency-Key" in client.get("/api/docs/?tag=orders").content.decode()
    found = client.get("/api/docs/?q=%3Cscript%3E%00").content.decode()
    assert "Nothing matches" in found
    assert "<script>" not in found.split("<main")[1]
