"""The page of alert rules, without JavaScript: add, try, change, switch and delete."""

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone

from operations.alerts.rules import actions, defaults
from operations.alerts.rules.actions import OPERATORS, RuleOwner
from operations.models import Alert, AlertRule
from users.models import User

PAGE = "/alerts/rules/"
SETTINGS = {"name": "Slow", "level": "critical", "cooldown_seconds": "60", "clear_seconds": "5"}


@pytest.fixture
def ada(client: Client, user: User) -> Client:
    client.force_login(user, "django.contrib.auth.backends.ModelBackend")
    return client


def read_page(client: Client, address: str = PAGE) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_a_rule_from_its_form_to_its_end(ada: Client, user: User) -> None:
    assert "You have no rules yet." in read_page(ada)
    assert 'name="condition_seconds" value="60"' in read_page(ada, f"{PAGE}?kind=order_stuck")
    sent = ada.post(f"{PAGE}add/order_stuck/", {**SETTINGS, "condition_seconds": "90"})
    assert sent.status_code == 302
    rule = AlertRule.objects.get(user=user)
    assert (rule.name, rule.level, rule.conditions["seconds"]) == ("Slow", "critical", 90)
    assert (rule.cooldown_seconds, rule.clear_seconds, rule.tells_end) == (60, 5, False)
    ada.post(f"{PAGE}{rule.pk}/test/")
    assert "It would not fire now. No order." in read_page(ada)
    ada.post(f"{PAGE}{rule.pk}/", {**SETTINGS, "condition_seconds": "120", "tells_end": "on"})
    ada.post(f"{PAGE}{rule.pk}/", {"switch": "off"})
    rule.refresh_from_db()
    assert (rule.conditions["seconds"], rule.tells_end, rule.is_active) == (120, True, False)
    ada.post(f"{PAGE}{rule.pk}/delete/")
    assert not AlertRule.objects.exists()


def test_a_form_says_what_is_wrong(ada: Client, user: User) -> None:
    wrong = ada.post(f"{PAGE}add/price_above/", {**SETTINGS, "condition_instrument": "moon"})
    page = wrong.content.decode()
    assert wrong.status_code == 422
    assert "No venue of this installation trades that." in page
    assert "Give it: Price." in page
    assert ada.post(f"{PAGE}add/job_failed/", SETTINGS).status_code == 404
    assert "New rule" not in read_page(ada, f"{PAGE}?kind=job_failed")
    assert not AlertRule.objects.exists()


def test_rules_of_others_are_not_there(ada: Client, other_user: User) -> None:
    owner = RuleOwner(other_user.pk)
    rule = actions.create_rule(owner, "order_filled", {}, now=timezone.now(), name="Secret")
    assert "Secret" not in read_page(ada)
    for address in (f"{PAGE}{rule.pk}/", f"{PAGE}{rule.pk}/test/", f"{PAGE}{rule.pk}/delete/"):
        assert ada.post(address, SETTINGS).status_code == 404
    assert ada.get(f"{PAGE}{rule.pk}/").status_code == 405


def test_an_alert_is_acknowledged_and_resolved_on_the_page_of_messages(
    ada: Client, user: User, other_user: User
) -> None:
    rule = actions.create_rule(RuleOwner(user.pk), "order_filled", {}, now=timezone.now())
    alert = Alert.objects.create(
        user=user, rule=rule, name="rule:1:x", title="Filled", began_at=timezone.now()
    )
    ada.post(f"/alerts/{alert.pk}/settle/")
    assert "acknowledged by ada" in read_page(ada, "/notifications/")
    ada.post(f"/alerts/{alert.pk}/settle/", {"step": "resolve"})
    alert.refresh_from_db()
    assert (alert.acknowledged_by, alert.ended_by) == ("ada", "ada")
    foreign = Alert.objects.create(user=other_user, name="x", title="x", began_at=timezone.now())
    assert ada.post(f"/alerts/{foreign.pk}/settle/").status_code == 404


SHARED_PAGE = "/operations/alerts/"


@pytest.fixture
def olga(db: None) -> Client:
    """The browser of an operator."""
    client = Client()
    person = User.objects.create_user("olga", is_staff=True)
    person.user_permissions.add(Permission.objects.get(codename="operate_alerts"))
    client.force_login(person, "django.contrib.auth.backends.ModelBackend")
    return client


def test_operators_share_rules_on_a_page(olga: Client, user: User) -> None:
    defaults.add_missing(now=timezone.now())
    own = actions.create_rule(RuleOwner(user.pk), "order_filled", {}, now=timezone.now())
    page = read_page(olga, f"{SHARED_PAGE}?kind=job_failed")
    assert "Rules that came with Fillwatch cannot be deleted" in page
    assert "Order filled" not in page
    olga.post(f"{SHARED_PAGE}rules/add/job_failed/", SETTINGS)
    rule = AlertRule.objects.get(kind="job_failed", is_default=False)
    assert (rule.user, rule.name) == (None, "Slow")
    wrong = olga.post(f"{SHARED_PAGE}rules/{rule.pk}/", {**SETTINGS, "name": ""})
    assert (wrong.status_code, "Operators share these rules." in wrong.content.decode()) == (
        422,
        True,
    )
    olga.post(f"{SHARED_PAGE}rules/{rule.pk}/delete/")
    shipped = AlertRule.objects.get(kind="job_failed")
    olga.post(f"{SHARED_PAGE}rules/{shipped.pk}/delete/")
    assert "Switch it off instead." in read_page(olga, SHARED_PAGE)
    olga.post(f"{SHARED_PAGE}rules/{shipped.pk}/", {"switch": "off"})
    shipped.refresh_from_db()
    assert not shipped.is_active
    assert olga.post(f"{SHARED_PAGE}rules/{own.pk}/delete/").status_code == 404


def test_operators_settle_alerts_for_all_of_them(olga: Client, ada: Client, user: User) -> None:
    now, others = timezone.now(), User.objects.create_user("omar", is_staff=True)
    rule = actions.create_rule(OPERATORS, "job_failed", {}, now=now)
    copies = [
        Alert.objects.create(user=person, rule=rule, name="rule:1:x", title="Late", began_at=now)
        for person in (User.objects.get(username="olga"), others)
    ]
    assert ada.get(SHARED_PAGE).status_code == 403
    assert ada.post(f"{SHARED_PAGE}{copies[0].pk}/settle/").status_code == 403
    olga.post(f"{SHARED_PAGE}{copies[0].pk}/settle/", {"note": "on it"})
    page = read_page(olga, SHARED_PAGE)
    assert page.index("acknowledged by olga: on it") < page.index("No alert has ended yet.")
    olga.post(f"{SHARED_PAGE}{copies[0].pk}/settle/", {"step": "resolve"})
    page = read_page(olga, SHARED_PAGE)
    assert "Resolved by olga" in page
    assert "Nothing is wrong that a rule watches." in page
    assert not Alert.objects.filter(ended_at=None).exists(), "the copies of others end too"
