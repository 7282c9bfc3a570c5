"""Figures of all servers' sockets, for operators and their instruments."""

from typing import Any

import pytest
from django.db import connection as db_connection
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families
from pytest_django import Settings

from exchanges.models import ExchangeKey
from operations.health.metrics import processes as metrics
from realtime import prices
from realtime.histogram import SECONDS, Histogram
from realtime.metrics import snapshot, totals
from tests.realtime.others import write_summary_of
from tests.services import wait_until
from tests.trading import Trader, record_order
from users.models import User

STATS = "/api/v1/realtime/stats/"
TOKEN = "a token of the instruments"
NOWHERE = "redis://127.0.0.1:1/0"


def stats(client: Client, user: User) -> dict[str, Any]:
    client.force_login(user)
    found: dict[str, Any] = client.get(STATS).json()
    return found


def scrape(client: Client, **headers: str) -> dict[str, dict[str, float]]:
    """Each sample by its name, with the values of its labels."""
    answer = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}", **headers})
    assert answer.status_code == 200
    families = text_string_to_metric_families(answer.content.decode())
    found: dict[str, dict[str, float]] = {}
    for sample in (one for family in families for one in family.samples):
        labels = " ".join(f"{name}={value}" for name, value in sorted(sample.labels.items()))
        found.setdefault(sample.name, {})[labels] = sample.value
    return found


@pytest.fixture
def token(settings: Settings) -> str:
    settings.METRICS_TOKEN = TOKEN
    return TOKEN


# The statistics


def test_only_operators_see_the_statistics(client: Client, user: User, staff_user: User) -> None:
    assert client.get(STATS).status_code == 401
    for person in (user, User.objects.create_user("clerk", is_staff=True)):
        client.force_login(person)
        assert client.get(STATS).status_code == 403
    assert stats(client, staff_user)["complete"]


def test_all_servers_are_added_up(client: Client, user: User, staff_user: User) -> None:
    people = {str(user.pk): 3, "999999": 2}
    write_summary_of("a:1", sockets={"all": 5}, users=2, top_users=people)
    write_summary_of("b:1", sockets={"all": 1, "admin": 2}, users=1, top_users={str(user.pk): 1})
    prices.request_following(["binance.spot:BTC/USDT"])
    found = stats(client, staff_user)
    assert found["sockets_by_door"] == {"admin": 2, "all": 6}
    assert (found["sockets"], found["users"]) == (8, 2)
    assert found["top_users"] == [
        {"user": user.pk, "username": "ada", "sockets": 4},
        {"user": 999999, "username": None, "sockets": 2},
    ]
    assert found["instruments"] == ["binance.spot:BTC/USDT"]
    assert [one["server"] for one in found["servers"]] == [snapshot.get_server_name(), "a:1", "b:1"]
    assert found["servers"][0]["rss_bytes"] > 1_000_000


def test_shares_of_all_servers_come_from_their_cells(client: Client, staff_user: User) -> None:
    mine = Histogram(SECONDS, [0.004] * 98 + [2.0, 8.0])
    write_summary_of("a:1", answer_seconds=mine.as_json(), behind_events=mine.as_json())
    found = stats(client, staff_user)["answer_seconds"]
    assert 0.0025 < found["p50"] < 0.005
    assert (1 < found["p99"] < 2.6, found["worst"]) == (True, 8.0)


def test_who_is_on_a_server_with_too_many_to_name_may_count_twice() -> None:
    one, two = snapshot.build_summary(), snapshot.build_summary()
    one["users"], one["top_users"] = 2, {"1": 1, "2": 1}
    two["users"], two["top_users"] = 2, {"1": 1, "3": 1}
    assert totals.count_users([one, two]) == 3
    two["users"] = 700
    assert totals.count_users([one, two]) == 702


def test_without_redis_this_server_answers_alone(
    client: Client, staff_user: User, settings: Settings
) -> None:
    write_summary_of("a:1", sockets={"all": 5})
    client.force_login(staff_user)
    settings.REDIS_URL = NOWHERE
    found = client.get(STATS).json()
    assert not found["complete"]
    assert [one["server"] for one in found["servers"]] == [snapshot.get_server_name()]


def test_the_document_and_the_answer_have_the_same_fields(client: Client, staff_user: User) -> None:
    schema = client.get("/api/schema/?format=json").json()["components"]["schemas"]
    found = stats(client, staff_user)
    assert set(schema["Statistics"]["properties"]) == found.keys()
    assert set(schema["ServerStatistics"]["properties"]) == found["servers"][0].keys()
    assert set(schema["RealtimeSeconds"]["properties"]) == found["times"].keys()


