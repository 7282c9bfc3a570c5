"""The files of deploy/ agree with the code, with the documents and with each other."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from django.conf import settings
from django.core.management import get_commands
from prometheus_client.parser import text_string_to_metric_families

from config.launcher.home import BASE
from operations.health.metrics.endpoint import render_metrics

DEPLOY = BASE / "deploy"
METRIC = re.compile(r"\bfillwatch_[a-z0-9_]+")
COMMAND = re.compile(r"manage\.py ([a-z_]+)")
ONLY_IN_RULES = {"fillwatch_process_threads", "fillwatch_figures_complete"}  # there or not
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def read_rules() -> list[dict[str, Any]]:
    document = yaml.safe_load((DEPLOY / "prometheus/fillwatch-alerts.yml").read_text())
    return [rule for group in document["groups"] for rule in group["rules"]]


def read_board() -> list[dict[str, Any]]:
    return list(json.loads((DEPLOY / "grafana/fillwatch.json").read_text())["panels"])


def list_expressions() -> Iterator[str]:
    yield from (rule["expr"] for rule in read_rules())
    for panel in read_board():
        yield from (target["expr"] for target in panel.get("targets", ()))


def list_shown_names() -> set[str]:
    """Return each name that a query may use for what /metrics shows."""
    names = set()
    for family in text_string_to_metric_families(render_metrics().decode()):
        endings = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count")}
        names |= {family.name + ending for ending in endings.get(family.type, ("",))}
    return names


def make_anchor(heading: str) -> str:
    """Return the anchor that GitHub gives a heading."""
    return re.sub(r"[^a-z0-9 -]", "", heading.lower()).replace(" ", "-")


@pytest.mark.usefixtures("db", "empty_redis")
def test_rules_board_and_document_name_metrics_that_exist() -> None:
    shown = list_shown_names()
    used = {name for expression in list_expressions() for name in METRIC.findall(expression)}
    assert sorted(used - shown) == []
    described = set(METRIC.findall((BASE / "docs/metrics.md").read_text()))
    plain = {re.sub(r"_(bucket|sum|count)$", "", name) for name in shown}
    assert sorted(described ^ plain) == []


def test_the_board_shows_what_the_rules_are_about() -> None:
    board = " ".join(
        target["expr"] for panel in read_board() for target in panel.get("targets", ())
    )
    for rule in read_rules():
        for name in METRIC.findall(rule["expr"]):
            assert name in board or name in ONLY_IN_RULES, rule["alert"]


def test_jobs_that_queries_name_are_in_the_timetable() -> None:
    named = {name for words in list_expressions() for name in re.findall(r'job="([^"]+)"', words)}
    assert sorted(named - {"fillwatch"} - settings.CELERY_BEAT_SCHEDULE.keys()) == []
    assert "Back up the database" in named


def test_panels_have_an_id_of_their_own_and_do_not_overlap() -> None:
    panels = read_board()
    assert len({panel["id"] for panel in panels}) == len(panels)
    cells = [
        (x, y)
        for place in (panel["gridPos"] for panel in panels)
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]
    assert len(set(cells)) == len(cells)
    assert max(x for x, _ in cells) < 24


def test_each_rule_names_a_heading_that_says_what_to_do() -> None:
    anchors = {
        make_anchor(head) for head in HEADING.findall((BASE / "docs/operate.md").read_text())
    }
    for rule in read_rules():
        path, anchor = rule["annotations"]["runbook"].split("#")
        assert (path, anchor in anchors) == ("docs/operate.md", True), rule["alert"]
        assert rule["labels"]["severity"] in {"critical", "warning"}
        assert rule["annotations"]["summary"].endswith(".")


def test_the_proxies_let_in_the_prometheus_that_asks_them() -> None:
    scrape = yaml.safe_load((DEPLOY / "prometheus/prometheus.yml").read_text())["scrape_configs"][0]
    (site,) = scrape["static_configs"][0]["targets"]
    nginx, caddy = (DEPLOY / "nginx.conf").read_text(), (DEPLOY / "Caddyfile").read_text()
    door = re.search(r"location = /metrics \{(.*?)\}", nginx, re.DOTALL)
    assert door is not None
    (allowed,) = re.findall(r"allow (\S+);", door[1])
    assert "deny all;" in door[1]
    assert "proxy_pass http://fillwatch;" in door[1]
    assert f"path /metrics\n\t\tnot remote_ip {allowed}\n" in caddy
    assert scrape["metrics_path"] == "/metrics"
    assert f"server_name {site};" in nginx
    assert f"\n{site} {{" in caddy


def test_the_proxies_know_the_same_web_processes() -> None:
    nginx, caddy = (DEPLOY / "nginx.conf").read_text(), (DEPLOY / "Caddyfile").read_text()
    servers = re.findall(r"^    server (\S+)", nginx, re.MULTILINE)
    line = re.search(r"reverse_proxy (.+) \{", caddy)
    assert line is not None
    assert line[1].split() == servers
    assert {server.split(":")[1] for server in servers} == {"8000"}


def test_commands_that_documents_and_files_name_exist() -> None:
    files = [*DEPLOY.rglob("*"), *(BASE / "docs").glob("*.md")]
    texts = {path: path.read_text() for path in files if path.suffix != ".png" and path.is_file()}
    named = {(command, path) for path, text in texts.items() for command in COMMAND.findall(text)}
    known = set(get_commands())
    assert sorted(f"{path}: {command}" for command, path in named if command not in known) == []
