"""The portfolio page: everything that is there once, paper and live apart, nobody else's."""

import re
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import DjangoAssertNumQueries

from bots.models import Bot, ClosedTrade, IncomeEntry, PnlBook, PnlDay, PnlHour, PortfolioValue
from bots.prices import price_table
from exchanges.holdings import record
from exchanges.holdings.record import HoldingsReport
from exchanges.instruments import VenueMarket
from exchanges.keys import actions
from exchanges.models import ExchangeKey
from tests.bots.pnl.fills import stats_of
from tests.exchanges.holding_reports import balance_report
from tests.pages.conftest import Tab
from users.models import User

Attach = Callable[..., ExchangeKey]


@pytest.fixture
def ada(client: Client, user: User) -> Client:
    client.force_login(user, "django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def attach(user: User) -> Attach:
    def attach_one(label: str = "Main", *, owner: User = user, **more: Any) -> ExchangeKey:
        key = actions.attach(
            user=owner,
            label=label,
            venue="binance",
            market="spot",
            api_key=f"{owner}-{label}-" + "k" * 12,
            secret="s",
        )
        ExchangeKey.objects.filter(pk=key.pk).update(**more)
        key.refresh_from_db()
        return key

    return attach_one


def set_balances(key: ExchangeKey, **amounts: str) -> None:
    now = timezone.now()
    said = [balance_report(currency, amount, "0") for currency, amount in amounts.items()]
    record.record(
        key.pk, HoldingsReport(at=now, balances=said, positions=[], complete=True), now=now
    )


def set_prices(key: ExchangeKey, **pairs: str) -> None:
    told = {f"{base}/USDT": price for base, price in pairs.items()}
    price_table.store_prices(VenueMarket(key.venue, "spot", key.is_paper), told, now=timezone.now())


def close_trades(
    key: ExchangeKey, *nets: str, bot: Bot | None = None, symbol: str = "BTC/USDT"
) -> PnlBook:
    """A round a day, today's the last."""
    results = [Decimal(net) for net in nets]
    today = timezone.now()
    book = PnlBook.objects.create(
        user=key.user,
        key=key,
        bot=bot,
        symbol=symbol,
        quote=symbol.partition("/")[2],
        gross=sum(results),
        newest_at=today,
        state={"tally": stats_of(results).dump()},
    )
    for back, net in enumerate(reversed(results)):
        at = today - timedelta(days=back)
        won, lost = max(net, Decimal(0)), max(-net, Decimal(0))
        PnlDay.objects.create(
            book=book,
            on=at.date(),
            gross=net,
            fills=2,
            rounds=1,
            wins=bool(won),
            losses=bool(lost),
            won=won,
            lost=lost,
        )
        PnlHour.objects.update_or_create(
            book=book, weekday=at.weekday(), hour=at.hour, defaults={"net": net, "rounds": 1}
        )
        ClosedTrade.objects.create(
            book=book, began_at=at, ended_at=at, turnover=1, gross=net, fees=0, parts=2
        )
    return book


def create_grid_bot(key: ExchangeKey, name: str = "grid-1") -> Bot:
    return Bot.objects.create(user=key.user, key=key, name=name, symbol="BTC/USDT", strategy="grid")


def get_page(client: Client, **asked: str) -> str:
    answer = client.get("/portfolio/", asked)
    assert answer.status_code == 200
    return answer.content.decode()


def read_text(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def test_without_a_key_it_teaches(ada: Client) -> None:
    assert "Nothing to add up yet" in get_page(ada)


def test_without_a_fill_it_teaches_too(ada: Client, attach: Attach) -> None:
    attach()
    assert "No fills yet" in get_page(ada)


def test_who_is_nobody_signs_in(client: Client) -> None:
    assert client.get("/portfolio/").status_code == 302


def test_what_it_is_worth_and_what_has_no_price(ada: Client, attach: Attach) -> None:
    key = attach()
    set_balances(key, USDT="1000", BTC="0.5", ODD="3")
    set_prices(key, BTC="40000")
    shown = read_text(get_page(ada))
    assert "Worth now 21,000.00 USDT" in shown
    assert "Not counted, because no price is known: ODD." in shown
    assert "95.2 %" in shown


def test_the_currency_is_remembered(ada: Client, attach: Attach) -> None:
    key = attach()
    set_balances(key, USDT="1000")
    set_prices(key, BTC="40000")
    assert "0.02500000 BTC" in read_text(get_page(ada, currency="btc"))
    assert "0.02500000 BTC" in read_text(get_page(ada))
    assert "0.02500000 BTC" in read_text(get_page(ada, currency="NONSENSE"))


def test_paper_and_live_are_two_pages(ada: Client, attach: Attach) -> None:
    set_balances(attach("Genuine"), USDT="1000")
    set_balances(attach("Sham", is_paper=True), USDT="70")
    live, paper = get_page(ada), get_page(ada, money="paper")
    assert "Worth now 1,000.00 USDT" in read_text(live)
    assert "SIMULATED" not in live
    assert "Sham" not in live
    assert "Worth now sim 70.00 USDT" in read_text(paper)
    assert "SIMULATED" in paper
    assert "Genuine" not in paper


def test_money_that_is_not_there_is_not_shown(ada: Client, attach: Attach) -> None:
    set_balances(attach("Sham", is_paper=True), USDT="70")
    for asked in ("live", "paper", ""):
        assert "Worth now sim 70.00 USDT" in read_text(get_page(ada, money=asked))


def test_what_changed_as_far_as_is_known(ada: Client, attach: Attach, user: User) -> None:
    set_balances(attach(), USDT="1000")
    for hours, value in ((24, "800"), (1, "990")):
        at = timezone.now() - timedelta(hours=hours)
        PortfolioValue.objects.create(user=user, is_paper=False, at=at, value=value)
    shown = read_text(get_page(ada))
    assert "24 h +200.00 25.0 %" in shown
    assert "7 d \N{EN DASH} 30 d" in shown


def test_what_was_paid_in_is_no_change(ada: Client, attach: Attach, user: User) -> None:
    key = attach()
    set_balances(key, USDT="1000")
    now = timezone.now()
    at = now - timedelta(hours=24)
    PortfolioValue.objects.create(user=user, is_paper=False, at=at, value="800")
    row = {"user": user, "key": key, "kind": "deposit", "asset": "USDT", "venue_id": "1"}
    IncomeEntry.objects.create(**row, amount=150, value=150, at=now - timedelta(hours=2))
    assert "24 h +50.00 6.2 %" in read_text(get_page(ada))


def test_funding_is_shown_apart_and_in_the_sum(ada: Client, attach: Attach, user: User) -> None:
    key = attach()
    close_trades(key, "10", "-4", "6")
    row = {"user": user, "key": key, "kind": "funding", "asset": "USDT", "venue_id": "1"}
    IncomeEntry.objects.create(**row, amount="-1.5", at=timezone.now())
    shown = read_text(get_page(ada, period="all"))
    assert "With funding and income" in shown
    assert "+10.50 USDT \N{MINUS SIGN}1.50 of funding, 0.00 of interest" in shown


def test_what_was_earned(ada: Client, attach: Attach) -> None:
    close_trades(attach(), "10", "-4", "6")
    shown = read_text(get_page(ada, period="all"))
    for told in ("+12.00 USDT", "66.7 %", "2 won, 1 lost", "4.00", "16.00 won, 4.00 lost"):
        assert told in shown
    assert "average loss \N{MINUS SIGN}4.00" in shown
    assert "\N{MINUS SIGN}4.00 USDT from a peak" in shown
    assert "funding and other income, where there was any" in shown


def test_a_period_is_whole_days(ada: Client, attach: Attach) -> None:
    close_trades(attach(), *["1"] * 10)
    assert "+7.00 USDT" in read_text(get_page(ada, period="7"))
    assert "+10.00 USDT" in read_text(get_page(ada, period="30"))


def test_a_bots_fills_are_counted_once(ada: Client, attach: Attach) -> None:
    key = attach()
    bot = create_grid_bot(key)
    close_trades(key, "10", "5")
    close_trades(key, "5", bot=bot)
    assert "+15.00 USDT" in read_text(get_page(ada))
    assert "Net profit ? The result of closed" in read_text(get_page(ada, bot=str(bot.pk)))
    assert "+5.00 USDT" in read_text(get_page(ada, bot=str(bot.pk)))


def test_a_bot_and_a_key_narrow_together(ada: Client, attach: Attach) -> None:
    """A bot that was moved to another key has a book with each."""
    first, second = attach("First"), attach("Second")
    bot = create_grid_bot(second, "moved")
    close_trades(first, "5", bot=bot)
    close_trades(second, "7", bot=bot)
    assert "+12.00 USDT" in read_text(get_page(ada, bot=str(bot.pk)))
    assert "+5.00 USDT" in read_text(get_page(ada, bot=str(bot.pk), key=str(first.pk)))


def test_currencies_are_never_added_up(ada: Client, attach: Attach) -> None:
    key = attach()
    close_trades(key, "10")
    close_trades(key, "0.5", symbol="ETH/BTC")
    assert "+10.00 USDT" in read_text(get_page(ada, quote="USDT"))
    assert "+0.50000000 BTC" in read_text(get_page(ada, quote="BTC"))


def test_bots_beside_each_other_sorted_by_their_heads(ada: Client, attach: Attach) -> None:
    key = attach()
    close_trades(key, "1")
    for name, net in (("low", "-3"), ("high", "8"), ("mid", "2")):
        close_trades(key, net, bot=create_grid_bot(key, name))

    def order(**asked: str) -> list[str]:
        table = get_page(ada, **asked).split('class="compared"')[1]
        return re.findall(r">(low|mid|high)</a>", table)

    assert order() == ["high", "mid", "low"]
    assert order(sort="net") == ["low", "mid", "high"]
    assert order(sort="name") == ["high", "low", "mid"]
    assert order(sort="-factor")[-1] in ("high", "mid")  # nothing lost: not known, so last


def test_provisional_is_said(ada: Client, attach: Attach) -> None:
    PnlBook.objects.filter(pk=close_trades(attach(), "1").pk).update(is_provisional=True)
    assert "Provisional: a fee" in get_page(ada)


def test_nobody_elses(ada: Client, attach: Attach, other_user: User) -> None:
    attach()
    theirs = attach("Theirs", owner=other_user)
    set_balances(theirs, USDT="31337")
    close_trades(theirs, "777", bot=create_grid_bot(theirs, "their bot"))
    book = close_trades(theirs, "777")
    for asked in ({}, {"key": str(theirs.pk)}, {"bot": str(book.bot_id)}, {"money": "live"}):
        shown = get_page(ada, **asked)
        assert "31,337" not in shown
        assert "777.0" not in shown
        assert "Theirs" not in shown


@pytest.mark.parametrize(
    "asked",
    [
        {"key": "x"},
        {"key": "9" * 40},
        {"bot": "-1"},
        {"period": "8"},
        {"sort": "-nonsense"},
        {"span": "x"},
        {"money": "x"},
        {"quote": "<b>"},
        {"currency": "\x00"},
    ],
)
def test_what_cannot_be_meant_is_ignored(
    ada: Client, attach: Attach, asked: dict[str, str]
) -> None:
    close_trades(attach(), "10")
    shown = get_page(ada, **asked)
    assert "<b>" not in shown
    assert "+10.00" in shown


def test_few_questions_however_many_bots(
    ada: Client, attach: Attach, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    key = attach()
    set_balances(key, USDT="1000", BTC="1")
    for number in range(50):
        close_trades(key, "1", "2", bot=create_grid_bot(key, f"bot {number}"))
    close_trades(key, "1", "2")
    get_page(ada)  # the first request of a session writes that down
    with django_assert_max_num_queries(31):
        shown = get_page(ada)
    assert shown.count("bot 4") > 10


@pytest.mark.browser
def test_the_page_changes_by_itself_and_a_choice_is_sent_when_it_is_made(
    tab: Tab, user: User, attach: Attach
) -> None:
    key = attach()
    set_balances(key, USDT="100")
    close_trades(key, "1", "2")
    open_page = tab(user, "/portfolio/")
    open_page.wait_for_selector("#dot[data-state=live]")
    open_page.evaluate("window.sameDocument = true")
    set_balances(key, USDT="250.75")
    open_page.wait_for_selector(".total:has-text('250.75')")
    assert open_page.evaluate("window.sameDocument")
    open_page.select_option("[name=period]", "all")
    open_page.wait_for_url("**/portfolio/?*period=all*")
    open_page.wait_for_selector("text=Earned so far")
