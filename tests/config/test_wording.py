"""Words inside of sentences."""

import pytest
from django.utils.translation import override

from config.templatetags.wording import lower_in_sentence


@pytest.mark.parametrize(
    ("language", "label", "written"),
    [
        ("en-gb", "Last 7 days", "last 7 days"),
        ("vi", "Đang chạy", "đang chạy"),
        ("de", "Letzte Woche", "Letzte Woche"),
    ],
)
def test_a_label_inside_of_a_sentence(language: str, label: str, written: str) -> None:
    with override(language):
        assert lower_in_sentence(label) == written
