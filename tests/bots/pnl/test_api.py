"""What was earned, as asked for: each currency apart, paper and live apart, nobody else's."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from pytest_django.fixtures import DjangoAssertNumQueries
from rest_framework.test import APIClient

from bots.models import Bot, ClosedTrade, PnlBook, PnlDay, PnlHour
from bots.pnl.summary import summarize
from exchanges.models import ExchangeKey
from tests.bots.pnl.fills import create_key, stats_of
from tests.orders.reports import NOON
from users.models import User

NETS = ["10", "-4", "6", "3", "-9", "-2", "5"]


@pytest.fixture
def api(user: User) -> APIClient:
    client = APIClient()
    client.force_authenticate(user)
    return client


@pytest.fixture
def bot(key: ExchangeKey) -> Bot:
    return Bot.objects.create(user=key.user, key=key, name="grid-1", symbol="BTC/USDT")


def book(
    key: ExchangeKey, nets: list[str], *, symbol: str = "BTC/USDT", bot: Any = None
) -> PnlBook:
    """A round a day."""
    results = [Decimal(net) for net in nets]
    made = PnlBook.objects.create(
        user=key.user,
        key=key,
        bot=bot,
        symbol=symbol,
        quote=symbol.partition("/")[2],
        gross=sum(results) + 1,
        fees=1,
        newest_at=NOON,
        state={"tally": stats_of(results).dump()},
    )
    for number, net in enumerate(results):
        at = NOON + timedelta(days=number)
        fee = 0 if number else 1
        PnlDay.objects.create(
            book=made,
            on=at.date(),
            gross=net + fee,
            fees=fee,
            fills=2,
            volume=100,
            rounds=1,
            wins=net > 0,
            losses=net < 0,
            won=net if net > 0 else 0,
            lost=-net if net < 0 else 0,
            best=net,
            worst=net,
        )
        PnlHour.objects.create(book=made, weekday=at.weekday(), hour=at.hour, net=net, rounds=1)
        ClosedTrade.objects.create(
            book=made, began_at=at, ended_at=at, turnover=1, gross=net, fees=0, parts=2
        )
    return made


def test_the_summary_of_one_book(api: APIClient, key: ExchangeKey) -> None:
    book(key, NETS)
    (answer,) = api.get("/api/v1/analytics/summary/").json()
    assert answer == {
        "simulated": True,
        "currency": "USDT",
        "gross": "10",
        "fees": "1",
        "net": "9",
        "volume": "700",
        "fills": 14,
        "provisional": False,
        "rounds": 7,
        "wins": 4,
        "losses": 3,
        "win_rate": "0.57142857",
        "profit_factor": "1.6",
        "average_win": "6",
        "average_loss": "5",
        "best": "10",
        "worst": "-9",
        "longest_wins": 2,
        "longest_losses": 2,
        "drawdown": "11",
        "sharpe": answer["sharpe"],
        "newest_at": "2026-03-01T12:00:00.000000Z",
        "unrealised": {
            "value": "0",
            "contracts": "0",
            "coins": "0",
            "age": None,
            "stale": False,
            "unpriced": [],
        },
        "leaves_out": [],
        "funding": "0",
        "income": "0",
        "total": "9",
    }
    assert answer["sharpe"] == "3.73557641"


def test_currencies_are_never_added_up(api: APIClient, key: ExchangeKey) -> None:
    book(key, ["5"])
    book(key, ["7"], symbol="ETH/BTC")
    book(key, ["1"], symbol="ETH/USDT")
    answer = api.get("/api/v1/analytics/summary/").json()
    assert [(one["currency"], one["net"]) for one in answer] == [("BTC", "7"), ("USDT", "6")]


def test_paper_and_live_are_never_added_up(api: APIClient, key: ExchangeKey, user: User) -> None:
    live = ExchangeKey.objects.create(
        user=user, label="live", venue="binance", market="spot", api_key="x", sealed_secret=b"x"
    )
    book(key, ["5"])
    book(live, ["7"])
    answer = api.get("/api/v1/analytics/summary/").json()
    assert [(one["simulated"], one["net"]) for one in answer] == [(False, "7"), (True, "5")]


def test_a_bots_fills_are_in_its_keys_book_and_counted_once(
    api: APIClient, key: ExchangeKey, bot: Bot
) -> None:
    book(key, ["5"])
    book(key, ["5"], bot=bot)
    (whole,) = api.get("/api/v1/analytics/summary/").json()
    (its,) = api.get("/api/v1/analytics/summary/", {"bot": bot.pk}).json()
    assert whole["net"] == its["net"] == "5"
    (compared,) = api.get("/api/v1/analytics/bots/").json()
    assert (compared["name"], compared["net"]) == ("grid-1", "5")


def test_day_by_day(api: APIClient, key: ExchangeKey) -> None:
    book(key, NETS)
    (answer,) = api.get("/api/v1/analytics/daily/").json()
    assert [day["equity"] for day in answer["days"]] == ["10", "6", "12", "15", "6", "4", "9"]
    assert answer["days"][0]["on"] == "2026-03-01"


def test_results_by_hour_of_the_week(api: APIClient, key: ExchangeKey) -> None:
    book(key, NETS)
    (answer,) = api.get("/api/v1/analytics/hours/").json()
    assert answer["hours"][0] == {"weekday": 0, "hour": 12, "net": "-4", "rounds": 1}


def test_closed_trades_are_listed_newest_first(api: APIClient, key: ExchangeKey) -> None:
    """Of two books, page by page and back again: each once, and all that there are."""
    book(key, NETS)
    book(key, NETS[:4], symbol="ETH/USDT")
    pages, there = [], api.get("/api/v1/analytics/rounds/", {"limit": 3}).json()
    pages.append(there)
    while there["next"]:
        there = api.get(there["next"]).json()
        pages.append(there)
    nets = [one["net"] for page in pages for one in page["results"]]
    assert nets[:3] == ["5", "-2", "-9"]
    assert len(nets) == len({one["id"] for page in pages for one in page["results"]}) == 11
    assert api.get(pages[-1]["previous"]).json()["results"] == pages[-2]["results"]


@pytest.mark.parametrize("cursor", ["x", "cD14", "cD0yMDI2LTEzLTQ1"])  # p=x, p=2026-13-45
def test_an_invalid_page_does_not_exist(api: APIClient, key: ExchangeKey, cursor: str) -> None:
    book(key, NETS)
    assert api.get("/api/v1/analytics/rounds/", {"cursor": cursor}).status_code == 404


@pytest.mark.parametrize("path", ["summary", "daily", "hours", "bots", "unrealised"])
def test_other_users_results_are_not_visible(key: ExchangeKey, other_user: User, path: str) -> None:
    book(key, NETS)
    stranger = APIClient()
    stranger.force_authenticate(other_user)
    assert stranger.get(f"/api/v1/analytics/{path}/").json() == []
    if path != "bots":  # takes no key
        assert stranger.get(f"/api/v1/analytics/{path}/", {"key": key.pk}).json() == []


@pytest.mark.parametrize("value", ["x", "-1", "1" * 30])
def test_invalid_ids_are_refused(api: APIClient, value: str) -> None:
    assert api.get("/api/v1/analytics/summary/", {"key": value}).status_code == 400


def test_few_queries_however_many_fills(
    api: APIClient, key: ExchangeKey, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    book(key, NETS)
    with django_assert_max_num_queries(5):
        api.get("/api/v1/analytics/summary/")


def test_the_summary_of_a_period(api: APIClient, key: ExchangeKey) -> None:
    """From the second day to the fifth: -4, 6, 3 and -9."""
    book(key, NETS)
    asked = {"since": "2026-03-02", "until": "2026-03-05"}
    (answer,) = api.get("/api/v1/analytics/summary/", asked).json()
    expected = {
        "net": "-4",
        "rounds": 4,
        "wins": 2,
        "losses": 2,
        "best": "6",
        "worst": "-9",
        "profit_factor": "0.69230769",
        "drawdown": "9",
        "longest_wins": None,
        "fees": "0",
        "fills": 8,
    }
    assert {name: answer[name] for name in expected} == expected
    (answer,) = api.get("/api/v1/analytics/daily/", asked).json()
    assert [day["equity"] for day in answer["days"]] == ["6", "12", "15", "6"]


def test_a_period_without_fills(api: APIClient, key: ExchangeKey) -> None:
    book(key, NETS)
    (answer,) = api.get("/api/v1/analytics/summary/", {"since": "2027-01-01"}).json()
    assert (answer["net"], answer["win_rate"], answer["sharpe"]) == ("0", None, None)


@pytest.mark.parametrize(
    "asked",
    [
        {"since": "yesterday"},
        {"until": "2026-02-30"},
        {"since": "2026-03-02", "until": "2026-03-01"},
    ],
)
@pytest.mark.parametrize("path", ["summary", "daily", "bots"])
def test_invalid_days_are_refused(api: APIClient, path: str, asked: dict[str, str]) -> None:
    assert api.get(f"/api/v1/analytics/{path}/", asked).status_code == 400


def test_bots_are_compared_best_first(api: APIClient, key: ExchangeKey, user: User) -> None:
    for name, net in (("poor", "-3"), ("rich", "8"), ("middling", "1")):
        bot = Bot.objects.create(user=user, key=key, name=name, symbol="BTC/USDT")
        book(key, [net], bot=bot)
    answer = api.get("/api/v1/analytics/bots/").json()
    assert [(one["name"], one["net"]) for one in answer] == [
        ("rich", "8"),
        ("middling", "1"),
        ("poor", "-3"),
    ]


def test_as_few_queries_for_many_bots(
    api: APIClient,
    key: ExchangeKey,
    user: User,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    for number in range(5):
        bot = Bot.objects.create(user=user, key=key, name=f"bot {number}", symbol="BTC/USDT")
        book(key, ["1"], bot=bot)
    with django_assert_max_num_queries(5):
        assert len(api.get("/api/v1/analytics/bots/").json()) == 5


HUGE, TINY = Decimal("12345678901234567890.123456789012345678"), Decimal("1e-18")


def test_the_largest_amounts_to_the_last_digit(api: APIClient, key: ExchangeKey, bot: Bot) -> None:
    for one in (None, bot):
        made = book(key, [], bot=one)
        PnlBook.objects.filter(pk=made.pk).update(gross=HUGE, fees=TINY)
        PnlDay.objects.create(
            book=made,
            on=NOON.date(),
            gross=HUGE,
            fees=TINY,
            rounds=2,
            wins=1,
            losses=1,
            won=HUGE,
            lost=TINY,
            best=HUGE,
            worst=-TINY,
        )
        ClosedTrade.objects.create(
            book=made, began_at=NOON, ended_at=NOON, turnover=1, gross=HUGE, fees=TINY, parts=2
        )
    net = "12345678901234567890.123456789012345677"
    (told,) = api.get("/api/v1/analytics/summary/").json()
    assert told["net"] == net
    assert Decimal(told["profit_factor"]) == pytest.approx(HUGE / TINY)
    assert api.get("/api/v1/analytics/rounds/").json()["results"][0]["net"] == net
    (curve,) = api.get("/api/v1/analytics/daily/").json()
    assert curve["days"][0]["net"] == curve["days"][0]["equity"] == net
    assert api.get("/api/v1/analytics/bots/").json()[0]["net"] == net
    books = list(PnlBook.objects.filter(bot=bot))
    assert summarize([books])[0].net == Decimal(net)


def test_without_a_closed_trade_there_is_no_best_and_no_worst(
    api: APIClient, key: ExchangeKey
) -> None:
    book(key, [])
    (told,) = api.get("/api/v1/analytics/summary/").json()
    assert told["best"] is told["worst"] is told["win_rate"] is None


def test_a_bots_results_at_one_of_its_keys(
    api: APIClient, key: ExchangeKey, bot: Bot, user: User
) -> None:
    """A bot that was moved has a book at each."""
    other = ExchangeKey.objects.create(
        user=user,
        label="other",
        venue="okx",
        market="spot",
        api_key="x",
        sealed_secret=b"x",
        is_paper=True,
    )
    book(key, ["5"], bot=bot)
    book(other, ["7"], bot=bot)
    for one, net in ((key, "5"), (other, "7")):
        (told,) = api.get("/api/v1/analytics/summary/", {"bot": bot.pk, "key": one.pk}).json()
        assert told["net"] == net


def test_a_key_has_the_closed_trades_of_its_bots(api: APIClient, key: ExchangeKey) -> None:
    """The key's own book came to nothing once, and lost; its bots closed three trades meanwhile."""
    grid = Bot.objects.create(user=key.user, key=key, name="grid-2", symbol="BTC/USDT")
    other = Bot.objects.create(user=key.user, key=key, name="grid-3", symbol="BTC/USDT")
    whole = book(key, ["-2.05"])
    book(key, ["3", "-1"], bot=grid)
    book(key, ["2"], bot=other)
    PnlDay.objects.filter(book=whole).update(fills=6)
    book(key, ["5", "6"], symbol="ETH/USDT")

    (summary,) = api.get("/api/v1/analytics/summary/").json()
    assert (summary["rounds"], summary["wins"], summary["losses"]) == (5, 4, 1)
    assert (summary["best"], summary["worst"], summary["longest_wins"]) == ("6", "-1", 2)
    assert summary["net"] == "8.95", "money is counted once, in the books of the key"
    results = api.get("/api/v1/analytics/rounds/").json()["results"]
    assert sorted(row["net"] for row in results) == ["-1", "2", "3", "5", "6"]
    (hours,) = api.get("/api/v1/analytics/hours/").json()
    assert sum(hour["rounds"] for hour in hours["hours"]) == 5
    (month,) = api.get("/api/v1/analytics/summary/", {"since": "2000-01-01"}).json()
    assert (month["rounds"], month["longest_wins"]) == (5, None)


def test_where_a_person_traded_too_no_trade_is_left_out(api: APIClient, key: ExchangeKey) -> None:
    grid = Bot.objects.create(user=key.user, key=key, name="grid-2", symbol="BTC/USDT")
    book(key, ["1", "2", "3"])
    book(key, ["3"], bot=grid)
    (summary,) = api.get("/api/v1/analytics/summary/").json()
    assert (summary["rounds"], summary["wins"]) == (3, 3)


def test_another_users_bots_count_for_nobody_else(
    api: APIClient, key: ExchangeKey, other_user: User
) -> None:
    theirs = create_key(other_user)
    grid = Bot.objects.create(user=other_user, key=theirs, name="grid-2", symbol="BTC/USDT")
    book(theirs, ["3"], bot=grid)
    book(key, ["1"])
    (summary,) = api.get("/api/v1/analytics/summary/").json()
    assert (summary["rounds"], summary["best"]) == (1, "1")