@pytest.mark.usefixtures("worker")
def test_real_processes_tell_what_they_hold(web: str, staff_user: User) -> None:
    operator = Trader(web, staff_user)

    def told() -> dict[str, Any]:
        _, found = operator.ask("GET", "realtime/stats/")
        return {one["role"]: one for one in found["servers"]}

    wait_until(lambda: "worker" in told(), what="the worker's figures")
    roles = told()
    assert roles["web"]["tasks"] > 0
    assert roles["web"]["connections_open"] >= roles["web"]["connections_used"] >= 0
    assert roles["web"]["descriptors"] > 5
    assert roles["worker"]["tasks"] is None
    assert roles["worker"]["rss_bytes"] > 10_000_000


# The metrics


@pytest.mark.parametrize("said", ["", "Bearer ", "Bearer wrong", TOKEN, "Basic " + TOKEN])
def test_without_the_token_there_is_no_such_page(client: Client, token: str, said: str) -> None:
    assert client.get("/metrics", headers={"Authorization": said}).status_code == 404


def test_without_a_token_in_the_settings_nobody_gets_in(client: Client, settings: Settings) -> None:
    settings.METRICS_TOKEN = ""
    for said in ("", "Bearer ", "Bearer"):
        assert client.get("/metrics", headers={"Authorization": said}).status_code == 404


def test_the_metrics_of_all_servers_in_one_answer(
    client: Client, token: str, key: ExchangeKey
) -> None:
    record_order(key)
    times = {**snapshot.build_summary()["times"]}
    times["commit_to_send"] = Histogram(SECONDS, [0.004, 0.3]).as_json()
    write_summary_of(
        "a:1",
        sockets={"all": 5},
        times=times,
        labelled={
            **snapshot.build_summary()["labelled"],
            "closes": {"4001": 2},
            "resumes": {"live": 9},
        },
        numbers={**snapshot.build_summary()["numbers"], "repairs": 3},
        traffic={
            "all": {"accepts": 7, "frames_in": 1, "bytes_in": 2, "frames_out": 3, "bytes_out": 4}
        },
    )
    found = scrape(client)
    realtime = {name.removeprefix("fillwatch_realtime_"): of for name, of in found.items()}
    assert realtime["connections"]["door=all server=a:1"] == 5
    assert realtime["accepts_total"]["door=all server=a:1"] == 7
    assert realtime["bytes_total"]["direction=out door=all server=a:1"] == 4
    assert realtime["closes_total"]["code=4001 server=a:1"] == 2
    assert realtime["resumes_total"]["result=live server=a:1"] == 9
    assert realtime["sweep_repairs_total"]["server=a:1"] == 3
    seconds = realtime["commit_to_send_seconds_bucket"]
    assert (seconds["le=0.005 server=a:1"], seconds["le=+Inf server=a:1"]) == (1, 2)
    assert realtime["commit_to_send_seconds_sum"]["server=a:1"] == 0.304
    assert found["fillwatch_figures_complete"] == {"": 1}
    assert found["fillwatch_open_orders"] == {"status=pending": 1}
    assert found["fillwatch_venue_open"]["market=spot simulated=no venue=binance"] == 1
    mine = f"role=command server={snapshot.get_server_name()}"
    assert found["fillwatch_process_rss_bytes"][mine] > 1_000_000


def test_without_redis_the_metrics_are_of_this_server(
    client: Client, token: str, settings: Settings, db: None
) -> None:
    settings.REDIS_URL = NOWHERE
    assert scrape(client)["fillwatch_figures_complete"] == {"": 0}


def test_without_the_orders_the_rest_is_told(
    client: Client, token: str, transactional_db: None
) -> None:
    with db_connection.cursor() as cursor:
        cursor.execute("ALTER TABLE orders_order RENAME TO gone")
        try:
            found = scrape(client)
        finally:
            cursor.execute("ALTER TABLE gone RENAME TO orders_order")
    assert "fillwatch_process_rss_bytes" in found
    assert "fillwatch_open_orders" not in found


def test_every_number_that_is_counted_is_shown() -> None:
    assert set(metrics.NUMBERS) == set(snapshot.NUMBERS)
    assert set(metrics.LABELLED) == set(snapshot.LABELLED)
    assert set(metrics.TIMES) == set(snapshot.TIMES)
