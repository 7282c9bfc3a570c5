"""Which pages may use their visitor's session on a socket."""

from typing import Any

import pytest
from pytest_django import Settings

from realtime.socket.origins import is_allowed


@pytest.fixture(autouse=True)
def named(settings: Settings) -> None:
    settings.FILLWATCH_URL = "https://fillwatch.example"
    settings.CSRF_TRUSTED_ORIGINS = ["https://*.trusted.example", "https://one.example:8443"]
    settings.CORS_ALLOWED_ORIGINS = ["http://localhost:3000"]
    settings.ALLOWED_HOSTS = ["fillwatch.example", "10.0.0.5"]


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("https://fillwatch.example", "anything"),
        ("https://FILLWATCH.example", "anything"),
        ("https://desk.trusted.example", "fillwatch.example"),
        ("https://one.example:8443", "fillwatch.example"),
        ("http://localhost:3000", "fillwatch.example"),
        ("http://10.0.0.5:8000", "10.0.0.5:8000"),
    ],
)
def test_ours_and_trusted_ones(origin: str, host: str) -> None:
    assert is_allowed(origin, host)


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        (None, "fillwatch.example"),
        ("", "fillwatch.example"),
        ("null", "fillwatch.example"),
        ("https://evil.example", "fillwatch.example"),
        ("http://fillwatch.example", "other"),
        ("https://fillwatch.example.evil.example", "fillwatch.example"),
        ("https://eviltrusted.example", "fillwatch.example"),
        ("https://one.example", "fillwatch.example"),
        ("http://evil.example", "evil.example"),  # a name that was made to point at us
        ("file://fillwatch.example", "fillwatch.example"),
        ("https://[", "fillwatch.example"),
    ],
)
def test_strangers(origin: Any, host: str) -> None:
    assert not is_allowed(origin, host)
