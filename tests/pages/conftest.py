"""Tabs of a real browser, signed in, that must stay free of errors."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings
from django.test import Client

from tests.conftest import sign_in
from users.models import User

if TYPE_CHECKING:
    from playwright.sync_api import Browser, ConsoleMessage, Page

Tab = Callable[..., "Page"]
# A server that is away on purpose makes the browser itself say so; that is no mistake of ours.
# So does one that waits for a worker's answer, candles for example, where there is no worker.
EXPECTED = ("WebSocket connection to", "net::ERR_", "status of 422", "status of 504")


@pytest.fixture
def tab(browser: "Browser", web: str, transactional_db: None) -> Iterator[Tab]:
    """Open a tab: tab(user, "/orders/", viewport=…). A console error or a broken policy fails.

    With `clock=True` the tab's time goes on by `page.clock.run_for(…)` as well.
    """
    troubles: list[str] = []
    contexts = []

    def heard(message: "ConsoleMessage") -> None:
        if message.type in ("error", "warning") and not any(e in message.text for e in EXPECTED):
            troubles.append(message.text)

    def open_tab(
        user: User | None,
        path: str = "/orders/",
        *,
        base_url: str = web,
        clock: bool = False,
        **options: Any,
    ) -> "Page":
        context = browser.new_context(base_url=base_url, timezone_id="UTC", **options)
        contexts.append(context)
        context.set_default_timeout(60_000)
        if user:
            session = _session(user)
            context.add_cookies([{"name": "sessionid", "value": session, "url": base_url}])
        page = context.new_page()
        if clock:
            page.clock.install()
        page.on("console", heard)
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.goto(path)
        return page

    yield open_tab
    for context in contexts:
        context.close()
    assert not troubles


def _session(user: User) -> str:
    client = Client()
    sign_in(client, user)
    return client.cookies[settings.SESSION_COOKIE_NAME].value
