"""Addresses of the page of messages."""

from django.urls import path

from operations.messages import pages

urlpatterns = [
    path("notifications/", pages.overview, name="notifications"),
    path("notifications/bell/", pages.bell, name="bell"),
    path("notifications/read-all/", pages.read_all, name="read-all-notifications"),
    path("notifications/<int:notification_id>/read/", pages.read, name="read-notification"),
    path("alerts/<int:alert_id>/put-aside/", pages.put_aside, name="put-alert-aside"),
]
