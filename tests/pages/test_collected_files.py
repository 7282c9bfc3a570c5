"""Pages whose files `collectstatic` has joined: fewer requests, and they live as before."""

import json
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
from tests.browser import find_chromium, start_browser
from tests.orders.reports import NOON
from tests.pages.conftest import Tab
from tests.services import free_port, process_environment, run_part, wait_until
from users.models import User

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Response

pytestmark = pytest.mark.browser

LIVE = "#dot[data-state=live]"
PAGES = [
    *("/orders/", "/bots/", "/portfolio/", "/markets/", "/holdings/", "/signals/"),
    *("/keys/", "/notifications/", "/logs/"),
]
MOST_REQUESTS = 12
# Of a pair made for this test: browsers refuse a key that is no point of the curve.
PUSH_KEY = "BCuvmCwBp8KP7b34SY5Y4MOKzlRZ7lqblyU2KJKAgGQftM7j3_iKcoC4VZK45Y0hP4B4PcoeRdjbhyolpJ9U2bY"


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    """Chromium as people have it: the one without windows shows no notifications."""
    with start_browser(find_chromium()) as started:
        yield started


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
        "VAPID_PUBLIC_KEY": PUSH_KEY,
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


def test_a_push_is_shown_and_opens_its_page(tab: Tab, user: User, collected_web: str) -> None:
    """The browser's own tools deliver the push, since no push service can be reached here."""
    page = tab(user, "/notifications/settings/", base_url=collected_web)
    page.context.grant_permissions(["notifications"], origin=collected_web)
    tools = page.context.new_cdp_session(page)
    registered: list[str] = []
    tools.on(
        "ServiceWorker.workerRegistrationUpdated",
        lambda told: registered.extend(one["registrationId"] for one in told["registrations"]),
    )
    tools.send("ServiceWorker.enable")
    with page.context.expect_event("serviceworker") as started:
        page.click("#subscribe")
    worker = started.value
    page.wait_for_selector(".toast")  # it says that this browser did not subscribe
    assert worker.url.endswith("/static/operations/push_worker.js")

    message = {"id": "m1", "title": "Filled", "body": "0.5 BTC", "link": "/orders/"}
    delivery = {"origin": collected_web, "data": json.dumps(message)}
    for _ in range(2):  # the second is the same message, sent again
        tools.send(
            "ServiceWorker.deliverPushMessage", {**delivery, "registrationId": registered[-1]}
        )
    shown = wait_until(
        lambda: page.evaluate(
            """async () => {
              const [registration] = await navigator.serviceWorker.getRegistrations();
              const shown = await registration.getNotifications();
              return shown.map(({ title, body, tag }) => [title, body, tag]);
            }"""
        ),
        what="the notification",
    )
    assert shown == [["Filled", "0.5 BTC", "m1"]]
    opened = worker.evaluate(
        """async () => {
          const opened = [];
          self.clients.openWindow = async (address) => opened.push(address);
          const [notification] = await self.registration.getNotifications();
          self.dispatchEvent(new NotificationEvent("notificationclick", { notification }));
          return opened;
        }"""
    )
    assert opened == ["/orders/"]
