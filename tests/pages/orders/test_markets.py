"""The markets page: what one trades or chose, as it was last known, and then as it moves."""

from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client
from django.utils import timezone

from exchanges.keys import actions
from exchanges.models import ExchangeKey, Symbol
from exchanges.prices.chart_candles import CandleData, keep_candles
from realtime import prices, redis
from tests.pages.conftest import Tab
from tests.trading import record_order
from users.models import User

if TYPE_CHECKING:
    from playwright.sync_api import Page

BTC, ETH, DOGE = (f"binance.spot.paper:{coin}/USDT" for coin in ("BTC", "ETH", "DOGE"))
Attach = Callable[..., ExchangeKey]


def create_symbol(coin: str, *, step: str) -> None:
    Symbol.objects.create(
        venue="binance",
        market="spot",
        is_paper=True,
        name=f"{coin}/USDT",
        base=coin,
        quote="USDT",
        price_step=Decimal(step),
        quantity_step=Decimal("0.0001"),
        min_quantity=0,
        min_cost=0,
        read_at=timezone.now(),
    )


@pytest.fixture(autouse=True)
def _known_symbols(db: None) -> None:
    for coin, step in (("BTC", "0.01"), ("ETH", "0.01"), ("DOGE", "0.00001")):
        create_symbol(coin, step=step)
    redis.redis_client().set(prices.FOLLOWED + "binance.spot.paper", "a process")


@pytest.fixture
def attach(user: User) -> Attach:
    def attach_one(owner: User = user) -> ExchangeKey:
        return actions.attach(
            user=owner,
            label="Paper",
            venue="binance",
            market="spot",
            api_key=f"{owner}-" + "k" * 12,
            secret="s",
            is_paper=True,
        )

    return attach_one


def publish_prices(
    instrument: str, last: str, *, bid: str = "1", ask: str = "2", stale: bool = False
) -> None:
    at = timezone.now().isoformat(timespec="microseconds").replace("+00:00", "Z")
    common = {"instrument": instrument, "simulated": True, "bid": bid, "ask": ask}
    price: Any = {**common, "at": at, "stale": stale, "last": last}
    book: Any = {**common, "at": at, "stale": stale, "bid_quantity": "0.5", "ask_quantity": "1.25"}
    prices.publish_changes([("price_update", price), ("book_update", book)])


def make_candle(price: str) -> CandleData:
    at = "2026-03-01T00:00:00Z"
    return CandleData(at=at, open=price, high=price, low=price, close=price, volume="1")


@pytest.fixture
def ada(client: Client, user: User) -> Client:
    client.force_login(user, "django.contrib.auth.backends.ModelBackend")
    return client


def list_symbols(answer: Any) -> list[str]:
    return [row.name for row in answer.context["rows"]]


def test_the_best_known_at_the_venues_of_ones_keys(
    ada: Client, attach: Attach, other_user: User
) -> None:
    assert "Connect an exchange first" in ada.get("/markets/").content.decode()
    attach(other_user)
    assert list_symbols(ada.get("/markets/")) == []
    attach()
    assert list_symbols(ada.get("/markets/")) == [BTC, ETH]


def test_what_one_trades_and_nobody_else(ada: Client, attach: Attach, other_user: User) -> None:
    record_order(attach(other_user), symbol="BTC/USDT")
    mine = attach()
    record_order(mine, symbol="DOGE/USDT")
    record_order(mine, symbol="ETH/USDT")
    record_order(mine, symbol="GONE/USDT")
    assert list_symbols(ada.get("/markets/")) == [ETH, DOGE]


def test_what_was_chosen_and_the_last_known_prices_without_javascript(
    ada: Client, attach: Attach
) -> None:
    attach()
    publish_prices(BTC, "60000.5", bid="60000.25", ask="60001")
    page = ada.get("/markets/", {"i": [BTC, "nonsense", "binance.spot:NO/SUCH", BTC]})
    assert list_symbols(page) == [BTC]
    row = page.context["rows"][0]
    assert row.numbers["last"] == ("60,000", ".5", "0")
    assert row.numbers["spread"] == ("0", ".75", "")
    assert row.numbers["ask_quantity"] == ("1", ".25", "00")
    text = page.content.decode()
    assert "SIMULATED" in text
    assert "stale" not in text
    assert prices.list_requested() == {BTC}


