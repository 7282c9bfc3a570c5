"""Tabs of a real browser: one socket for all of one user, and nobody else's events."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.test import Client

from realtime import streams
from realtime.presence import registry
from tests.browser import ARGUMENTS, find_chromium, require_browser
from tests.realtime.socket.wire import write
from tests.services import wait_until
from users.models import User

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

pytestmark = pytest.mark.browser
LIVE = "#dot[data-state=live]"
LISTEN = """async ({ user, since, shared }) => {
    const { connect } = await import("/static/realtime/client.js");
    window.heard = [];
    window.snapshots = [];
    window.stream = connect({ user, since, shared });
    stream.on("key_update", (data, frame) => heard.push(frame.seq));
    stream.on("snapshot", (snapshot) => snapshots.push(snapshot.stream.seq));
}"""
Enter = Callable[..., "BrowserContext"]


@pytest.fixture
def enter(browser: "Browser", web: str, transactional_db: None) -> Iterator[Enter]:
    """A browser of its own, signed in."""
    with ExitStack() as stack:

        def new(user: User) -> "BrowserContext":
            context = browser.new_context(base_url=web)
            stack.callback(context.close)
            context.set_default_timeout(60_000)
            sign_in(context, user, web)
            return context

        yield new


def sign_in(context: "BrowserContext", user: User, web: str) -> None:
    client = Client()
    client.force_login(user, "django.contrib.auth.backends.ModelBackend")
    value = client.cookies[settings.SESSION_COOKIE_NAME].value
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": value, "url": web}])


def place(user: User) -> dict[str, Any]:
    position = streams.fetch_head(user.pk)
    return {"epoch": position.epoch, "seq": position.seq}


def listening(context: "BrowserContext", user: User, **more: Any) -> "Page":
    """A tab that hears the user's events in `heard`, from now on unless told otherwise."""
    page = context.new_page()
    page.goto("/static/fillwatch/tokens.css")  # of our origin, and without a stream of its own
    page.evaluate(LISTEN, {"user": user.pk, "since": place(user)} | more)
    until(page, "stream.state.name === 'live'")
    return page


def until(page: "Page", expression: str) -> None:
    """A page's policy lets nobody's words run in it, so they are asked from outside."""
    wait_until(lambda: page.evaluate(expression), what=expression)


def have_sockets(*users: User) -> None:
    """So many sockets are at the server, each user named as often as they have one."""
    wanted = sorted(user.pk for user in users)

    def there() -> list[int]:
        return sorted(one.user_id for one in registry.list_sockets(registry.list_users()))

    wait_until(lambda: there() == wanted, what=f"sockets of {wanted} at the server")


def hears(page: "Page", numbers: list[int]) -> None:
    until(page, f"heard.at(-1) === {numbers[-1]}")
    assert page.evaluate("heard") == numbers


def test_three_tabs_have_one_socket(enter: Enter, user: User) -> None:
    context = enter(user)
    tabs = [listening(context, user) for _ in range(3)]
    have_sockets(user)
    assert tabs[0].evaluate("stream.status().shared") is True
    write(user, 1, 2)
    for tab in tabs:
        hears(tab, [1, 2])
    tabs[0].close()
    write(user, 3)
    for tab in tabs[1:]:
        hears(tab, [1, 2, 3])
    have_sockets(user)


def test_every_page_shares_it(enter: Enter, user: User) -> None:
    context = enter(user)
    for path in ("/orders/", "/keys/", "/holdings/"):
        page = context.new_page()
        page.goto(path)
        page.wait_for_selector(LIVE)
    have_sockets(user)


def test_who_joins_later_hears_exactly_what_follows(enter: Enter, user: User) -> None:
    context = enter(user)
    then = place(user)
    first = listening(context, user)
    write(user, 1, 2, 3)
    hears(first, [1, 2, 3])
    hears(listening(context, user, since={**then, "seq": 1}), [2, 3])
    have_sockets(user)


def test_who_stands_before_what_is_kept_reads_the_state(enter: Enter, user: User) -> None:
    write(user, 1, 2)
    context = enter(user)
    listening(context, user)
    late = listening(context, user, since={**place(user), "seq": 0})
    assert late.evaluate("snapshots") == [2]
    write(user, 3)
    hears(late, [3])


def test_the_last_one_out_ends_it(enter: Enter, user: User) -> None:
    context = enter(user)
    tabs = [listening(context, user) for _ in range(2)]
    for tab in tabs:
        tab.close()
    have_sockets()


def test_another_user_has_an_own_socket(enter: Enter, user: User, other_user: User) -> None:
    own, theirs = listening(enter(user), user), listening(enter(other_user), other_user)
    have_sockets(user, other_user)
    write(user, 1)
    write(other_user, 1, 2)
    hears(theirs, [1, 2])
    hears(own, [1])


