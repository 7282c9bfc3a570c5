"""URLs of the page of messages."""

from django.urls import path

from operations.messages import pages

urlpatterns = [
    path("notifications/", pages.show_messages, name="notifications"),
    path("notifications/bell/", pages.show_bell, name="bell"),
    path("notifications/read-all/", pages.mark_all_read, name="read-all-notifications"),
    path(
        "notifications/<int:notification_id>/read/",
        pages.mark_notification_read,
        name="read-notification",
    ),
    path("alerts/<int:alert_id>/put-aside/", pages.dismiss_alert, name="put-alert-aside"),
]
