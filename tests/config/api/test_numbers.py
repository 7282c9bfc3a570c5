"""Ids and counts are JSON integers, amounts ASCII digits, and times any that a calendar has."""

import base64
from typing import Any
from urllib.parse import quote

import pytest
from rest_framework.test import APIClient

from tests.config.api.conftest import OPERATIONS, ApiOperation, answer_json, make_address

NO_INTEGERS = ["5", "1_0", "٤", 4.0, 4.7, True, [4]]
NO_AMOUNTS = ["1_000", "٤", "1\u066b5", "\uff11", "0x10", "NaN", "Infinity", "1e", "+", ".", True]
ARABIC_FOUR = quote("٤")


def _fields(operation: ApiOperation, kind: str) -> list[str]:
    return [name for name, schema in operation.fields.items() if _kind(schema) == kind]


def _kind(schema: Any) -> str:
    return "amount" if schema.get("format") == "decimal" else str(schema.get("type", ""))


CASES = [
    (operation, name, values)
    for kind, values in (("integer", NO_INTEGERS), ("amount", NO_AMOUNTS))
    for operation in OPERATIONS
    for name in _fields(operation, kind)
]


@pytest.mark.parametrize(("operation", "name", "values"), CASES, ids=str)
def test_what_only_looks_like_a_number_is_refused(
    operation: ApiOperation, name: str, values: list[Any], api: APIClient, rows: dict[str, int]
) -> None:
    for value in values:
        answer = getattr(api, operation.method)(make_address(operation, rows), {name: value})
        assert (answer.status_code, name in answer_json(answer)) == (400, True), value


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_ids_in_a_query_are_ascii_digits(
    operation: ApiOperation, api: APIClient, rows: dict[str, int]
) -> None:
    for name, schema in operation.parameters.items():
        if schema.get("type") == "integer":
            for text in ("1_0", ARABIC_FOUR, "1.5", "1e2", "-1", "abc", "9" * 30):
                answer = getattr(api, operation.method)(
                    make_address(operation, rows, f"?{name}={text}")
                )
                assert (answer.status_code, list(answer_json(answer))) == (400, [name]), text


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_yes_and_no_in_a_query_are_true_and_false(
    operation: ApiOperation, api: APIClient, rows: dict[str, int]
) -> None:
    for name, schema in operation.parameters.items():
        if schema.get("type") == "boolean":
            answer = getattr(api, operation.method)(make_address(operation, rows, f"?{name}=maybe"))
            assert (answer.status_code, answer_json(answer)) == (400, {name: ["true or false."]})


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_every_time_is_read_or_refused(
    operation: ApiOperation, api: APIClient, rows: dict[str, int]
) -> None:
    """PostgreSQL refuses offsets that Python reads: it was an error 500."""
    for name, schema in operation.parameters.items():
        if schema.get("format") in ("date-time", "date"):
            for moment in (
                *("2026-01-01T00:00:00-22:29", "2026-01-01T00:00:00+15:59"),
                *("0001-01-01T00:00:00+23:00", "9999-12-31T23:59:59-23:00", "2026-02-30"),
            ):
                query = f"?{name}={quote(moment)}"
                answer = getattr(api, operation.method)(make_address(operation, rows, query))
                assert answer.status_code in (200, 400), (name, moment)


@pytest.mark.parametrize(
    "operation", [each for each in OPERATIONS if "limit" in each.parameters], ids=str
)
def test_a_limit_that_makes_no_sense_is_refused(
    operation: ApiOperation, api: APIClient, rows: dict[str, int]
) -> None:
    for limit in ("abc", "0", "-1", "1_0", "100000", ARABIC_FOUR, "2.5"):
        answer = api.get(make_address(operation, rows, f"?limit={limit}"))
        assert (answer.status_code, list(answer_json(answer))) == (400, ["limit"]), limit


@pytest.mark.parametrize(
    "operation", [each for each in OPERATIONS if "cursor" in each.parameters], ids=str
)
def test_a_cursor_that_makes_no_sense_is_refused(
    operation: ApiOperation, api: APIClient, rows: dict[str, int]
) -> None:
    for position in ("p=abc", "p=%00", "o=1e9&p=1", "r=1&p=2026-13-40"):
        cursor = base64.b64encode(position.encode()).decode()
        answer = api.get(make_address(operation, rows, f"?cursor={quote(cursor)}"))
        assert answer.status_code in (200, 404), position
