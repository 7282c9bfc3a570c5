"""Preferences of a person: quiet hours and the list's categories. Their only writer."""

from typing import Any

from operations.models import NotificationPreferences
from operations.notifications.quiet_hours import QuietHours
from users.models import User


def read_preferences(user_id: int) -> NotificationPreferences:
    """Return a person's preferences, unsaved defaults where they never chose any."""
    chosen = NotificationPreferences.objects.filter(user=user_id).first()
    return chosen or NotificationPreferences(user_id=user_id)


def change_preferences(user_id: int, **changes: Any) -> NotificationPreferences:
    preferences, _ = NotificationPreferences.objects.update_or_create(
        user_id=user_id, defaults=changes
    )
    return preferences


def read_quiet_hours(preferences: NotificationPreferences) -> QuietHours:
    zone = User.objects.filter(pk=preferences.user_id).values_list("time_zone", flat=True).first()
    return QuietHours(zone or "UTC", preferences.quiet_from, preferences.quiet_until)
