"""Numbers and dates look the same in each language: only words change."""

from django.conf.locale.en_GB.formats import *  # type: ignore[import-untyped]  # noqa: F403
