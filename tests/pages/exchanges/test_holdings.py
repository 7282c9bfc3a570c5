"""The holdings page shows what its owner has, and changes by itself; nobody sees another's."""

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client
from django.utils import timezone

from exchanges.base import RateLimitError
from exchanges.holdings import record
from exchanges.holdings.record import HoldingsReport
from exchanges.keys import actions
from exchanges.limits import bans
from exchanges.models import ExchangeKey
from exchanges.streams import leases
from exchanges.templatetags.amounts import amount, decimals_of
from tests.exchanges.holding_reports import balance_report, position_report
from tests.pages.conftest import Tab
from tests.services import wait_until
from users.models import User

if TYPE_CHECKING:
    from playwright.sync_api import Route

PERP = "BTC/USDT:USDT"
Attach = Callable[..., ExchangeKey]


@pytest.fixture
def ada(client: Client, user: User) -> Client:
    client.force_login(user, "django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def attach(user: User) -> Attach:
    def attach_one(owner: User = user, label: str = "Main") -> ExchangeKey:
        return actions.attach(
            user=owner,
            label=label,
            venue="binance",
            market="spot",
            api_key=f"{owner}-{label}-" + "k" * 12,
            secret="s",
        )

    return attach_one


def record_holdings(key: ExchangeKey, *said: Any) -> None:
    now = timezone.now()
    seen = HoldingsReport(
        at=now,
        balances=[one for one in said if hasattr(one, "free")],
        positions=[one for one in said if hasattr(one, "quantity")],
        complete=True,
    )
    record.record(key.pk, seen, now=now)


def ban_venue(key: ExchangeKey) -> None:
    now = timezone.now()
    bans.note(key, RateLimitError("Way too much", until=now + timedelta(minutes=5)), now=now)


def get_page(client: Client, address: str = "/holdings/") -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def test_what_is_held_and_what_is_not(ada: Client, attach: Attach, other_user: User) -> None:
    record_holdings(
        attach(),
        balance_report("USDT", "1500.5", "20"),
        position_report(
            *(PERP, "-0.5"), leverage="10", mark_price="50000", liquidation_price="54321"
        ),
    )
    record_holdings(attach(other_user, "Theirs"), balance_report("DOGE", "7"))
    shown = get_page(ada)
    assert 'id="balance-' in shown
    assert "1,500.5" in shown
    assert "▼ Short" in shown
    assert "10\N{MULTIPLICATION SIGN}" in shown
    assert "8.64 % away" in shown
    assert "Theirs" not in shown
    assert "DOGE" not in shown


def test_a_key_that_was_never_asked_does_not_pretend(ada: Client, attach: Attach) -> None:
    key = attach()
    assert "has not been asked yet" in get_page(ada)
    record_holdings(key)
    assert "Nothing is held here" in get_page(ada)


def test_no_keys_teaches(ada: Client) -> None:
    assert "Attach one" in get_page(ada)


@pytest.mark.parametrize(
    ("value", "decimals", "shown"),
    [
        ("1234567.5", 3, ("1,234,567.5", "00")),
        ("0.00000001", 8, ("0.00000001", "")),
        ("-20", 2, ("\N{MINUS SIGN}20", ".00")),
        ("7", 0, ("7", "")),
        (None, 4, ("\N{EN DASH}", "")),
    ],
)
def test_numbers_stand_on_their_point(
    value: str | None, decimals: int, shown: tuple[str, str]
) -> None:
    said = amount(value, decimals)
    assert (said["digits"], said["zeros"]) == shown


def test_profit_always_has_its_sign() -> None:
    signs = [str(amount(value, 0, signed=True)["digits"]) for value in ("5", "-5", "0")]
    assert signs == ["+5", "\N{MINUS SIGN}5", "0"]


def test_a_column_is_as_wide_as_its_longest_number() -> None:
    assert decimals_of(["1", "0.25", None, "3.125"]) == 3
    assert decimals_of([]) == 0


@pytest.mark.parametrize("address", ["/orders/", "/keys/", "/holdings/"])
def test_a_venue_that_must_wait_is_said_on_every_page(
    ada: Client, attach: Attach, address: str
) -> None:
    key = attach()
    assert "asks everybody to wait" not in get_page(ada, address)
    ban_venue(key)
    assert "Binance spot asks everybody to wait until" in get_page(ada, address)


def test_how_a_stream_fares_is_on_the_keys_page(ada: Client, attach: Attach) -> None:
    key = attach()
    assert "Not followed" in get_page(ada, "/keys/")
    leases.take_turn("one")
    now = timezone.now()
    leases.note_all("one", {key.pk: {"state": "live", "connected_since": now, "restarts": 2}})
    shown = get_page(ada, "/keys/")
    assert 'data-state="live"' in shown
    assert "2 restarts" in shown
    leases.note_all(
        "one", {key.pk: {"state": "waiting", "last_error": "the venue ended the stream"}}
    )
    assert "the venue ended the stream" in get_page(ada, "/keys/")


def test_a_key_that_must_wait_alone_says_so(ada: Client, attach: Attach) -> None:
    key, now = attach(), timezone.now()
    alone = RateLimitError("too many of yours", until=now + timedelta(minutes=5), everyone=False)
    bans.note(key, alone, now=now)
    shown = get_page(ada, "/keys/")
    assert "its venue asks it to wait until" in shown
    assert "asks everybody to wait" not in shown


# In a browser


@pytest.mark.browser
def test_the_page_changes_by_itself(tab: Tab, user: User, attach: Attach) -> None:
    key = attach()
    record_holdings(key, balance_report("USDT", "100"))
    open_page = tab(user, "/holdings/")
    open_page.wait_for_selector("#dot[data-state=live]")
    open_page.evaluate("window.sameDocument = true")
    record_holdings(key, balance_report("USDT", "250.75"), position_report(PERP, "0.5"))
    open_page.wait_for_selector("td:has-text('250.75')")
    open_page.wait_for_selector("tr:has-text('▲ Long')")
    assert open_page.evaluate("window.sameDocument")


@pytest.mark.browser
@pytest.mark.parametrize("address", ["/orders/", "/keys/", "/holdings/"])
def test_an_open_tab_learns_of_a_wait_and_of_its_end(
    tab: Tab, user: User, attach: Attach, address: str
) -> None:
    key = attach()
    open_page = tab(user, address)
    open_page.wait_for_selector("#dot[data-state=live]")
    ban_venue(key)
    open_page.wait_for_selector("#waiting .notlive:has-text('asks everybody to wait')")
    over = timezone.now() + timedelta(minutes=6)
    assert bans.get_end(key, now=over) is None
    open_page.wait_for_selector("#waiting .notlive", state="detached")


@pytest.mark.browser
def test_a_ban_between_the_page_and_its_stream_is_shown(
    tab: Tab, user: User, attach: Attach
) -> None:
    key = attach()
    held: list[Route] = []
    open_page = tab(user, "/reports/")
    open_page.route("**/orders/", lambda route: held.append(route), times=1)
    open_page.evaluate("location.assign('/orders/')")
    wait_until(lambda: open_page.title() and held, timeout=30, what="the request for the page")
    answer = held[0].fetch()
    ban_venue(key)
    held[0].fulfill(response=answer)
    open_page.wait_for_selector("#waiting .notlive:has-text('nothing is sent there')")


@pytest.mark.browser
def test_an_open_keys_page_follows_the_stream(tab: Tab, user: User, attach: Attach) -> None:
    key = attach()
    open_page = tab(user, "/keys/")
    open_page.wait_for_selector("#dot[data-state=live]")
    leases.take_turn("one")
    leases.note_all("one", {key.pk: {"state": "waiting", "last_error": "no answer in time"}})
    open_page.wait_for_selector(".stream:has-text('no answer in time')")
    leases.release_keys("one", [key.pk])
    open_page.wait_for_selector(".stream [data-state=idle]")
