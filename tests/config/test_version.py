"""The version is said once, in pyproject.toml, and can be asked of a server and of a checkout."""

import tomllib

import pytest
from django.core.management import call_command
from django.test import Client

from config.launcher.home import BASE
from operations.health.instance import get_instance

VERSION = tomllib.loads((BASE / "pyproject.toml").read_text())["project"]["version"]


def test_a_server_says_which_version_it_is() -> None:
    answer = Client().get("/version").json()
    assert answer == {"version": VERSION, "instance": get_instance()}


def test_a_checkout_says_which_version_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("version")
    assert capsys.readouterr().out.strip() == VERSION
