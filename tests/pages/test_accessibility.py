"""axe-core finds nothing on our pages: in light on a desk, and in dark on a phone."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

import pytest

from bench.support.axe import SCRIPT, find_violations
from config.launcher import processes
from exchanges.models import ExchangeKey
from orders.models import Order
from tests.conftest import create_user
from tests.pages.conftest import Tab
from tests.pages.test_narrow import full as fill_account  # noqa: F401 (a fixture)
from tests.services import free_port, process_environment, run_part
from users.models import User

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

Scheme = Literal["light", "dark"]
LOOKS = [("light", 1400), ("dark", 360)]  # `bench pages` looks at the other two as well
TRADER = [
    *("/orders/", "/orders/new/", "/orders/oco/new/", "/bots/", "/bots/new/", "/portfolio/"),
    *("/markets/", "/holdings/", "/signals/", "/keys/", "/notifications/", "/logs/"),
    *("/preferences/", "/sessions/", "/api-tokens/", "/status/"),
]
OPERATOR = [
    *("/operations/", "/operations/venues/", "/operations/streams/", "/operations/queues/"),
    *("/operations/figures/", "/operations/sockets/", "/operations/logs/", "/operations/audit/"),
    *("/operations/messages/", "/operations/backups/", "/operations/users/"),
    *("/operations/markets/", "/operations/alerts/", "/api/docs/?tag=orders"),
    *("/admin/", "/admin/orders/order/", "/admin/users/user/", "/admin/users/user/add/"),
]


@pytest.fixture(scope="module")
def web(django_db_setup: None) -> Iterator[str]:
    """A web server that shows the public status page too."""
    if not SCRIPT.exists():
        pytest.skip("no axe-core here: npm ci")
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    environment = process_environment() | {"FILLWATCH_URL": url, "STATUS_PAGE": "true"}
    with run_part(processes.web_part(port=port, environment=environment)):
        yield url


def check_pages(page: "Page", paths: list[str], scheme: Scheme, width: int) -> list[str]:
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 900})
    found = []
    for path in paths:
        answer = page.goto(path)
        assert answer, path
        assert answer.status == 200, path
        found += [f"{path} {rule} {places}" for rule, places in find_violations(page)]
    return found


@pytest.mark.parametrize(("scheme", "width"), LOOKS)
def test_pages_of_traders(
    tab: Tab,
    key: ExchangeKey,
    fill_account: list[str],  # noqa: F811 (the fixture)
    scheme: Scheme,
    width: int,
) -> None:
    order = Order.objects.get(bot__isnull=False)
    paths = [*TRADER, *fill_account, f"/orders/{order.pk}/", f"/orders/{order.pk}/amend/"]
    assert check_pages(tab(key.user), paths, scheme, width) == []


@pytest.mark.parametrize(("scheme", "width"), LOOKS)
def test_pages_of_operators(
    tab: Tab,
    key: ExchangeKey,
    fill_account: list[str],  # noqa: F811 (the fixture)
    scheme: Scheme,
    width: int,
) -> None:
    root = create_user("root", is_staff=True, is_superuser=True)
    assert check_pages(tab(root, "/operations/"), OPERATOR, scheme, width) == []


def test_pages_of_strangers(tab: Tab, user: User) -> None:
    page = tab(None, "/sign-in/")
    assert check_pages(page, ["/sign-in/", "/status/"], "dark", 360) == []


def test_what_is_wrong_is_found(tab: Tab, user: User) -> None:
    page = tab(user, "/preferences/")
    page.evaluate("document.body.append(document.createElement('button'))")
    assert "button-name" in dict(find_violations(page))
