"""The bell, the bars and the page of messages: without JavaScript, and live with it."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client
from django.utils import timezone

from operations.alerts import record as alerts
from operations.messages import broadcast
from operations.models import Alert, AlertLevel, MessageLevel
from operations.notifications import record as notifications
from tests.orders.reports import NOON
from tests.pages.conftest import Tab
from users.models import User

if TYPE_CHECKING:
    from playwright.sync_api import Page

BACKEND = "django.contrib.auth.backends.ModelBackend"


@pytest.fixture
def ada(client: Client, user: User) -> Client:
    client.force_login(user, BACKEND)
    return client


def send_notification(user: User, title: str, **more: Any) -> int:
    return notifications.notify(user_id=user.pk, title=title, now=timezone.now(), **more).pk


def begin_alert(
    user: User, name: str = "disk", title: str = "The disk is full", **more: Any
) -> Alert:
    return alerts.begin_alert(user_id=user.pk, name=name, title=title, now=timezone.now(), **more)


def get_page(client: Client, address: str = "/notifications/") -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_every_page_shows_what_is_new(ada: Client, user: User, other_user: User) -> None:
    send_notification(user, "Your report is ready")
    send_notification(other_user, "Not for you")
    begin_alert(user, message="No room is left.")
    for address in ("/orders/", "/keys/", "/holdings/", "/notifications/", "/preferences/"):
        page = get_page(ada, address)
        assert "Your report is ready" in page
        assert "No room is left." in page
        assert 'aria-label="Messages, 2 new"' in page
        assert "Not for you" not in page


def test_a_form_marks_one_as_read_and_leads_to_what_it_is_about(ada: Client, user: User) -> None:
    one = send_notification(user, "Your report is ready", link="/orders/?status=filled")
    answer = ada.post(f"/notifications/{one}/read/")
    assert (answer.status_code, answer["Location"]) == (302, "/orders/?status=filled")
    assert not notifications.unread_notifications(user.pk).exists()


@pytest.mark.parametrize("wanted", ["https://elsewhere.example/", "//elsewhere.example/", ""])
def test_a_form_leads_nowhere_else(ada: Client, user: User, wanted: str) -> None:
    one = send_notification(user, "Read this", link="https://elsewhere.example/")
    answer = ada.post(f"/notifications/{one}/read/", {"next": wanted})
    assert answer["Location"] == "/notifications/"


def test_a_bar_is_dismissed_and_its_trouble_still_listed(ada: Client, user: User) -> None:
    alert = begin_alert(user)
    answer = ada.post(f"/alerts/{alert.pk}/put-aside/", {"next": "/keys/"})
    assert answer["Location"] == "/keys/"
    page = get_page(ada, "/keys/")
    assert 'class="strip"' not in page
    assert "The disk is full" in page  # behind the bell, as long as it lasts
    assert "dismissed" in get_page(ada)


def test_what_is_over_says_for_how_long_it_was(ada: Client, user: User) -> None:
    alerts.begin_alert(user_id=user.pk, name="disk", title="The disk is full", now=NOON)
    alerts.end_alert(user_id=user.pk, name="disk", now=NOON + timedelta(minutes=5))
    assert "resolved after 5\xa0minutes" in get_page(ada)


def test_what_is_anothers_cannot_be_put_aside(ada: Client, user: User, other_user: User) -> None:
    one, alert = send_notification(other_user, "Mine"), begin_alert(other_user)
    assert ada.post(f"/notifications/{one}/read/").status_code == 404
    assert ada.post(f"/alerts/{alert.pk}/put-aside/").status_code == 404
    ada.post("/notifications/read-all/")
    assert notifications.unread_notifications(other_user.pk).count() == 1


def test_the_list_is_paged_and_narrowed(ada: Client, user: User) -> None:
    for number in range(30):
        send_notification(user, f"Message {number}.")
    first, second = get_page(ada), get_page(ada, "/notifications/?page=2")
    assert "Message 5." in first
    assert "Message 4." in second
    ada.post("/notifications/read-all/")
    assert "You have read everything" in get_page(ada, "/notifications/?show=unread")
    assert "Message 29." in get_page(ada)


def test_words_are_shown_as_words(ada: Client, user: User) -> None:
    send_notification(
        user, "<script>alert(1)</script>", message="<b>bold</b>", link="/x/?a=1&b=<i>"
    )
    begin_alert(user, title="<img src=x>", message="<u>")
    for address in ("/notifications/", "/notifications/bell/", "/orders/"):
        page = get_page(ada, address)
        for markup in ("<script>alert", "<b>bold", "<img src=x", "<i>", "<u>"):
            assert markup not in page


@pytest.mark.parametrize("address", ["/notifications/", "/notifications/bell/"])
def test_who_is_signed_out_sees_the_door(client: Client, db: None, address: str) -> None:
    assert client.get(address)["Location"].startswith("/sign-in/")


def read_badge(page: "Page") -> str:
    return page.locator("#bell-badge").text_content() or ""


@pytest.mark.browser
def test_messages_arrive_and_leave_while_the_page_is_open(
    tab: Tab, user: User, other_user: User
) -> None:
    page = tab(user, "/keys/")
    page.wait_for_selector("#dot[data-state=live]")
    send_notification(other_user, "Not for you")
    one = send_notification(user, "Your report is ready", message="All of May.", link="/orders/")
    page.wait_for_selector(".toast >> text=Your report is ready")
    page.wait_for_selector("#bell summary[aria-label='Messages, 1 new']")
    begin_alert(user, level=AlertLevel.CRITICAL)
    page.wait_for_selector("#bars .strip[data-level=critical] >> text=The disk is full")
    alerts.end_alert(user_id=user.pk, name="disk", now=timezone.now())
    page.wait_for_selector("#bars .strip", state="detached")
    page.click("#bell summary")
    page.wait_for_selector("#bell .item >> text=Your report is ready")
    notifications.mark_read(one, user_id=user.pk, now=timezone.now())
    page.wait_for_selector("#bell-inner >> text=Nothing new")
    assert page.locator("#bell-badge").is_hidden()


@pytest.mark.browser
def test_dismissed_in_one_tab_is_dismissed_in_all(tab: Tab, user: User) -> None:
    begin_alert(user)
    one, other = tab(user, "/keys/"), tab(user, "/holdings/")
    for page in (one, other):
        page.wait_for_selector("#dot[data-state=live]")
    one.click("#bars .aside")
    for page in (one, other):
        page.wait_for_selector("#bars .strip", state="detached")
    assert one.url.endswith("/keys/")  # without leaving the page


@pytest.mark.browser
def test_words_to_everybody_stay_until_dismissed(tab: Tab, user: User) -> None:
    page = tab(user, "/keys/")
    page.wait_for_selector("#dot[data-state=live]")
    said = broadcast.begin_broadcast(
        title="Closed tonight", level=MessageLevel.WARNING, by=None, now=timezone.now()
    )
    broadcast.finish_broadcast(said.pk, now=timezone.now())
    page.wait_for_selector("#system .strip >> text=Closed tonight")
    page.goto("/notifications/")
    page.wait_for_selector("#system .strip >> text=Closed tonight")
    page.click("#system .aside")
    page.wait_for_selector("#system .strip", state="detached")
    page.goto("/keys/")
    page.wait_for_selector("#dot[data-state=live]")
    assert page.locator("#system .strip").count() == 0


@pytest.mark.browser
def test_the_page_of_messages_follows_and_the_bell_closes_with_escape(tab: Tab, user: User) -> None:
    page = tab(user, "/notifications/")
    page.click("#bell summary")
    page.keyboard.press("Escape")
    assert page.locator("#bell").get_attribute("open") is None
    send_notification(user, "First")
    page.wait_for_selector("#messages .told >> text=First")
    send_notification(user, "Second")
    page.wait_for_selector("#messages .told >> text=Second")
    page.click("#messages header .button")
    page.wait_for_selector("#bell summary[aria-label='Messages']")


@pytest.mark.browser
def test_it_works_without_javascript(tab: Tab, user: User) -> None:
    send_notification(user, "Your report is ready", link="/holdings/")
    begin_alert(user)
    page = tab(user, "/keys/", java_script_enabled=False)
    page.click("#bars .aside")
    assert page.url.endswith("/keys/")
    assert page.locator("#bars .strip").count() == 0
    page.click("#bell summary")
    page.click("#bell button.item")
    assert page.url.endswith("/holdings/")
    assert read_badge(page) == "1"  # the trouble lasts