def test_each_column_sorts_both_ways_without_javascript(ada: Client, attach: Attach) -> None:
    attach()
    publish_prices(BTC, "60000.5", bid="60000.25", ask="60001")
    publish_prices(ETH, "3000", bid="2999", ask="3001")
    shown = {"i": [ETH, DOGE, BTC]}
    for column in ("last", "bid", "ask"):
        assert list_symbols(ada.get("/markets/", shown | {"sort": column})) == [ETH, BTC, DOGE]
        assert list_symbols(ada.get("/markets/", shown | {"sort": f"-{column}"})) == [
            BTC,
            ETH,
            DOGE,
        ]
    assert list_symbols(ada.get("/markets/", shown | {"sort": "spread"})) == [BTC, ETH, DOGE]
    page = ada.get("/markets/", shown | {"sort": "-symbol"})
    assert list_symbols(page) == [ETH, DOGE, BTC]
    assert page.content.decode().count('aria-sort="descending"') == 1
    for head in page.context["heads"]:
        answer = ada.get(f"/markets/{head['address']}")
        assert sorted(list_symbols(answer)) == sorted([ETH, DOGE, BTC])
        assert answer.context["sort"].removeprefix("-") == head["column"].name
    assert list_symbols(ada.get("/markets/", shown | {"sort": "id; drop"})) == [ETH, DOGE, BTC]


def test_favourites_come_first_and_are_ones_own(
    ada: Client, attach: Attach, user: User, other_user: User
) -> None:
    attach()
    wanted = {"name": DOGE, "mark": "on", "i": [ETH], "sort": "-last"}
    answer = ada.post("/markets/favourites/", wanted, follow=True)
    assert list_symbols(answer) == [DOGE, ETH]
    assert answer.context["sort"] == "-last"
    ada.post("/markets/favourites/", wanted)
    user.refresh_from_db()
    other_user.refresh_from_db()
    assert (user.favourite_markets, other_user.favourite_markets) == ([DOGE], [])
    assert list_symbols(ada.get("/markets/", {"sort": "symbol"})) == [DOGE, BTC, ETH]
    gone = {"name": "binance.spot.paper:GONE/USDT", "mark": "on"}
    assert ada.post("/markets/favourites/", gone).status_code == 404
    ada.post("/markets/favourites/", {"name": DOGE, "mark": "off"})
    assert list_symbols(ada.get("/markets/")) == [BTC, ETH]


def test_the_last_day_is_there_without_javascript(ada: Client, attach: Attach) -> None:
    attach()
    for name, last in ((BTC, "110"), (ETH, "90")):
        keep_candles(name, "1h", [make_candle("100")] * 24 + [make_candle(last)])
    page = ada.get("/markets/", {"sort": "day"})
    assert list_symbols(page) == [ETH, BTC]
    assert "+10.00 %" in page.content.decode()
    assert page.content.decode().count("<polyline") == 2


def test_old_prices_say_so_without_javascript(ada: Client, attach: Attach) -> None:
    attach()
    publish_prices(BTC, "60000.5", stale=True)
    assert "stale since" in ada.get("/markets/", {"i": BTC}).content.decode()


def test_found_by_words_at_ones_own_venues(ada: Client, attach: Attach, user: User) -> None:
    key = attach()
    page = ada.get("/markets/", {"q": "usdt", "i": ETH})
    assert [one["name"] for one in page.context["found"]] == [BTC, DOGE]
    assert "BTC%2FUSDT" in page.context["found"][0]["address"]
    assert "ETH%2FUSDT" in page.context["found"][0]["address"]
    unknown = ada.get("/markets/", {"q": "\x00zzz"}).content.decode()
    assert "No other symbol at your venues" in unknown
    key.is_active = False
    key.save()
    assert ada.get("/markets/", {"q": "usdt", "i": ETH}).context["found"] == []


