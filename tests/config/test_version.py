"""The version is said once, in pyproject.toml, and can be asked of a server and of a checkout."""

import tomllib

import pytest
from django.core.management import call_command
from django.test import Client

from config.launcher.home import BASE

VERSION = tomllib.loads((BASE / "pyproject.toml").read_text())["project"]["version"]


def test_a_server_says_which_version_it_is() -> None:
    assert Client().get("/version").json() == {"version": VERSION}


def test_a_checkout_says_which_version_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("version")
    assert capsys.readouterr().out.strip() == VERSION
