"""Accounts in the admin."""

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin

from users.models import User


@admin.register(User)
class UserAccountAdmin(UserAdmin):  # type: ignore[type-arg]  # no generic at run time
    fieldsets = (
        *(UserAdmin.fieldsets or ()),
        ("Orders", {"fields": ("check_seconds", "high_value")}),
    )
