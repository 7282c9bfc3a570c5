"""`manage.py runserver`, which is daphne's: pages, static files and sockets from one process."""

import sys
from collections.abc import Iterator

import pytest

from config.launcher.home import BASE
from config.launcher.parts import Part
from config.launcher.processes import answers_http, direct_opener
from tests.realtime.socket.wire import Wire, bearer, token, write
from tests.services import free_port, process_environment, run_part
from users.models import User


@pytest.fixture(params=["false", "true"], ids=["as in production", "with DEBUG"])
def runserver(request: pytest.FixtureRequest, transactional_db: None) -> Iterator[str]:
    """Its address. What it says until it has ended tells of no mistake."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    part = Part(
        name="runserver",
        command=[sys.executable, str(BASE / "manage.py"), "runserver", "--noreload", str(port)],
        environment=process_environment() | {"FILLWATCH_URL": url, "DEBUG": request.param},
        folder=BASE,
        ready=lambda: answers_http(f"{url}/sign-in/"),
    )
    with run_part(part) as log:
        yield url
    output = log.read_text(errors="replace")
    assert "Traceback" not in output
    assert "Task was destroyed" not in output


def test_pages_static_files_and_sockets(runserver: str, user: User) -> None:
    with direct_opener.open(f"{runserver}/sign-in/") as page:
        assert b"<form" in page.read()
    with direct_opener.open(f"{runserver}/static/realtime/client.js") as script:
        assert script.status == 200
    address = runserver.replace("http", "ws") + "/ws/"
    wire = Wire(address, subprotocols=bearer(token(user)))
    assert wire.subscribe()["type"] == "live"
    write(user, 1, 2)
    assert wire.numbers(until=2) == [1, 2]
    wire.close()
    other = Wire(address, subprotocols=bearer(token(user)))
    assert other.subscribe()["type"] == "live"
    write(user, 3)
    assert other.numbers(until=3) == [3]
    other.say("garbage")
    assert other.next("error")["data"]["code"]
    other.close()
