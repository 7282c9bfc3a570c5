"""Bots for operators."""

from typing import TYPE_CHECKING

from django.contrib import admin

from bots.models import Bot

if TYPE_CHECKING:
    Admin = admin.ModelAdmin[Bot]
else:
    Admin = admin.ModelAdmin


@admin.register(Bot)
class BotAdmin(Admin):
    list_display = ("name", "user", "key", "symbol", "check_seconds")
    list_select_related = ("user", "key")
    search_fields = ("name", "user__username", "symbol")
