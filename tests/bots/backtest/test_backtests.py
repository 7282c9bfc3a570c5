"""Back-tests by page and API: queued, run on the simulated venue's history, followed, read."""

import csv
from datetime import datetime, timedelta
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from bots import tasks
from bots.backtest import record
from bots.models import Backtest, BacktestState, Bot
from exchanges.models import ExchangeKey
from operations.cleanup.prune import prune_tables
from tests.bots.desk import Desk
from tests.pages.bots.bot_records import create_key
from users.models import User

PLACE = "binance.spot.paper"
SCALPER = {"buy_price": "50000", "sell_price": "51000", "quantity": "0.01"}


@pytest.fixture
def paper(user: User) -> ExchangeKey:
    return create_key(user)


@pytest.fixture
def ada(user: User) -> APIClient:
    client = APIClient()
    client.force_authenticate(user)
    return client


def wanted(**changes: Any) -> dict[str, Any]:
    now = timezone.now()
    return {
        "instrument": f"{PLACE}:BTC/USDT",
        "strategy": "scalper",
        "settings": SCALPER,
        "interval": "1h",
        "since": (now - timedelta(days=10)).isoformat(),
        "until": now.isoformat(),
        "money": "1000",
    } | changes


def store(user: User, **changes: Any) -> Backtest:
    now = timezone.now()
    values = wanted() | {
        "since": now - timedelta(days=10), "until": now, "money": Decimal(1000),
        "maker_percent": Decimal(0), "taker_percent": Decimal(0), "slippage_percent": Decimal(0),
        "created_at": now, "due_at": now,
    }  # fmt: skip
    return Backtest.objects.create(user=user, **(values | changes))


def test_the_way_of_a_backtest(desk: Desk, user: User, client: Client) -> None:
    """From the form to the result, the CSV, and a bot with the same settings."""
    client.force_login(user, "django.contrib.auth.backends.ModelBackend")
    since = (timezone.now() - timedelta(days=20)).date()
    fields = {
        "place": PLACE, "symbol": "btc/usdt", "interval": "1h", "since": since,
        "until": timezone.now().date(), "money": "5000", "maker_percent": "0.1",
        "taker_percent": "0", "slippage_percent": "0.05", "strategy": "momentum",
        "set-rise_percent": "0.2", "set-window_minutes": "180", "set-amount": "500",
        "set-trail_percent": "0.5", "set-cooldown_minutes": "0",
    }  # fmt: skip
    answer = client.post("/backtests/new/", fields)
    backtest = Backtest.objects.get()
    assert answer.headers["Location"] == f"/backtests/{backtest.pk}/"
    waiting = client.get(f"/backtests/{backtest.pk}/").content.decode()
    assert "Waiting for a worker" in waiting
    assert 'http-equiv="refresh"' in waiting

    tasks.run_backtests()
    backtest.refresh_from_db()
    assert backtest.state == BacktestState.DONE, backtest.message
    outcome = backtest.outcome
    assert 400 < outcome["candles"] <= 21 * 24
    assert datetime.fromisoformat(outcome["since"]) == backtest.since
    assert outcome["fills"] == len(backtest.fills) > 0
    assert Decimal(outcome["value"]) == 5000 + Decimal(outcome["net"])
    assert not Bot.objects.exists()

    page = client.get(f"/backtests/{backtest.pk}/").content.decode()
    for text in (
        "BACK-TEST",
        "past simulated prices",
        "Holding instead",
        "<svg",
        "What is assumed",
    ):
        assert text in page, text
    assert 'http-equiv="refresh"' not in page
    assert "Momentum on BTC/USDT" in client.get("/backtests/").content.decode()
    table = client.get(f"/api/v1/backtests/{backtest.pk}/fills.csv").content.decode()
    rows = list(csv.DictReader(StringIO(table)))
    assert [row["price"] for row in rows] == [fill["price"] for fill in backtest.fills]
    again = client.get(f"/backtests/new/?like={backtest.pk}").content.decode()
    assert 'value="0.2"' in again
    copied = client.get(f"/bots/new/?backtest={backtest.pk}&key={desk.key.pk}").content.decode()
    assert 'value="Momentum BTC/USDT"' in copied
    assert 'value="5000"' in copied


@pytest.mark.parametrize(
    ("changes", "field", "text"),
    [
        ({"strategy": "manual"}, "strategy", "nothing to test"),
        ({"instrument": f"{PLACE}:DOGE/USDT"}, "instrument", "not traded"),
        ({"instrument": "nonsense"}, "instrument", "not traded"),
        ({"interval": "1m"}, "interval", "at most 10,000"),
        ({"until": "2020-01-01T00:00:00Z"}, "until", "later than the start"),
        ({"since": "0001-01-01T00:00:00Z"}, "since", "no prices from before"),
        (
            {"since": "2200-01-01T00:00:00Z", "until": "2201-01-01T00:00:00Z"},
            "since",
            "in the past",
        ),
        ({"money": "0"}, "money", "more than zero"),
        ({"money": "100"}, "money", "These settings ask for 500 USDT"),
        ({"maker_percent": "11"}, "maker_percent", "From 0 to 10"),
        ({"settings": {}}, "buy_price", "This is required"),
        ({"settings": SCALPER | {"sell_price": "49000"}}, "sell_price", "must be above"),
        ({"settings": SCALPER | {"first": "sell"}}, "first", "begin with the purchase"),
        ({"colour": "red"}, "colour", "no such field"),
    ],
)
def test_nonsense_is_refused_beside_its_field(
    ada: APIClient, paper: ExchangeKey, changes: dict[str, Any], field: str, text: str
) -> None:
    answer = ada.post("/api/v1/backtests/", wanted(**changes), format="json")
    assert answer.status_code == 400
    assert text in str(answer.json()[field])
    assert not Backtest.objects.exists()


