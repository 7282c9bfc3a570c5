"""The processes of an installation, each described as a part."""

import sys
from collections.abc import Mapping
from functools import partial
from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import ProxyHandler, build_opener

from django.conf import settings
from django.shortcuts import resolve_url

from config.launcher.home import BASE
from config.launcher.parts import Part

QUIET_AS_ROOT = ("-W", "ignore:::celery.platforms")  # tasks are JSON, so root does no harm
ANSWER_SECONDS = 5
direct_opener = build_opener(ProxyHandler({}))  # our own pages are never behind a proxy


def web_part(
    *, port: int, host: str = "127.0.0.1", shared: bool = False, environment: Mapping[str, str]
) -> Part:
    flags = ["--host", host, "--port", str(port), *(["--shared"] if shared else [])]
    return Part(
        name="web",
        command=[sys.executable, "-m", "config.server.web", *flags],
        environment=_without_private_keys(environment, "web"),
        folder=BASE,
        ready=partial(_serves_sign_in_page, host, port),
        patience=6.0,
    )


def _without_private_keys(environment: Mapping[str, str], role: str) -> dict[str, str]:
    """Return the environment of a process that may seal secrets but not open them."""
    return {**environment, "FILLWATCH_ROLE": role, "SEAL_PRIVATE_KEYS": ""}


def worker_part(*, environment: Mapping[str, str]) -> Part:
    options = "--quiet -A config worker -Q monitor,default --without-gossip --without-mingle"
    return Part(
        name="worker",
        command=[sys.executable, *QUIET_AS_ROOT, "-m", "celery", *options.split()],
        environment={
            **environment,
            "FILLWATCH_ROLE": "worker",
            "REMAP_SIGTERM": "SIGQUIT",  # running tasks get a moment, then go back to the queue
        },
        folder=BASE,
        patience=6.0,
    )


def _serves_sign_in_page(host: str, port: int) -> bool:
    shown = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
    address = f"[{shown}]" if ":" in shown else shown
    return answers_http(f"http://{address}:{port}{resolve_url(settings.LOGIN_URL)}")


def stream_part(*, environment: Mapping[str, str]) -> Part:
    return _command_part("stream", {**environment, "FILLWATCH_ROLE": "stream"})


def demo_part(*, environment: Mapping[str, str]) -> Part:
    return _command_part("demo", _without_private_keys(environment, "command"))


def beat_part(*, environment: Mapping[str, str]) -> Part:
    return _command_part("beat", _without_private_keys(environment, "beat"))


def collect_part(*, environment: Mapping[str, str]) -> Part:
    options = ["collectstatic", "--noinput", "--clear", "--ignore", "redoc", "--verbosity", "0"]
    return _command_part("pages", _without_private_keys(environment, "command"), *options)


def _command_part(name: str, environment: Mapping[str, str], *options: str) -> Part:
    """Describe a process that runs the command of its own name, or the one given."""
    command = [sys.executable, str(BASE / "manage.py"), *(options or [name])]
    return Part(name=name, command=command, environment=environment, folder=BASE)


def simulator_part(*, port: int, home: Path, environment: Mapping[str, str]) -> Part:
    flags = ["--port", str(port), "--home", str(home)]
    return Part(
        name="simulator",
        command=[sys.executable, "-m", "exchanges.simulator", *flags],
        environment=environment,
        folder=BASE,
        prepare=partial((home / "endpoint.json").unlink, missing_ok=True),  # of an earlier run
        ready=(home / "endpoint.json").exists,
        alive=partial(answers_http, f"http://127.0.0.1:{port}/", seconds=1.0),
    )


def answers_http(url: str, *, seconds: float = ANSWER_SECONDS) -> bool:
    """Tell whether a server answers there with anything but a failure of its own."""
    try:
        with direct_opener.open(url, timeout=seconds):
            return True
    except HTTPError as error:
        with error:
            return error.code < 500
    except (URLError, OSError, HTTPException):  # the last one: it speaks something else
        return False
