"""A passkey signs in, without a password or after it; in a real browser with a virtual key."""

from typing import TYPE_CHECKING

import pytest
from allauth.mfa.models import Authenticator

from tests.conftest import PASSWORD
from tests.pages.conftest import Tab
from users.models import User

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser


@pytest.fixture
def localhost(web: str) -> str:
    """The server's name, for browsers accept no passkeys at an address of numbers."""
    return web.replace("127.0.0.1", "localhost")


def plug_in_key(page: "Page") -> None:
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def add_passkey(page: "Page", *, passwordless: bool) -> None:
    plug_in_key(page)
    page.get_by_label("Name").fill("Laptop")
    if passwordless:
        page.get_by_label("Passwordless").check()
    page.get_by_role("button", name="Add it").click()
    page.get_by_role("heading", name="Recovery codes").wait_for()
    page.locator("summary", has_text="ada").click()
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("heading", name="Sign in").wait_for()


def test_a_passkey_signs_in_without_a_password(tab: Tab, user: User, localhost: str) -> None:
    page = tab(user, "/second-factor/webauthn/add/", base_url=localhost)
    add_passkey(page, passwordless=True)
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url("**/orders/")
    assert Authenticator.objects.get(type="webauthn").wrap().name == "Laptop"


def test_a_security_key_is_the_second_factor_of_a_password(
    tab: Tab, user: User, localhost: str
) -> None:
    page = tab(user, "/second-factor/webauthn/add/", base_url=localhost)
    add_passkey(page, passwordless=False)
    page.get_by_label("Username").fill("ada")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url("**/orders/")


def test_a_browser_without_the_key_says_so(tab: Tab, user: User, localhost: str) -> None:
    page = tab(user, "/second-factor/webauthn/add/", base_url=localhost)
    add_passkey(page, passwordless=True)
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.disable")
    devtools.send("WebAuthn.enable")
    plug_in_key(page)
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.get_by_text("this key is not known here").wait_for()


def test_times_are_shown_in_the_zone_of_the_preferences(tab: Tab, user: User) -> None:
    User.objects.update(time_zone="Asia/Tokyo")
    page = tab(user, "/sessions/")
    time = page.locator("time[data-clock]").first
    utc = time.get_attribute("datetime")
    assert utc
    hour = (int(utc[11:13]) + 9) % 24
    time.filter(has_text=f"{hour:02}:{utc[14:16]}").wait_for()