def test_only_for_who_signed_in(client: Client) -> None:
    assert client.get("/markets/").status_code == 302


def read_cell(page: "Page", name: str, instrument: str = BTC) -> str:
    found = page.locator(f'tr[data-instrument="{instrument}"] [data-cell="{name}"]')
    return " ".join(found.inner_text().split())


def wait_for(page: "Page", words: str, instrument: str = BTC) -> None:
    page.locator(f'tr[data-instrument="{instrument}"]', has_text=words).wait_for()


def test_prices_move_where_they_stand(tab: Tab, user: User, attach: Attach) -> None:
    attach()
    publish_prices(BTC, "60000.5")
    page = tab(user, "/markets/")
    page.locator('.dot[data-state="live"]').wait_for()
    assert read_cell(page, "last") == "60,000.50"
    publish_prices(BTC, "60001.25", bid="60001", ask="60001.75")
    wait_for(page, "60,001.25")
    row = page.locator(f'tr[data-instrument="{BTC}"]')
    assert row.get_attribute("data-way") == "up"
    wait_for(page, "0.75")
    assert (read_cell(page, "spread"), read_cell(page, "ask_quantity")) == ("0.75", "1.2500")
    publish_prices(BTC, "59000")
    wait_for(page, "59,000.00")
    assert row.get_attribute("data-way") == "down"
    publish_prices(BTC, "59000", stale=True)
    wait_for(page, "stale")
    publish_prices(BTC, "59000")
    page.locator(f'tr[data-instrument="{BTC}"]:not([data-stale])').wait_for()


def test_adding_removing_and_coming_back(tab: Tab, user: User, attach: Attach) -> None:
    attach()
    page = tab(user, "/markets/")
    page.keyboard.press("/")
    page.keyboard.type("doge")
    page.keyboard.press("Enter")
    page.get_by_role("link", name=f"Add {DOGE}").click()
    publish_prices(DOGE, "0.12345")
    wait_for(page, "0.12345", DOGE)
    page.get_by_role("link", name=f"Remove {ETH}").click()
    page.locator(f'tr[data-instrument="{ETH}"]').wait_for(state="detached")
    page.locator("tr[data-instrument]").nth(1).wait_for()
    page.goto("/markets/")  # what was chosen is remembered here
    page.wait_for_url("**/markets/?i=*")
    page.locator(f'tr[data-instrument="{DOGE}"]').wait_for()
    page.get_by_role("link", name="Show what I trade").click()
    page.locator(f'tr[data-instrument="{ETH}"]').wait_for()
    assert page.locator(f'tr[data-instrument="{DOGE}"]').count() == 0


def test_a_star_is_kept_and_moves_a_market_first(tab: Tab, user: User, attach: Attach) -> None:
    attach()
    page = tab(user, "/markets/")
    page.locator('.dot[data-state="live"]').wait_for()
    star = page.get_by_role("button", name=f"Favourite: {ETH}")
    star.click()
    page.locator(f'tr[data-instrument="{ETH}"][data-favourite]').wait_for()
    assert star.get_attribute("aria-pressed") == "true"
    page.reload()
    assert page.locator("tr[data-instrument]").first.get_attribute("data-instrument") == ETH
    star.click()
    page.locator(f'tr[data-instrument="{ETH}"]:not([data-favourite])').wait_for()
    page.get_by_role("link", name="Symbol").click()
    page.locator("th[aria-sort=ascending]", has_text="Symbol").wait_for()
    assert page.locator("tr[data-instrument]").first.get_attribute("data-instrument") == BTC


def test_on_a_phone_nothing_is_wider_than_the_screen(tab: Tab, user: User, attach: Attach) -> None:
    attach()
    publish_prices(BTC, "60000.5", bid="60000.25", ask="60001")
    page = tab(user, "/markets/", viewport={"width": 360, "height": 700})
    page.locator('.dot[data-state="live"]').wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
