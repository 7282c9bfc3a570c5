"""No process runs a statement, waits for a lock or idles in a transaction without end."""

import json
import os
import sys
from pathlib import Path

import pytest

from tests.fork_server import run_python
from tests.services import process_environment

SHOW = """
import json, django
django.setup()
from django.db import connection
shown, names = [], ["statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"]
with connection.cursor() as cursor:
    for name in names:
        cursor.execute(f"SHOW {name}")
        shown.append(cursor.fetchone()[0])
print(json.dumps(shown))
"""


def read_limits(folder: Path, role: str, **environment: str) -> list[str]:
    """Ask PostgreSQL what holds for a process of this role."""
    script = folder / "show.py"
    script.write_text(SHOW)
    own = process_environment() | {"FILLWATCH_ROLE": role} | environment
    shown = run_python([sys.executable, "-W", "ignore", script], os.environ | own)
    shown.check_returncode()
    limits: list[str] = json.loads(shown.stdout)
    return limits


@pytest.mark.parametrize(
    ("role", "limits"),
    [
        ("web", ["30s", "10s", "30s"]),
        ("worker", ["2min", "30s", "30s"]),
        ("stream", ["2min", "30s", "30s"]),
        ("beat", ["2min", "30s", "30s"]),
        ("command", ["0", "30s", "10min"]),
    ],
)
def test_each_process_has_its_limits(
    db: None, tmp_path: Path, role: str, limits: list[str]
) -> None:
    assert read_limits(tmp_path, role) == limits


def test_the_limits_are_settings(db: None, tmp_path: Path) -> None:
    own = {"DATABASE_STATEMENT_SECONDS": "1.5", "DATABASE_LOCK_SECONDS": "0"}
    assert read_limits(tmp_path, "web", **own) == ["1500ms", "0", "30s"]
