"""What is joined for pages, and what must stay as it is for others."""

from pathlib import Path

from config.static_files import bundles, collected


def test_templates_say_what_is_joined() -> None:
    entries = bundles.list_entries()
    assert {"orders/order_list.js", "operations/header_bell.js"} <= set(entries.modules)
    assert {"orders/order_list.css", "fillwatch/theme.js"} <= set(entries.others)
    assert "realtime/client.js" in entries.others  # pages of other people import it
    assert not set(entries.modules) & set(entries.others)
    assert not any(name.startswith("mfa/") for name in entries.others)  # of a package


def test_what_was_collected_from_another_source_is_stale(tmp_path: Path) -> None:
    assert not collected.is_current(tmp_path)
    assert not collected.is_stale(tmp_path)  # nothing is there
    collected.manifest(tmp_path).touch()
    collected.write_fingerprint(tmp_path)
    assert collected.is_current(tmp_path)
    assert not collected.is_stale(tmp_path)
    (tmp_path / "fingerprint").write_text("of another version")
    assert collected.is_stale(tmp_path)
