"""The board and the alert rules we ship choose by labels that there are.

That the metrics exist is proved in tests/deploy/test_files_agree.py.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import asdict

import pytest
import yaml
from django.test import Client
from django_celery_beat.models import IntervalSchedule, PeriodicTask
from prometheus_client.parser import text_string_to_metric_families
from pytest_django import Settings

from config.launcher.home import BASE
from exchanges.models import ExchangeKey
from operations.models import JobState
from orders.models import Order
from realtime.counters import Traffic
from realtime.histogram import SECONDS, Histogram
from realtime.metrics import snapshot
from tests.orders.reports import NOON
from tests.realtime.others import write_summary_of
from tests.trading import record_order

DEPLOY = BASE / "deploy"
NAME = re.compile(r"\bfillwatch_\w+")
LABELS = re.compile(r"(fillwatch_\w+)\{(\w+)=")


@pytest.fixture
def samples(client: Client, settings: Settings, key: ExchangeKey) -> dict[str, set[str]]:
    """Each name that is told where there is something to tell, with its labels."""
    record_order(key)
    Order.objects.update(checked_at=NOON)
    every = IntervalSchedule.objects.create(every=1, period="hours")
    job = PeriodicTask.objects.create(name="Tidy up", task="tidy", interval=every)
    JobState.objects.create(job=job, created_at=NOON, result="done", finished_at=NOON)
    one, some = snapshot.build_summary(), Histogram(SECONDS, [0.1]).as_json()
    write_summary_of(
        "busy:1",
        sockets={"all": 1},
        traffic={"all": asdict(Traffic())},
        labelled={name: {"1": 1} for name in snapshot.LABELLED},
        times=dict.fromkeys(snapshot.TIMES, some),
        process=one["process"] | {"connections_open": 1, "connections_used": 1, "tasks": 1},
        **dict.fromkeys(("age_seconds", "behind_events", "answer_seconds"), some),
    )
    settings.METRICS_TOKEN = "t"
    told = client.get("/metrics", headers={"Authorization": "Bearer t"}).content.decode()
    found: dict[str, set[str]] = {}
    for family in text_string_to_metric_families(told):
        for sample in family.samples:
            found.setdefault(sample.name, set()).update(sample.labels)
    return found


def expressions() -> Iterator[str]:
    rules = yaml.safe_load((DEPLOY / "prometheus" / "fillwatch-alerts.yml").read_text())
    yield from (rule["expr"] for group in rules["groups"] for rule in group["rules"])
    board = json.loads((DEPLOY / "grafana" / "fillwatch.json").read_text())
    yield from (target["expr"] for panel in board["panels"] for target in panel.get("targets", []))


def test_every_label_they_choose_by_is_there(samples: dict[str, set[str]]) -> None:
    chosen = {pair for expression in expressions() for pair in LABELS.findall(expression)}
    assert chosen
    assert all(label in samples[name] for name, label in chosen)


def test_every_metric_is_told_of_in_the_document(samples: dict[str, set[str]]) -> None:
    document = (BASE / "docs" / "metrics.md").read_text()
    ends = re.compile("_(bucket|count|sum|created)$")
    told = {ends.sub("", name) for name in samples}
    assert [name for name in sorted(told) if f"`{name}`" not in document] == []
