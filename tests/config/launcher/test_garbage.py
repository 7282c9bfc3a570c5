"""Something else listens where our pages should be: that is no answer, and ends no watch."""

import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import Settings

from config.launcher.processes import answers_http
from exchanges import paper
from operations.health.probes import round_trips


@pytest.fixture
def garbage_url() -> Iterator[str]:
    """Serve one answer that is not HTTP."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer_garbage() -> None:
            accepted, _ = server.accept()
            with accepted:
                accepted.recv(65_536)
                accepted.sendall(b"220 mail.example.org ESMTP\r\n")

        answering = threading.Thread(target=answer_garbage)
        answering.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        answering.join()


def test_it_counts_as_silence(garbage_url: str) -> None:
    assert not answers_http(garbage_url)


def test_the_health_check_says_that_the_pages_do_not_answer(garbage_url: str) -> None:
    with pytest.raises(round_trips.PartSilent, match=round_trips.REFUSED):
        round_trips.ask_pages(garbage_url)


def test_the_paper_venue_is_said_to_be_away(
    garbage_url: str, tmp_path: Path, settings: Settings
) -> None:
    (tmp_path / "control-token").write_text("a token")
    endpoint = tmp_path / "endpoint.json"
    endpoint.write_text(json.dumps({"home": str(tmp_path), "control": f"{garbage_url}/control/"}))
    settings.SIMULATOR_ENDPOINT = str(endpoint)
    with pytest.raises(paper.SimulatorUnavailable):
        paper.fetch_prices()
