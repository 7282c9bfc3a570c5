"""Accounts in the admin. What would show a secret, or sign somebody in, is taken out."""

from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.http import HttpRequest
from django.utils import timezone

from users.invitations import actions
from users.models import Invitation, KeyGrant, User

for model in (Authenticator, SocialAccount, SocialApp, SocialToken):
    admin.site.unregister(model)


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
                )
            },
        ),
    )


@admin.register(Authenticator)
class SecondFactorAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # no generic at run time
    """Operators see that there is a second factor, and may remove a lost one."""

    list_display = ("user", "type", "created_at", "last_used_at")
    fields = readonly_fields = ("user", "type", "created_at", "last_used_at")
    search_fields = ("user__username",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False


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
