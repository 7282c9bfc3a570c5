"""What the documents name is there: files, links, and the errands of a newcomer."""

import re
from pathlib import Path

import pytest

from config.launcher.home import BASE

DOCUMENTS = sorted([*BASE.glob("*.md"), *(BASE / "docs").rglob("*.md")])
APPS = "config|operations|bots|orders|exchanges|realtime|users|templates|tests|bench|docs|deploy"
PATH = re.compile(rf"`((?:{APPS})/[a-z0-9_/.-]*\.[a-z]+)`")
LINK = re.compile(r"\]\((?!https?:)([^)#\s]+)")
README_LINES = 120


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(BASE)))
def test_files_that_a_document_names_exist(document: Path) -> None:
    text = document.read_text()
    named = {BASE / name for name in PATH.findall(text)}
    linked = {(document.parent / name).resolve() for name in LINK.findall(text)}
    assert [str(path) for path in named | linked if not path.exists()] == []


def test_the_readme_can_be_read_in_two_minutes() -> None:
    assert (BASE / "README.md").read_text().count("\n") <= README_LINES
