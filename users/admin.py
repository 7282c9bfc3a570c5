"""Accounts in the admin. What would show a secret, or sign somebody in, is taken out.

Rights, and whatever signs somebody in, are given by superusers alone. Otherwise an operator who may
change accounts could take over any of them, and so get every right.
"""

from typing import Any, Final

from allauth.account.admin import EmailAddressAdmin
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from users.invitations import actions
from users.models import Invitation, KeyGrant, User

for model in (Authenticator, EmailAddress, SocialAccount, SocialApp, SocialToken):
    admin.site.unregister(model)

HAPPENED: Final = ("last_login", "date_joined")
RIGHTS: Final = ("is_staff", "is_superuser", "groups", "user_permissions")
# Whoever has the address can ask for a link that sets a new password.
SIGNS_IN: Final = ("email",)


def is_superuser(request: HttpRequest) -> bool:
    return isinstance(request.user, User) and request.user.is_superuser


def may_change(request: HttpRequest, account: User | None) -> bool:
    """Tell whether this operator's rights reach to an account: other operators' are out of it."""
    if account is None or account == request.user:
        return True
    return not account.is_staff or is_superuser(request)


@admin.register(User)
class UserAccountAdmin(UserAdmin):  # type: ignore[type-arg]  # no generic at run time
    list_display = ("username", "email", "is_active", "is_staff", "last_login", "date_joined")
    date_hierarchy = "date_joined"
    fieldsets = (
        *(UserAdmin.fieldsets or ()),
        (
            "Preferences",
            {
                "fields": (
                    "check_seconds",
                    "high_value",
                    "time_zone",
                    "order_columns",
                    "theme",
                    "density",
                    "language",
                    "number_format",
                    "fill_sound",
                    "fill_notifications",
                )
            },
        ),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        fields = (*super().get_readonly_fields(request, obj), *HAPPENED)
        return fields if is_superuser(request) else (*fields, *RIGHTS, *SIGNS_IN)

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return may_change(request, obj) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return may_change(request, obj) and super().has_delete_permission(request, obj)

    def user_change_password(
        self, request: HttpRequest, id: str, form_url: str = ""
    ) -> HttpResponse:
        """Set anybody's password; people change their own on a page that asks for the old one."""
        if not is_superuser(request):
            raise PermissionDenied
        return super().user_change_password(request, id, form_url)


@admin.register(EmailAddress)
class AccountAddressAdmin(EmailAddressAdmin):  # type: ignore[misc]  # untyped
    """Superusers change addresses; other operators with the right to see them do that alone."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return is_superuser(request)

    def has_change_permission(self, request: HttpRequest, obj: EmailAddress | None = None) -> bool:
        return is_superuser(request)

    def has_delete_permission(self, request: HttpRequest, obj: EmailAddress | None = None) -> bool:
        return is_superuser(request)

    def get_actions(self, request: HttpRequest) -> Any:
        """Leave out the action that verifies addresses, which asks for no right at all."""
        return super().get_actions(request) if is_superuser(request) else {}


@admin.register(Authenticator)
class SecondFactorAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # no generic at run time
    """Operators see that there is a second factor, and may remove a lost one."""

    list_display = ("user", "type", "created_at", "last_used_at")
    fields = readonly_fields = ("user", "type", "created_at", "last_used_at")
    search_fields = ("user__username",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Authenticator | None = None) -> bool:
        account = obj.user if obj else None
        return may_change(request, account) and super().has_delete_permission(request, obj)


@admin.register(Invitation)
class InvitationAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # no generic at run time
    """Inviting shows the link once, unless it was mailed."""

    list_display = ("__str__", "email", "invited_by", "expires_at", "accepted_by")
    readonly_fields = ("invited_by", "created_at", "expires_at", "accepted_by", "accepted_at")

    def has_change_permission(self, request: HttpRequest, obj: Invitation | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Invitation, form: object, change: bool) -> None:
        assert isinstance(request.user, User)  # noqa: S101
        made, link = actions.invite(email=obj.email, invited_by=request.user, now=timezone.now())
        obj.pk, obj.digest, obj.expires_at = made.pk, made.digest, made.expires_at
        said = f"Sent to {made.email}." if made.is_emailed else f"For one person, once: {link}"
        messages.success(request, said)


@admin.register(KeyGrant)
class KeyGrantAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # no generic at run time
    """Operators see which keys are shared; only the two users change that, as it must be told."""

    list_display = ("key", "member_name", "role", "created_at", "accepted_at", "last_used_at")
    list_select_related = ("key",)
    search_fields = ("member_name", "key__user__username", "key__label")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: KeyGrant | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: KeyGrant | None = None) -> bool:
        return False
