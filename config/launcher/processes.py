"""The processes of ours that make up a running installation."""

import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import ProxyHandler, build_opener

from django.conf import settings
from django.shortcuts import resolve_url

from config.launcher.home import BASE
from config.launcher.parts import Part

MANAGE = (sys.executable, str(BASE / "manage.py"))
QUIET_AS_ROOT = ("-W", "ignore:::celery.platforms")  # tasks are JSON, so root does no harm
SOON = 5
direct = build_opener(ProxyHandler({}))  # our own pages are never behind a proxy


def web(
    *, port: int, host: str = "127.0.0.1", shared: bool = False, environment: Mapping[str, str]
) -> Part:
    words = ["--host", host, "--port", str(port), *(["--shared"] if shared else [])]
    return Part(
        name="web",
        command=[sys.executable, "-m", "config.server.web", *words],
        environment=_closed(environment, "web"),
        folder=BASE,
        ready=partial(_sign_in_page, host, port),
        patience=6.0,
    )


def _closed(environment: Mapping[str, str], role: str) -> dict[str, str]:
    """For processes that may seal secrets but never open them."""
    return {**environment, "FILLWATCH_ROLE": role, "SEAL_PRIVATE_KEYS": ""}


def worker(*, environment: Mapping[str, str]) -> Part:
    return Part(
        name="worker",
        command=[
            *(sys.executable, *QUIET_AS_ROOT, "-m", "celery", "--quiet", "-A", "config", "worker"),
            *("-Q", "monitor,default", "--without-gossip", "--without-mingle"),
        ],
        environment={
            **environment,
            "FILLWATCH_ROLE": "worker",
            "REMAP_SIGTERM": "SIGQUIT",  # running tasks get a moment, then go back to the queue
        },
        folder=BASE,
        patience=6.0,
    )


def _sign_in_page(host: str, port: int) -> bool:
    shown = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
    address = f"[{shown}]" if ":" in shown else shown
    return answers(f"http://{address}:{port}{resolve_url(settings.LOGIN_URL)}")


def stream(*, environment: Mapping[str, str]) -> Part:
    return Part(
        name="stream",
        command=[*MANAGE, "stream"],
        environment={**environment, "FILLWATCH_ROLE": "stream"},
        folder=BASE,
    )


def demo(*, environment: Mapping[str, str]) -> Part:
    return Part(
        name="demo",
        command=[*MANAGE, "demo"],
        environment=_closed(environment, "command"),
        folder=BASE,
    )


def beat(*, environment: Mapping[str, str]) -> Part:
    return Part(
        name="beat",
        command=[*MANAGE, "beat"],
        environment=_closed(environment, "beat"),
        folder=BASE,
    )


def simulator(*, port: int, home: Path, environment: Mapping[str, str]) -> Part:
    words = ["--port", str(port), "--home", str(home)]
    return Part(
        name="simulator",
        command=[sys.executable, "-m", "exchanges.simulator", *words],
        environment=environment,
        folder=BASE,
        prepare=partial((home / "endpoint.json").unlink, missing_ok=True),  # an earlier one's
        ready=(home / "endpoint.json").exists,
    )


def answers(url: str) -> bool:
    """Whether something speaks HTTP there; whatever it says but a failure of its own."""
    try:
        with direct.open(url, timeout=SOON):
            return True
    except HTTPError as error:
        with error:
            return error.code < 500
    except (URLError, OSError):
        return False