def test_signing_out_ends_every_tab(enter: Enter, user: User) -> None:
    context = enter(user)
    tabs = [listening(context, user) for _ in range(2)]
    leaving = context.new_page()
    leaving.goto("/preferences/")
    leaving.evaluate("document.querySelector('form[action*=out] button').click()")
    for tab in tabs:
        until(tab, "stream.state.signedOut")
    have_sockets()


def test_a_page_of_one_user_hears_nothing_of_the_next(
    enter: Enter, user: User, other_user: User, web: str
) -> None:
    context = enter(user)
    old = listening(context, user)
    before = Session.objects.get()
    sign_in(context, other_user, web)  # in the same browser, without a word to the old page
    before.delete()
    new = listening(context, other_user)
    until(old, "stream.state.signedOut")
    assert old.evaluate("stream.state.words") == "Somebody else has signed in"
    write(other_user, 1, 2)
    hears(new, [1, 2])
    assert old.evaluate("heard") == []
    have_sockets(other_user)


def test_a_page_put_away_and_taken_out_catches_up(enter: Enter, user: User) -> None:
    page = listening(enter(user), user)
    page.evaluate("dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }))")
    write(user, 1)
    page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
    write(user, 2)
    hears(page, [1, 2])


@pytest.mark.usefixtures("transactional_db")
def test_back_to_a_page_that_the_browser_kept(browser: "Browser", web: str, user: User) -> None:
    """As people's browsers do it; Chromium without windows never keeps a page."""
    keeping = browser.browser_type.launch(
        executable_path=require_browser(find_chromium()),
        args=ARGUMENTS,
        ignore_default_args=["--disable-back-forward-cache"],
    )
    context = keeping.new_context(base_url=web)
    sign_in(context, user, web)
    page = listening(context, user)
    page.goto("/static/fillwatch/frame.css")
    write(user, 1)
    page.evaluate("setTimeout(() => history.back())")
    inside = context.new_cdp_session(page)  # Playwright itself does not see a page come back

    def heard() -> list[int] | None:
        expression = {"expression": "window.heard", "returnByValue": True}
        result: dict[str, Any] = inside.send("Runtime.evaluate", expression)["result"]
        return result.get("value")

    wait_until(lambda: heard() == [1], what="the same page, and what it missed")
    write(user, 2)
    wait_until(lambda: heard() == [1, 2], what="what comes since")
    keeping.close()


def test_a_frozen_tab_hears_everything_when_it_thaws(enter: Enter, user: User) -> None:
    context = enter(user)
    awake, frozen = listening(context, user), listening(context, user)
    browser = context.new_cdp_session(frozen)
    browser.send("Page.setWebLifecycleState", {"state": "frozen"})
    write(user, 1, 2)
    hears(awake, [1, 2])
    browser.send("Page.setWebLifecycleState", {"state": "active"})
    write(user, 3)
    hears(frozen, [1, 2, 3])


def test_a_crashed_tab_disturbs_nobody(enter: Enter, user: User) -> None:
    from playwright.sync_api import Error

    context = enter(user)
    crashing, well = listening(context, user), listening(context, user)
    crashing.evaluate("stream.watch(['binance.spot.paper:NO/SUCH'])")
    with suppress(Error):
        crashing.goto("chrome://crash")
    write(user, 1)
    hears(well, [1])
    late = listening(context, user)
    write(user, 2)
    hears(well, [1, 2])
    hears(late, [2])
    have_sockets(user)


def test_a_worker_that_dies_is_known_at_once_and_replaced(enter: Enter, user: User) -> None:
    """As with the tab in whose process it runs: its port says nothing of it."""
    context = enter(user)
    tabs = [listening(context, user) for _ in range(2)]
    for tab in tabs:
        tab.evaluate("() => stream.on('state', ({ name }) => (window.states ??= []).push(name))")
    end_worker(context)
    write(user, 1)
    for tab in tabs:
        hears(tab, [1])
        assert "delayed" not in tab.evaluate("states")
        assert tab.evaluate("stream.status().shared") is True
    have_sockets(user)


def end_worker(context: "BrowserContext") -> None:
    browser = context.browser
    assert browser
    session = browser.new_browser_cdp_session()
    there = session.send("Target.getTargets", {"filter": [{"type": "shared_worker"}]})
    (worker,) = there["targetInfos"]
    session.send("Target.closeTarget", {"targetId": worker["targetId"]})


@pytest.mark.parametrize("how", ["asked for", "missing", "broken"])
def test_else_each_has_its_own(enter: Enter, user: User, how: str) -> None:
    context = enter(user)
    if how == "missing":
        context.add_init_script("delete window.SharedWorker")
    if how == "broken":
        context.route("**/worker.js", lambda route: route.abort())
    shared = False if how == "asked for" else None
    tabs = [listening(context, user, shared=shared) for _ in range(2)]
    have_sockets(user, user)
    assert tabs[0].evaluate("stream.status().shared") is False
    write(user, 1)
    for tab in tabs:
        hears(tab, [1])
