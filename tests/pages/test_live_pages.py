"""What is open on a page stays true and in hand while bots, signals and holdings change."""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from django.utils import timezone

from bots.models import Bot
from bots.running import lifecycle
from exchanges.keys import actions
from exchanges.models import ExchangeKey
from orders import reconciler
from realtime import streams
from tests.bots.signals.webhook_requests import send
from tests.conftest import PASSWORD
from tests.pages.bots.bot_records import (
    create_bot,
    create_key,
    create_open_order,
    create_pnl_book,
    create_running_bot,
    note_entry,
)
from tests.pages.bots.test_portfolio import set_balances, set_prices
from tests.pages.bots.test_signal_list import receive_signal
from tests.pages.conftest import Tab
from tests.trading import record_order
from users.models import User

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route

pytestmark = pytest.mark.browser
LIVE = "#dot[data-state=live]"


@pytest.fixture
def key(user: User) -> ExchangeKey:
    return create_key(user)


def rename_bot(bot: Bot, name: str) -> None:
    lifecycle.change_bot(bot.pk, changes={"name": name}, now=timezone.now())


def delete_bot(bot: Bot) -> None:
    """As its runner does it, once none of its orders is open."""
    lifecycle.remove_bot(bot.pk, now=timezone.now())
    with streams.unit() as unit:
        lifecycle.finish_stop(unit, lifecycle.lock_bot(bot.pk), now=timezone.now())


def open_live(tab: Tab, user: User, path: str) -> "Page":
    page = tab(user, path)
    page.wait_for_selector(LIVE)
    page.evaluate("window.sameDocument = true")
    return page


def is_same(page: "Page") -> bool:
    return bool(page.evaluate("window.sameDocument"))


def read_focus(page: "Page") -> str:
    return str(page.evaluate("document.activeElement.textContent.trim()"))


def refuse_once(page: "Page", path: str) -> Callable[[], bool]:
    """The next question for that page goes nowhere, as while its server is started again."""
    refused = []

    def handle(route: "Route") -> None:
        refused.append(route.request.url)
        route.abort()

    page.route(f"**{path}", handle, times=1)
    return lambda: bool(refused)


# Orders


def test_orders_call_a_bot_by_its_new_name(tab: Tab, user: User, key: ExchangeKey) -> None:
    bot = create_running_bot(key, "old")
    order = create_open_order(bot)
    page = open_live(tab, user, f"/orders/?order={order.pk}")
    rename_bot(bot, "new")
    page.wait_for_selector("#rows .order .bot:text-is('new')", state="attached")
    page.wait_for_selector("#detail dd a:text-is('new')")
    assert page.inner_text(f"#filters [name=bot] option[value='{bot.pk}']") == "new"
    actions.rename(key.pk, "Renamed too")
    page.wait_for_selector("#rows .order [data-cell=key]:text-is('Renamed too')", state="attached")
    delete_bot(bot)
    page.wait_for_selector("#rows .order .bot:text-is('')", state="attached")
    assert is_same(page)


def test_an_order_that_ended_while_it_waited_is_not_shown_as_open(
    tab: Tab, user: User, key: ExchangeKey
) -> None:
    for _ in range(20):
        record_order(key)
    page = open_live(tab, user, "/orders/?status=open")
    page.set_viewport_size({"width": 1000, "height": 300})
    page.evaluate("scrollTo(0, 9999)")
    lasting, short = record_order(key), record_order(key)
    page.wait_for_selector("[data-act=show-new]:has-text('2 new orders')")
    reconciler.refuse_order(
        short.pk, status="denied", reason="no", source="here", now=timezone.now()
    )
    page.wait_for_selector("[data-act=show-new]:has-text('1 new order')")
    page.click("[data-act=show-new]")
    page.wait_for_selector(f"#order-{lasting.pk}")
    assert page.locator(f"#order-{short.pk}").count() == 0


def test_an_orders_timeline_that_could_not_be_read_is_read_later(
    tab: Tab, user: User, key: ExchangeKey
) -> None:
    order = record_order(key)
    page = open_live(tab, user, f"/orders/?order={order.pk}")
    was_refused = refuse_once(page, f"/orders/{order.pk}/")
    reconciler.refuse_order(
        order.pk, status="denied", reason="too dear", source="here", now=timezone.now()
    )
    page.wait_for_selector("#detail:has-text('too dear')")
    assert was_refused()


