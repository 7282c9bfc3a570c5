"""The documents say how events fold into the snapshot, and the answer has the described shape."""

from typing import get_type_hints

from rest_framework.test import APIClient

from config.launcher.home import BASE
from config.snapshot.lists import SNAPSHOT_LISTS, STATELESS, SnapshotData, describe_lists
from tests.config.api.conftest import read_document
from users.models import User


def test_the_clients_page_has_the_table() -> None:
    text = (BASE / "docs" / "clients.md").read_text()
    assert describe_lists() in text
    assert all(f"`{name}`" in text for name in STATELESS)


def test_openapi_has_the_table_and_a_schema_for_every_list() -> None:
    document = read_document()
    described = document["paths"]["/api/v1/snapshot/"]["get"]
    assert describe_lists() in described["description"]
    schema = described["responses"]["200"]["content"]["application/json"]["schema"]
    shape = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    assert set(shape["required"]) == {"user", "stream", *SNAPSHOT_LISTS}
    for name, listing in SNAPSHOT_LISTS.items():
        fields = shape["properties"][name]["items"]["properties"]
        assert set(listing.key) <= set(fields), name


def test_the_answer_has_what_is_described(transactional_db: None, user: User) -> None:
    api = APIClient()
    api.force_authenticate(user)
    assert set(api.get("/api/v1/snapshot/").json()) == set(get_type_hints(SnapshotData))
