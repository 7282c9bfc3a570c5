"""The name of the migrated cluster that test processes copy."""

from pathlib import Path

import pytest

from tests.database import template


def test_another_migration_makes_another_template(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(template, "_list_migrations", lambda: sorted(tmp_path.iterdir()))
    names = set()
    for name, content in (("0001_a.py", "1"), ("0002_b.py", "1"), ("0001_a.py", "2")):
        (tmp_path / name).write_text(content)
        names.add(template._name_template())
    assert len(names) == 3


def test_the_migrations_of_all_apps_count() -> None:
    found = {path.parent.parent.name for path in template._list_migrations()}
    assert found >= {"users", "realtime", "exchanges", "orders", "bots", "operations", "auth"}