def test_a_list_of_orders_that_could_not_be_read_is_read_later(
    tab: Tab, user: User, key: ExchangeKey
) -> None:
    order = record_order(key)
    page = open_live(tab, user, "/orders/")
    was_refused = refuse_once(page, "/orders/?side=sell")
    page.select_option("[name=side]", "sell")
    page.wait_for_selector(f"#order-{order.pk}", state="detached")
    assert was_refused()


# Holdings


def test_holdings_that_could_not_be_painted_are_painted_later(
    tab: Tab, user: User, key: ExchangeKey
) -> None:
    set_balances(key, USDT="100")
    page = open_live(tab, user, "/holdings/")
    was_refused = refuse_once(page, "/holdings/")
    set_balances(key, USDT="250.75")
    page.wait_for_selector("#holdings:has-text('250.75')")
    assert was_refused()


# Bots


def test_what_could_not_be_painted_is_painted_later(tab: Tab, user: User, key: ExchangeKey) -> None:
    bot = create_bot(key, "old")
    page = open_live(tab, user, "/bots/")
    was_refused = refuse_once(page, "/bots/")
    rename_bot(bot, "new")
    page.wait_for_selector("#rows .name:has-text('new')")
    assert was_refused()
    assert is_same(page)


def test_what_is_never_answered_is_asked_for_again(tab: Tab, user: User, key: ExchangeKey) -> None:
    """Its connection broke without a word, while the socket's did not."""
    bot, unanswered = create_bot(key, "old"), list["Route"]()
    page = tab(user, "/bots/", clock=True)
    page.wait_for_selector(LIVE)
    page.route("**/bots/", lambda route: unanswered.append(route), times=1)
    with page.expect_request("**/bots/"):
        rename_bot(bot, "new")
    page.clock.run_for(40_000)
    page.wait_for_selector("#rows .name:has-text('new')")
    assert unanswered


def test_a_bots_page_does_not_tell_of_others(tab: Tab, user: User, key: ExchangeKey) -> None:
    mine, other = create_bot(key, "mine"), create_bot(key, "other")
    page = open_live(tab, user, f"/bots/{mine.pk}/")
    delete_bot(other)
    rename_bot(mine, "still here")
    page.wait_for_selector("#head h1:has-text('still here')")
    assert page.locator(".toast:has-text('gone')").count() == 0


def test_a_bots_page_says_that_its_key_is_off(tab: Tab, user: User, key: ExchangeKey) -> None:
    page = open_live(tab, user, f"/bots/{create_running_bot(key).pk}/")
    actions.deactivate(key.pk)
    page.wait_for_selector("#head .state:has-text('is switched off')")


def test_the_focus_stays_on_what_was_pressed(tab: Tab, user: User, key: ExchangeKey) -> None:
    """Also when the row moves: what needs attention comes first."""
    first, second = create_bot(key, "first"), create_bot(key, "second")
    page = open_live(tab, user, "/bots/")
    page.focus(f"#bot-{second.pk} .act button")
    page.keyboard.press("Enter")
    page.wait_for_selector(f"#bot-{second.pk}[data-mode=running] + #bot-{first.pk}")
    assert read_focus(page) == "Stop"


@pytest.mark.parametrize(
    ("path", "presses"),
    [("/bots/", ["#rows .act button"]), ("/orders/", ["#rows .act button", "#ask [value=yes]"])],
)
def test_who_was_signed_out_comes_back_to_the_page(
    tab: Tab, user: User, key: ExchangeKey, path: str, presses: list[str]
) -> None:
    record_order(key, bot=create_bot(key))
    page = open_live(tab, user, path)
    page.context.clear_cookies(name="sessionid")
    for button in presses:
        page.click(button)
    page.fill("[name=login]", user.username)
    page.fill("[name=password]", PASSWORD)
    page.click("button:has-text('Sign in')")
    page.wait_for_selector("#rows .act button")
    assert urlsplit(page.url).path == path


# The log


def test_typing_in_the_search_goes_on(tab: Tab, user: User, key: ExchangeKey) -> None:
    bot = create_bot(key)
    note_entry(bot, "started, run 1")
    note_entry(bot, "stopped by hand")
    page = open_live(tab, user, "/logs/")
    page.keyboard.press("/")
    page.keyboard.type("st")
    page.wait_for_url(re.compile(r"[?&]q=st$"))
    page.wait_for_selector("#levels [data-level=info]:has-text('2')")
    page.keyboard.type("arted")
    page.wait_for_selector("#levels [data-level=info]:has-text('1')")
    assert page.locator("#log li").count() == 1
    assert page.input_value("[name=q]") == "started"
    assert "q=started" in str(page.get_attribute("a:has-text('Clear the log')", "href"))
    note_entry(bot, "started, run 2")
    page.wait_for_selector("#log li:has-text('run 2')")
    assert is_same(page)


