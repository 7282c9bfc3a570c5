"""The chain of the audit log: what was altered, removed or reordered is found."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test import override_settings
from django.utils import timezone

from operations.audit import chain
from operations.audit.verify import Verification, verify_chain
from operations.models import AuditChange, AuditCheckpoint, AuditSeal

BY_HAND = "SET LOCAL session_replication_role = 'replica'"  # whoever owns the database can do this

SWAP = (  # the values are unique, so by way of one that is free
    "UPDATE {seal} SET change_id = -1 WHERE number = 3;"
    " UPDATE {seal} SET change_id = {third} WHERE number = 4;"
    " UPDATE {seal} SET change_id = {third} + 1 WHERE number = 3"
)


def verify(**options: Any) -> Verification:
    return verify_chain(now=timezone.now(), **options)


def create_groups(count: int) -> None:
    for number in range(count):
        Group.objects.create(name=f"group {number}")


def seal() -> int:
    return chain.seal_changes(now=timezone.now())


def tamper(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"{BY_HAND}; {statement}; SET LOCAL session_replication_role = 'origin'")


@pytest.fixture
def sealed(db: None) -> None:
    create_groups(5)
    assert seal() == 5


def test_an_untouched_log_is_sound(sealed: None) -> None:
    result = verify()
    assert (result.problems, result.sealed, result.unsealed) == ([], 5, 0)
    assert seal() == 0
    Group.objects.create(name="later")
    assert verify().unsealed == 1
    assert seal() == 1
    assert verify(expected_head=result.head).problems == []


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("UPDATE {change} SET actor_name = 'bob' WHERE id = {third}", "altered"),
        ("UPDATE {change} SET after = '{{}}' WHERE id = {third}", "altered"),
        ("UPDATE {change} SET at = at + interval '1 s' WHERE id = {third}", "altered"),
        ("DELETE FROM {change} WHERE id = {third}", "missing"),
        ("DELETE FROM {seal} WHERE number = 3", "Seals 3 to 3 are missing"),
        (SWAP, "altered"),
        ("UPDATE {seal} SET hash = repeat('a', 64) WHERE number = 3", "not signed"),
        ("DELETE FROM {seal} WHERE number > 3; DELETE FROM {change} WHERE id > {third}", "cut off"),
    ],
)
def test_what_was_altered_is_found(sealed: None, statement: str, words: str) -> None:
    head, third = verify().head, AuditSeal.objects.get(number=3).change_id
    names = {"change": "operations_auditchange", "seal": "operations_auditseal", "third": third}
    tamper(statement.format(**names))
    assert any(words in problem for problem in verify(expected_head=head).problems)


def test_a_seal_by_another_installation_is_found(sealed: None) -> None:
    with override_settings(SECRET_KEY="another" * 10):
        assert "not signed" in verify().problems[0]
    with override_settings(SECRET_KEY="new" * 20, SECRET_KEY_FALLBACKS=["tests-only-" + "x" * 50]):
        assert verify().problems == []


def run(*arguments: str) -> tuple[int, Any]:
    out = StringIO()
    with pytest.raises(SystemExit) as end:
        call_command(*arguments, "--json", stdout=out)
    return int(str(end.value.code)), json.loads(out.getvalue())


def test_the_command_tells_by_its_exit_code(sealed: None) -> None:
    code, answer = run("verify_audit")
    assert (code, answer["ok"], answer["sealed"]) == (0, True, 5)
    assert run("verify_audit", "--head", answer["head"])[0] == 0
    assert run("verify_audit", "--head", "5:" + "0" * 64)[0] == 1
    Group.objects.create(name="late")
    tamper(
        "UPDATE operations_auditchange SET at = at - interval '1 hour' WHERE object_id IN"
        " (SELECT id::text FROM auth_group WHERE name = 'late')"
    )
    assert run("verify_audit")[0] == 2
    tamper("UPDATE operations_auditchange SET role = 'staff'")
    code, answer = run("verify_audit")
    assert (code, len(answer["problems"])) == (1, 5)


def test_pruning_leaves_a_signed_checkpoint(sealed: None) -> None:
    first = AuditSeal.objects.get(number=2)
    make_old(first)
    call_command("prune_audit", "--days=30", "--dry-run")
    assert AuditChange.objects.count() == 5
    call_command("prune_audit", "--days=30")
    assert AuditChange.objects.count() == AuditSeal.objects.count() == 3
    checkpoint = AuditCheckpoint.objects.get()
    assert (checkpoint.number, checkpoint.removed) == (2, 2)
    assert verify(expected_head=str(checkpoint)).problems == []
    Group.objects.create(name="after")
    assert seal() == 1
    assert verify().problems == []
    tamper("UPDATE operations_auditcheckpoint SET hash = repeat('b', 64)")
    assert len(verify().problems) == 2


def make_old(last: AuditSeal) -> None:
    """Date the log's beginning back, and seal it again, as if it had been written then."""
    ids = AuditSeal.objects.filter(number__lte=last.number).values_list("change_id", flat=True)
    tamper(
        f"UPDATE operations_auditchange SET at = at - interval '60 days' WHERE id IN {tuple(ids)};"  # noqa: S608
        " DELETE FROM operations_auditseal"
    )
    seal()


def test_a_log_that_is_not_sound_is_not_pruned(sealed: None) -> None:
    tamper("UPDATE operations_auditchange SET role = 'staff'")
    with pytest.raises(CommandError, match="not sound"):
        call_command("prune_audit", "--days=1")
    assert AuditChange.objects.count() == 5


@pytest.mark.django_db(transaction=True)
def test_eight_writers_and_two_sealers_make_one_chain() -> None:
    def write(writer: int) -> None:
        for number in range(10):
            with transaction.atomic():
                Group.objects.create(name=f"{writer} {number}")
                Group.objects.create(name=f"{writer} {number} more")
        connection.close()

    def seal_often(until: datetime) -> None:
        while seal() or AuditChange.objects.count() < 160:
            assert timezone.now() < until
        connection.close()

    until = timezone.now() + timedelta(minutes=1)
    with ThreadPoolExecutor(10) as pool:
        sealers = [pool.submit(seal_often, until) for _ in range(2)]
        writers = [pool.submit(write, writer) for writer in range(8)]
        for future in (*writers, *sealers):
            future.result()
    seal()
    result = verify()
    assert (result.problems, result.sealed, result.unsealed) == ([], 160, 0)