def test_another_users_is_not_there(
    ada: APIClient, paper: ExchangeKey, other_user: User, client: Client
) -> None:
    pk = store(other_user).pk
    assert ada.get("/api/v1/backtests/").json()["results"] == []
    for method, path in (
        ("get", ""), ("delete", ""), ("post", "cancel/"), ("get", "fills.csv"),
    ):  # fmt: skip
        assert getattr(ada, method)(f"/api/v1/backtests/{pk}/{path}").status_code == 404, path
    client.force_login(paper.user, "django.contrib.auth.backends.ModelBackend")
    for method, address in (
        ("get", f"/backtests/{pk}/"), ("post", f"/backtests/{pk}/cancel/"),
        ("post", f"/backtests/{pk}/delete/"), ("get", f"/backtests/new/?like={pk}"),
        ("get", f"/bots/new/?backtest={pk}"),
    ):  # fmt: skip
        assert getattr(client, method)(address).status_code == 404, address
    assert Backtest.objects.get().state == BacktestState.QUEUED


def test_each_user_has_a_few_at_a_time_and_the_newest_are_kept(
    ada: APIClient, paper: ExchangeKey, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(record, "MOST_STORED", 4)
    first, *others = [store(user, state=BacktestState.DONE) for _ in range(5)]
    for _ in range(3):
        answer = ada.post("/api/v1/backtests/", wanted(), format="json")
        assert answer.status_code == 202, answer.json()
    refused = ada.post("/api/v1/backtests/", wanted(), format="json")
    assert (refused.status_code, "3 back-tests" in refused.json()["detail"]) == (409, True)
    finished = Backtest.objects.filter(state=BacktestState.DONE).order_by("pk")
    assert list(finished) == others[-3:]
    assert first not in finished


def test_one_runs_at_a_time_and_a_lost_worker_changes_nothing_more(user: User) -> None:
    now = timezone.now()
    older, newer = store(user), store(user, due_at=now + timedelta(seconds=1))
    later = now + timedelta(seconds=2)
    claimed = record.claim_next(now=later)
    assert claimed == older
    assert record.claim_next(now=later) is None
    # Its worker falls silent, and another one takes it over.
    after = later + record.SILENT_AFTER + timedelta(seconds=1)
    record.note_progress(claimed, 40, now=later)
    assert record.claim_next(now=later + timedelta(seconds=30)) is None
    second = record.claim_next(now=after)
    assert second == newer  # the other one waits again, behind it
    with pytest.raises(record.BacktestLost):
        record.finish_backtest(claimed, {"outcome": {"net": "1"}}, now=after)
    record.finish_backtest(second, {"outcome": {"net": "2"}}, now=after)
    assert record.claim_next(now=after) == older
    older.refresh_from_db()
    assert (older.state, older.attempt, older.outcome) == (BacktestState.RUNNING, 2, {})


def test_cancelled_while_it_runs(ada: APIClient, user: User) -> None:
    backtest = store(user)
    claimed = record.claim_next(now=timezone.now())
    assert claimed is not None
    answer = ada.post(f"/api/v1/backtests/{backtest.pk}/cancel/")
    assert (answer.status_code, answer.json()["state"]) == (200, "cancelled")
    assert ada.post(f"/api/v1/backtests/{backtest.pk}/cancel/").status_code == 409
    with pytest.raises(record.BacktestLost):
        record.note_progress(claimed, 60, now=timezone.now())
    assert ada.delete(f"/api/v1/backtests/{backtest.pk}/").status_code == 204
    assert not Backtest.objects.exists()


def test_a_venue_that_cannot_be_asked_is_asked_again_and_not_for_ever(user: User) -> None:
    backtest, now = store(user), timezone.now()
    for attempt in range(1, record.MOST_ATTEMPTS + 1):
        claimed = record.claim_next(now=now)
        assert claimed is not None
        assert claimed.attempt == attempt
        record.postpone_backtest(claimed, "away", now=now)
        assert record.claim_next(now=now) is None
        now += record.RETRY_AFTER
    backtest.refresh_from_db()
    assert (backtest.state, backtest.message) == (BacktestState.FAILED, "away")


def test_old_ones_are_cleaned_up(user: User) -> None:
    now = timezone.now()
    store(user, state=BacktestState.DONE, finished_at=now - timedelta(days=31))
    kept = [store(user, state=BacktestState.DONE, finished_at=now), store(user)]
    list(prune_tables(now=now))
    assert list(Backtest.objects.order_by("pk")) == kept