def test_levels_are_counted_beside_the_one_that_is_shown(
    tab: Tab, user: User, key: ExchangeKey
) -> None:
    bot = create_bot(key)
    page = open_live(tab, user, "/logs/?level=info")
    note_entry(bot, "it broke", level="error")
    page.wait_for_selector("#levels [data-level=error]:has-text('1')")


def test_no_line_is_lost_between_two_pages(tab: Tab, user: User, key: ExchangeKey) -> None:
    bot = create_bot(key)
    for number in range(110):
        note_entry(bot, f"line {number}")
    page = open_live(tab, user, "/logs/")
    for number in range(3):
        note_entry(bot, f"newer {number}")
    page.wait_for_selector("#log li:has-text('newer 2')")
    last = int(str(page.locator("#log li").last.get_attribute("id")).removeprefix("line-"))
    page.wait_for_selector(f".more a[href*='before={last}']")


# Signals


def test_signals_call_a_bot_by_its_new_name(tab: Tab, user: User, key: ExchangeKey) -> None:
    bot = create_running_bot(key, "old", strategy="manual", settings={"amount": "100"})
    receive_signal(user)
    page = open_live(tab, user, "/signals/")
    page.wait_for_selector("button:has-text('Execute with old')")
    rename_bot(bot, "new")
    page.wait_for_selector("button:has-text('Execute with new')")
    assert is_same(page)


def test_a_new_signal_does_not_take_the_focus_away(tab: Tab, user: User) -> None:
    receive_signal(user)
    page = open_live(tab, user, "/signals/")
    page.locator(".signal button", has_text="Ignore").focus()
    newer = receive_signal(user, "ETH/USDT")
    page.wait_for_selector(f"#signal-{newer.pk}")
    assert read_focus(page) == "Ignore"


def test_what_the_hook_has_heard_is_told(tab: Tab, user: User) -> None:
    page = open_live(tab, user, "/signals/")
    assert "No request yet" in page.inner_text("#hook")
    send(user)
    page.wait_for_selector("#hook:has-text('Last request')")
    assert is_same(page)


def test_signals_that_could_not_be_painted_are_painted_later(tab: Tab, user: User) -> None:
    page = open_live(tab, user, "/signals/")
    was_refused = refuse_once(page, "/signals/")
    signal = receive_signal(user)
    page.wait_for_selector(f"#signal-{signal.pk}")
    assert was_refused()


# Portfolio


def test_the_portfolio_goes_on_below_the_focus(tab: Tab, user: User, key: ExchangeKey) -> None:
    set_balances(key, USDT="100")
    create_pnl_book(create_bot(key), "5")
    page = open_live(tab, user, "/portfolio/")
    page.focus(".curve nav a:has-text('24 h')")
    set_balances(key, USDT="250.75")
    page.wait_for_selector(".total:has-text('250.75')")
    assert read_focus(page) == "24 h"


def test_the_portfolio_is_painted_later_if_not_now(tab: Tab, user: User, key: ExchangeKey) -> None:
    set_balances(key, USDT="100")
    page = open_live(tab, user, "/portfolio/")
    was_refused = refuse_once(page, "/portfolio/")
    set_balances(key, USDT="250.75")
    page.wait_for_selector(".total:has-text('250.75')")
    assert was_refused()


def test_ages_on_the_portfolio_count_up(tab: Tab, user: User, key: ExchangeKey) -> None:
    set_balances(key, USDT="100")
    page = tab(user, "/portfolio/", clock=True)
    page.wait_for_selector(LIVE)
    page.clock.run_for(180_000)
    page.wait_for_selector("time:text-matches('^[34] min ago$')")


def test_what_is_held_is_worth_something_else_by_and_by(
    tab: Tab, user: User, key: ExchangeKey
) -> None:
    """Nobody tells of the price of what was never traded here."""
    set_balances(key, BTC="2")
    set_prices(key, BTC="40000")
    page = tab(user, "/portfolio/", clock=True)
    page.wait_for_selector(LIVE)
    page.wait_for_selector(".total:has-text('80,000.00')")
    set_prices(key, BTC="41000")
    page.clock.run_for(70_000)
    page.wait_for_selector(".total:has-text('82,000.00')")
