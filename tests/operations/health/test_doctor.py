"""The doctor names what is wrong, and works above all when nothing else does."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from config.launcher.home import BASE
from config.launcher.lock import hold_lock
from operations.health import doctor, instance
from operations.health.facts import InstallationFacts
from operations.health.probes.round_trips import DatabaseAnswer, RedisAnswer
from tests.fork_server import run_python
from tests.orders.reports import NOON
from tests.services import process_environment, wait_until


def ask(environment: dict[str, str], *options: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, BASE / "manage.py", "doctor", *options]
    own = {"DJANGO_SETTINGS_MODULE": "config.settings"}
    return run_python(command, {**os.environ, **own, **environment})


def states(answer: "subprocess.CompletedProcess[str]") -> dict[str, str]:
    assert answer.stdout, answer.stderr
    return {finding["part"]: finding["state"] for finding in json.loads(answer.stdout)["findings"]}


def nowhere(folder: Path) -> dict[str, str]:
    return {
        "DATABASE_URL": f"postgres://fillwatch@/fillwatch?host={folder}",
        "REDIS_URL": f"unix://{folder}/none.sock?db=0",
    }


def test_it_works_when_nothing_else_does(tmp_path: Path) -> None:
    answer = ask(nowhere(tmp_path))
    assert answer.returncode == 1
    assert "Traceback" not in answer.stderr
    silent = ("postgres   PostgreSQL does not answer", "redis      Redis does not answer")
    for words in (*silent, "`manage.py up`"):
        assert words in answer.stdout


def test_machines_get_json(tmp_path: Path) -> None:
    answer = ask(nowhere(tmp_path), "--json")
    found = states(answer)
    assert json.loads(answer.stdout)["ok"] is False
    assert (found["postgres"], found["redis"], found["worker"]) == ("bad", "bad", "bad")
    assert (found["seals"], found["disk"]) == ("ok", "ok")


def test_all_well(worker: None, beat: None, simulator: Any, web: str) -> None:
    environment = process_environment() | {"FILLWATCH_URL": web}
    found: dict[str, str] = {}

    def well() -> bool:
        answer = ask(environment, "--json")
        found.update(states(answer))
        return answer.returncode == 0

    wait_until(well, timeout=60, what="all well")
    assert set(found.values()) == {"ok"}, found


def test_servers_that_we_cannot_use_are_named() -> None:
    facts = InstallationFacts(
        NOON,
        database=DatabaseAnswer(0.1, "14.9", 0.0, 1, 100, 0),
        redis=RedisAnswer(0.1, "5.0.1", 0, 0, 1, 1, "noeviction", is_cluster=True),
    )
    told = [f"{finding.part} {finding.message}" for finding in doctor.check_releases(facts)]
    assert told[:2] == ["postgres version 14.9 is too old", "redis version 5.0.1 is too old"]
    assert "Redis Cluster" in told[2]


def test_a_seal_that_does_not_open_is_named(settings: Settings) -> None:
    from exchanges.secrets import sealing

    _, settings.SEAL_PUBLIC_KEY = sealing.new_keypair()
    assert doctor._check_seals().state == "bad"


def test_pages_of_another_installation_are_not_taken_for_ours(
    web: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FILLWATCH_URL", web)
    settings.FILLWATCH_URL = web
    assert doctor._check_pages().state == "ok"
    settings.SECRET_KEY = "of somebody else " + "x" * 50
    finding = doctor._check_pages()
    assert (finding.state, finding.message) == (
        "bad",
        f"not tested: at {web} is another installation",
    )


def test_pages_are_found_where_up_says_they_are(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings.FILLWATCH_HOME, lock = tmp_path, tmp_path / "up.lock"
    monkeypatch.delenv("FILLWATCH_URL")
    assert instance.find_pages() == settings.FILLWATCH_URL
    with hold_lock(lock, "http://127.0.0.1:8123"):
        assert instance.find_pages() == "http://127.0.0.1:8123"
    lock.write_text("4194305\nhttp://127.0.0.1:8123\n")  # of one that was killed
    assert instance.find_pages() == settings.FILLWATCH_URL
