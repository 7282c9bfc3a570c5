"""The admin of accounts: the right to change accounts is no way to more rights."""

from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.contrib.auth.models import Permission
from django.test import Client

from tests.conftest import PASSWORD, create_user, sign_in
from users.models import User

pytestmark = pytest.mark.django_db
NEW_PASSWORD = "another long horse 7"


@pytest.fixture
def helper(client: Client) -> User:
    """An operator who may change accounts and email addresses, and nothing else."""
    helper = create_user("holly", is_staff=True)
    models = ("user", "emailaddress", "authenticator")
    rights = [f"{act}_{name}" for act in ("add", "change", "delete", "view") for name in models]
    helper.user_permissions.set(Permission.objects.filter(codename__in=rights))
    sign_in(client, helper)
    return helper


def post_account(client: Client, account: User, **fields: Any) -> Any:
    """Send the form of an account as the page holds it, with these fields changed."""
    address = f"/admin/users/user/{account.pk}/change/"
    page = client.get(address)
    form = page.context["adminform"].form
    if "first_name" not in form.fields:  # a page to look at
        return client.post(address, {name: value for name, value in fields.items() if value})
    values = {name: form.initial.get(name) for name in form.fields}
    data = {name: value for name, value in (values | fields).items() if value not in (None, False)}
    return client.post(address, data)


def post_password(client: Client, account: User) -> int:
    passwords = {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD, "usable_password": "true"}
    answer = client.post(f"/admin/users/user/{account.pk}/password/", passwords)
    return answer.status_code


def test_nobody_makes_themselves_superuser(client: Client, helper: User) -> None:
    answer = post_account(client, helper, is_superuser="on", first_name="Holly")
    assert answer.status_code == 302
    helper.refresh_from_db()
    assert (helper.first_name, helper.is_superuser) == ("Holly", False)


@pytest.mark.parametrize("field", ["is_staff", "is_superuser"])
def test_rights_are_given_by_superusers_alone(
    client: Client, helper: User, user: User, staff_user: User, field: str
) -> None:
    post_account(client, user, **{field: "on"})
    user.refresh_from_db()
    assert not getattr(user, field)
    sign_in(client, staff_user)
    post_account(client, user, **{field: "on"})
    user.refresh_from_db()
    assert getattr(user, field)


def test_nobody_gives_themselves_a_permission(client: Client, helper: User) -> None:
    more = Permission.objects.get(codename="view_servicelog")
    post_account(client, helper, user_permissions=[more.pk])
    assert not User.objects.get(pk=helper.pk).has_perm("operations.view_servicelog")


def test_a_password_is_set_by_superusers_alone(
    client: Client, helper: User, user: User, staff_user: User
) -> None:
    assert post_password(client, user) == post_password(client, staff_user) == 403
    for account in (user, staff_user):
        account.refresh_from_db()
        assert account.check_password(PASSWORD)
    sign_in(client, staff_user)
    assert post_password(client, user) == 302


def test_an_address_that_gets_a_new_password_is_set_by_superusers_alone(
    client: Client, helper: User, user: User
) -> None:
    post_account(client, user, email="holly@example.org")
    user.refresh_from_db()
    assert user.email == ""
    fields = {"user": user.pk, "email": "holly@example.org", "verified": "on"}
    assert client.post("/admin/account/emailaddress/add/", fields).status_code == 403
    assert not EmailAddress.objects.exists()


def test_an_address_is_verified_by_superusers_alone(
    client: Client, helper: User, user: User
) -> None:
    address = EmailAddress.objects.create(user=user, email="holly@example.org")
    action = {"action": "make_verified", "_selected_action": address.pk}
    client.post("/admin/account/emailaddress/", action)
    address.refresh_from_db()
    assert not address.verified


def test_second_factors_of_operators_are_removed_by_superusers_alone(
    client: Client, helper: User, user: User, staff_user: User
) -> None:
    theirs, ours = (TOTP.activate(each, generate_totp_secret()) for each in (staff_user, user))
    for factor in (theirs, ours):
        pk = factor.instance.pk
        client.post(f"/admin/mfa/authenticator/{pk}/delete/", {"post": "yes"})
    assert list(Authenticator.objects.values_list("user__username", flat=True)) == ["olga"]


def test_operators_are_changed_by_superusers_alone(
    client: Client, helper: User, staff_user: User
) -> None:
    post_account(client, staff_user, is_active=None)
    client.post(f"/admin/users/user/{staff_user.pk}/delete/", {"post": "yes"})
    staff_user.refresh_from_db()
    assert staff_user.is_active


def test_the_right_still_changes_the_account_of_a_user(
    client: Client, helper: User, user: User
) -> None:
    assert post_account(client, user, first_name="Ada", is_active=None).status_code == 302
    user.refresh_from_db()
    assert (user.first_name, user.is_active) == ("Ada", False)
