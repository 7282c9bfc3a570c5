"""docs/settings.md has every setting that the code reads, and says what each does."""

import io

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from config import settings_table


def test_the_example_and_the_code_have_the_same_settings() -> None:
    examples = settings_table.read_examples(settings_table.EXAMPLE.read_text())
    assert sorted(examples.keys() ^ settings_table.read_settings().keys()) == []
    assert [name for name, example in examples.items() if not example.description] == []
    assert [name for name, example in examples.items() if not example.section] == []


def test_each_setting_has_words_of_its_own() -> None:
    found: dict[str, str] = {}
    for name, example in settings_table.read_examples(settings_table.EXAMPLE.read_text()).items():
        assert found.setdefault(example.description, name) == name


def test_the_document_is_up_to_date() -> None:
    out = io.StringIO()
    call_command("describe_settings", "--check", stdout=out)
    assert "up to date" in out.getvalue()


def test_a_document_that_is_out_of_date_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    old = tmp_path_factory.mktemp("docs") / "settings.md"
    old.write_text(f"# Settings\n{settings_table.BEGIN}\nold\n{settings_table.END}\nThe end.\n")
    monkeypatch.setattr(settings_table, "DOCUMENT", old)
    with pytest.raises(CommandError, match="out of date"):
        call_command("describe_settings", "--check", stdout=io.StringIO())
    call_command("describe_settings", stdout=io.StringIO())
    assert old.read_text().startswith("# Settings\n")
    assert old.read_text().endswith("The end.\n")
    assert "| `ORDER_CHECK_SECONDS` | number | `5.0` |" in old.read_text()


def test_kinds_and_defaults_come_from_the_code() -> None:
    found = settings_table.read_settings()
    assert found["BEHIND_TLS_PROXY"].kind == "`true` or `false`"
    assert found["BEHIND_TLS_PROXY"].default == "`false`"
    assert found["OTHER_VENUES"].default == "none"
    assert found["ALLOWED_HOSTS"].default == "computed"
    assert found["WORKER_THREADS"].kind == "whole number"
