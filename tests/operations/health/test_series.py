"""Figures over time: measured, added up in buckets, drawn without a script, and forgotten."""

import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from operations.health.facts import collect_facts
from operations.health.series import buckets, measure
from operations.models import FigureBucket
from realtime.models import Stream
from tests.conftest import sign_in
from users.models import User

AT = datetime(2026, 1, 5, 10, 59, 40, tzinfo=UTC)


def test_values_share_a_bucket_of_five_minutes_and_one_of_an_hour(db: None) -> None:
    for seconds, value in ((-60, 2.0), (0, 6.0), (30, 1.0)):  # the last is in the next hour
        buckets.save_values({"queue:default": value}, at=AT + timedelta(seconds=seconds))
    rows = FigureBucket.objects.order_by("minutes", "at").values_list(
        "minutes", "at__hour", "at__minute", "samples", "total", "highest"
    )
    assert list(rows) == [
        (5, 10, 55, 2, 8.0, 6.0),
        (5, 11, 0, 1, 1.0, 1.0),
        (60, 10, 0, 2, 8.0, 6.0),
        (60, 11, 0, 1, 1.0, 1.0),
    ]
    [points] = buckets.read_series(["queue:"], now=AT, span=timedelta(hours=24)).values()
    assert [(point.mean, point.highest) for point in points] == [(4.0, 6.0), (1.0, 1.0)]


def test_nothing_is_kept_for_ever(db: None) -> None:
    for days in (0, 3, 89, 91):
        buckets.save_values({"sockets": 1.0}, at=AT - timedelta(days=days))
    FigureBucket.objects.filter(kept_until__lt=AT).delete()  # as operations/cleanup does
    kept = FigureBucket.objects.order_by("-at").values_list("minutes", "at__day")
    assert sorted(kept) == [(5, 5), (60, 2), (60, 5), (60, 8)]


def test_events_a_second_need_two_checks(user: User) -> None:
    facts = collect_facts(timezone.now())
    assert "events_per_second" not in measure.measure_figures(facts)
    Stream.objects.create(user=user, seq=30)
    facts.now += timedelta(seconds=10)
    assert measure.measure_figures(facts)["events_per_second"] == pytest.approx(3.0)


def test_the_page_draws_and_lists_what_was_measured(client: Client, staff_user: User) -> None:
    sign_in(client, staff_user)
    assert "Nothing was measured yet" in client.get("/operations/figures/").content.decode()
    now = timezone.now()
    for minutes in (12, 6, 0):
        values = {"budget:binance.spot": 0.25, "queue:</script>": 3.0, "sockets": 7.0}
        buckets.save_values(values, at=now - timedelta(minutes=minutes))
    text = client.get("/operations/figures/?span=24h").content.decode()
    data = re.search(r'<script id="data-budgets" type="application/json">(.+?)</script>', text)
    assert data
    assert json.loads(data[1])["series"] == [{"label": "binance.spot", "values": [25.0] * 3}]
    assert text.count('<svg class="plot"') == 3
    assert "queue:</script>" not in text
    assert "25.00" in text
    assert client.get("/operations/figures/?span=%00").status_code == 200
