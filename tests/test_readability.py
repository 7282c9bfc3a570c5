"""Keep what makes the code easy to find one's way in: folders, names, docstrings."""

import pytest

from bench import readability
from bench.readability import Counts


@pytest.fixture(scope="module")
def counts() -> Counts:
    return readability.count()


def test_folders_stay_small(counts: Counts) -> None:
    assert {k: n for k, n in counts.folders.items() if n > readability.LARGEST_FOLDER} == {}


def test_files_stay_short(counts: Counts) -> None:
    assert counts.longest == {}


def test_functions_are_named_with_a_verb_and_an_object(counts: Counts) -> None:
    assert counts.one_word_share <= readability.ONE_WORD_SHARE


def test_docstrings_can_be_understood_without_the_code(counts: Counts) -> None:
    assert len(counts.riddles) < readability.RIDDLES, "\n".join(counts.riddles)


def test_class_names_are_used_once(counts: Counts) -> None:
    assert len(counts.doubled) < readability.DOUBLED_CLASSES, counts.doubled
