"""Pages whose files `collectstatic` has joined: fewer requests, and they live as before."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from config.launcher import processes
from config.launcher.home import BASE
from config.static_files import bundles
from operations.notifications import record as notifications
from tests.orders.reports import NOON
from tests.pages.conftest import Tab
from tests.services import free_port, process_environment, run_part
from users.models import User

if TYPE_CHECKING:
    from playwright.sync_api import Response

pytestmark = pytest.mark.browser

LIVE = "#dot[data-state=live]"
PAGES = [
    *("/orders/", "/bots/", "/portfolio/", "/markets/", "/holdings/", "/signals/"),
    *("/keys/", "/notifications/", "/logs/"),
]
MOST_REQUESTS = 12


@pytest.fixture(scope="module")
def collected_web(tmp_path_factory: pytest.TempPathFactory, django_db_setup: None) -> Iterator[str]:
    """A web server whose static files were collected."""
    if bundles.find_esbuild() is None:
        pytest.skip("no bundler here: npm ci")
    root: Path = tmp_path_factory.mktemp("static")
    port = free_port()
    environment = process_environment() | {
        "STATIC_ROOT": str(root),
        "FILLWATCH_URL": f"http://127.0.0.1:{port}",
    }
    options = "collectstatic --noinput --ignore drf_spectacular_sidecar --verbosity 0"
    command = [sys.executable, "-W", "ignore", "manage.py", *options.split()]
    subprocess.run(command, cwd=BASE, env=environment | {"PATH": "/usr/bin:/bin"}, check=True)
    with run_part(processes.web_part(port=port, environment=environment)):
        yield environment["FILLWATCH_URL"]
    shutil.rmtree(root)


def test_each_page_lives_on_few_requests(tab: Tab, user: User, collected_web: str) -> None:
    page = tab(user, "/orders/", base_url=collected_web)
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer))
    for path in PAGES:
        answers.clear()
        page.goto(path)
        page.wait_for_selector(LIVE)
        assert len(answers) <= MOST_REQUESTS, path
        assert all(answer.ok for answer in answers), path


def test_files_are_kept_and_pages_are_not(tab: Tab, user: User, collected_web: str) -> None:
    page = tab(user, "/sign-in/", base_url=collected_web)
    page.wait_for_selector(LIVE)
    files: list[Response] = []
    page.on("response", lambda answer: files.append(answer))
    html = page.goto("/bots/")
    page.wait_for_selector(LIVE)
    assert html
    assert html.all_headers()["content-encoding"] == "gzip"
    assert "no-store" in html.all_headers()["cache-control"]
    joined = [file.all_headers() for file in files if file.url.endswith((".js", ".css"))]
    assert "gzip" in {headers.get("content-encoding") for headers in joined}  # but for tiny ones
    assert all("immutable" in headers["cache-control"] for headers in joined)


def test_the_header_and_the_page_share_one_stream(tab: Tab, user: User, collected_web: str) -> None:
    page = tab(user, "/notifications/", base_url=collected_web)
    page.wait_for_selector(LIVE)
    notifications.notify(user_id=user.pk, title="Filled", now=NOON)
    page.wait_for_selector("main :text('Filled')")
    assert page.locator(".toast").count() <= 1
