"""The processes of ours that make up a running installation."""

import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import ProxyHandler, build_opener

from config.home import BASE
from config.parts import Part

MANAGE = (sys.executable, str(BASE / "manage.py"))
SOON = 5
direct = build_opener(ProxyHandler({}))  # our own pages are never behind a proxy


def web(*, port: int, host: str = "127.0.0.1", environment: Mapping[str, str]) -> Part:
    return Part(
        name="web",
        command=[sys.executable, "-m", "config.web", "--host", host, "--port", str(port)],
        environment={**environment, "FILLWATCH_ROLE": "web"},
        folder=BASE,
        ready=partial(answers, f"http://127.0.0.1:{port}/accounts/sign-in/"),
        patience=6.0,
    )


def worker(*, environment: Mapping[str, str]) -> Part:
    return Part(
        name="worker",
        command=[
            *(sys.executable, "-m", "celery", "--quiet", "-A", "config", "worker"),
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


def beat(*, environment: Mapping[str, str]) -> Part:
    return Part(
        name="beat",
        command=[*MANAGE, "beat"],
        environment={**environment, "FILLWATCH_ROLE": "beat"},
        folder=BASE,
    )


def simulator(*, port: int, home: Path, environment: Mapping[str, str]) -> Part:
    words = ["--port", str(port), "--home", str(home)]
    return Part(
        name="simulator",
        command=[sys.executable, "-m", "exchanges.simulator", *words],
        environment=environment,
        folder=BASE,
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
