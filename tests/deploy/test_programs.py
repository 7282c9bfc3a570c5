"""Units, containers and docs/install.md start what Procfile starts, with real settings."""

import re
import shlex
from typing import Any

import pytest
import yaml
from django.core.management import get_commands

from config import settings_table
from config.launcher.home import BASE

DEPLOY = BASE / "deploy"
ROLES = ("web", "worker", "stream", "beat")
PYTHON = ".venv/bin/python "
ASSIGNED = re.compile(r"^([A-Z][A-Z0-9_]+)=", re.MULTILINE)
FENCE = re.compile(r"^```sh\b[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NOT_OURS = {"POSTGRES_PASSWORD", "FILLWATCH_HOST", "HOST", "REPOSITORY"}


def split_command(text: str) -> tuple[set[str], list[str]]:
    """Return the environment of a command in one line, and its arguments after Python."""
    before, _, after = text.partition(PYTHON)
    environment = {word for word in before.split() if "=" in word}
    return environment, shlex.split(after)


def read_procfile() -> dict[str, tuple[set[str], list[str]]]:
    text = (BASE / "Procfile").read_text().replace("${PORT:-8000}", "8000")
    lines = (line.partition(": ") for line in text.splitlines())
    return {name: split_command(command) for name, _, command in lines}


def read_unit(role: str) -> dict[str, list[str]]:
    fields: dict[str, list[str]] = {}
    for line in (DEPLOY / f"systemd/fillwatch-{role}.service").read_text().splitlines():
        if "=" in line and not line.startswith("#"):
            name, _, value = line.partition("=")
            fields.setdefault(name, []).append(value)
    return fields


def read_compose() -> dict[str, Any]:
    return dict(yaml.safe_load((DEPLOY / "compose.yml").read_text())["services"])


def drop_host(command: list[str]) -> list[str]:
    """Leave out the address that a server listens on: a container's differs."""
    if "--host" not in command:
        return command
    place = command.index("--host")
    return [*command[:place], *command[place + 2 :]]


@pytest.mark.parametrize("role", ROLES)
def test_a_unit_starts_what_the_procfile_starts(role: str) -> None:
    unit, (environment, command) = read_unit(role), read_procfile()[role]
    _, of_unit = split_command(unit["ExecStart"][0])
    assert drop_host(of_unit) == command
    assert environment <= set(unit["Environment"][0].split())
    assert f"FILLWATCH_ROLE={role}" in unit["Environment"][0].split()


@pytest.mark.parametrize("role", ROLES)
def test_only_worker_and_stream_get_the_private_keys(role: str) -> None:
    may_open = role in ("worker", "stream")
    assert any("worker.env" in file for file in read_unit(role)["EnvironmentFile"]) == may_open
    compose = read_compose()[role]
    assert any("worker.env" in file for file in compose["env_file"]) == may_open
    assert "SEAL_PRIVATE_KEYS" not in (DEPLOY / "compose.env.example").read_text()


@pytest.mark.parametrize("role", ROLES)
def test_a_container_starts_what_the_procfile_starts(role: str) -> None:
    environment, command = read_procfile()[role]
    service = read_compose()[role]
    if role == "web":  # the image's own command
        line = re.search(r"^CMD (\[.*\])$", (DEPLOY / "Dockerfile").read_text(), re.MULTILINE)
        assert line is not None
        service = {"command": yaml.safe_load(line[1]), "environment": {}}
    assert service["command"][0] == "python"
    assert drop_host(service["command"][1:]) == command
    assert environment <= {f"{name}={value}" for name, value in service["environment"].items()}


def test_a_container_is_nobody_special_and_tells_when_it_is_ill() -> None:
    text = (DEPLOY / "Dockerfile").read_text()
    last = text.split("\nFROM ")[-1]
    assert "\nUSER fillwatch\n" in last
    assert "http://127.0.0.1:8000/healthz" in last.split("HEALTHCHECK")[1]
    assert text.index("COPY . .") > text.index("requirements.lock")  # packages stay in the cache
    ignored = (BASE / ".dockerignore").read_text().splitlines()
    assert {".env", ".fillwatch", ".git", ".venv"} <= set(ignored)
    for name, service in read_compose().items():
        assert "privileged" not in service, name
        assert service.get("cap_drop", ["ALL"]) == ["ALL"], name


def test_ports_are_the_same_everywhere() -> None:
    assert "reverse_proxy web:8000" in (DEPLOY / "compose.Caddyfile").read_text()
    assert read_unit("web")["ExecStart"][0].endswith("--host 127.0.0.1 --port 8000")
    assert "\nEXPOSE 8000\n" in (DEPLOY / "Dockerfile").read_text()
    assert read_unit("simulator")["ExecStart"][0].split("--port ")[1].startswith("9100 ")


def test_settings_that_the_files_name_exist() -> None:
    known = settings_table.read_settings().keys() | NOT_OURS
    texts = [path.read_text() for path in DEPLOY.glob("*.env.example")]
    texts += FENCE.findall((BASE / "docs/install.md").read_text())
    assert sorted(set(ASSIGNED.findall("\n".join(texts))) - known) == []


def test_commands_of_the_page_exist() -> None:
    blocks = FENCE.findall((BASE / "docs/install.md").read_text())
    named = re.findall(r"^fillwatch ([a-z_]+)", "\n".join(blocks), re.MULTILINE)
    assert sorted(set(named) - set(get_commands())) == []
    assert {"migrate", "collectstatic", "add_user", "doctor"} <= set(named)


def test_what_could_not_be_run_is_said_in_the_file() -> None:
    files = [*DEPLOY.glob("systemd/*"), DEPLOY / "Dockerfile", DEPLOY / "compose.yml"]
    for path in files:
        words = " ".join(line.strip("# ") for line in path.read_text().splitlines()[:9])
        assert "could be run where this was written" in words, path.name
