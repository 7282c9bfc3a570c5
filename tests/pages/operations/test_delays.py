"""The connection state of a page covers the whole way: live socket, late venue."""

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.core.cache import cache
from django.utils import timezone

from orders.checks import last_sweep
from realtime import publish
from realtime.shapes.notes import DelayData
from realtime.values import format_time
from tests.pages.bots.bot_records import create_key
from tests.pages.conftest import Tab
from users.models import User

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser
FOLLOWED = "stream binance.spot"


def tell_delay(
    user: User, about: str, words: str, *, seconds: float = 40, late: bool = True
) -> None:
    since = format_time(timezone.now() - timedelta(seconds=seconds)) if late else None
    data = DelayData(about=about, late=late, since=since, words=words if late else "")
    publish.notify_user(user_id=user.pk, type="delay_update", data=data, about=about)


def wait_for_dot(page: "Page", state: str, pattern: str) -> None:
    page.wait_for_function(
        """([state, pattern]) => {
            const dot = document.getElementById("dot");
            return dot.dataset.state === state && new RegExp(pattern).test(dot.textContent);
        }""",
        arg=[state, pattern],
    )


@pytest.mark.parametrize("path", ["/orders/", "/bots/", "/notifications/"])
def test_a_page_is_not_live_when_its_venue_is_not_followed(tab: Tab, user: User, path: str) -> None:
    create_key(user)
    page = tab(user, path)
    wait_for_dot(page, "live", "^Live$")
    tell_delay(user, FOLLOWED, "Binance spot is not followed")
    wait_for_dot(page, "late", r"^Live, but Binance spot is not followed since 4\d s$")
    tell_delay(user, "checks", "orders are not checked", seconds=90)
    wait_for_dot(page, "late", r"^Live, but orders are not checked since \d+ s$")
    notice = page.locator("#notlive").inner_text()
    assert "Binance spot is not followed since" in notice
    assert "Orders are not checked since" in notice
    tell_delay(user, "checks", "", late=False)
    wait_for_dot(page, "late", "^Live, but Binance")
    tell_delay(user, FOLLOWED, "", late=False)
    wait_for_dot(page, "live", "^Live$")
    assert page.locator("#notlive").is_hidden()


def test_a_delay_that_is_not_repeated_is_over(tab: Tab, user: User) -> None:
    """The server that repeated it may have ended; another one says what is late."""
    page = tab(user, "/orders/", clock=True)
    wait_for_dot(page, "live", "^Live$")
    tell_delay(user, FOLLOWED, "Binance spot is not followed")
    wait_for_dot(page, "late", "^Live, but")
    page.clock.run_for(13_000)
    wait_for_dot(page, "live", "^Live$")


def test_the_bar_about_checks_comes_and_goes_with_them(tab: Tab, user: User) -> None:
    page = tab(user, "/orders/")
    wait_for_dot(page, "live", "^Live$")
    last_sweep.note_sweep(timezone.now() - timedelta(minutes=1))
    tell_delay(user, "checks", "orders are not checked")
    page.wait_for_selector("#late-sweep")
    cache.delete(last_sweep.NAME)
    tell_delay(user, "checks", "", late=False)
    page.wait_for_selector("#late-sweep", state="detached")
