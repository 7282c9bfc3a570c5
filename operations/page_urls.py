"""URLs of the pages of messages, settings, alerts, changes, reports, and of the console."""

from django.urls import include, path

from operations.alerts.rules import pages as rule_pages
from operations.audit import pages as audit_pages
from operations.messages import pages
from operations.notifications import pages as settings_pages
from operations.status_page import pages as status_pages

urlpatterns = [
    path("operations/", include("operations.console.page_urls")),
    path("account/changes/", audit_pages.show_own_changes, name="own-changes"),
    path("reports/", include("operations.reports.page_urls")),
    path("status/", status_pages.show_status, name="status"),
    path("notifications/", pages.show_messages, name="notifications"),
    path("notifications/bell/", pages.show_bell, name="bell"),
    path("notifications/read-all/", pages.mark_all_read, name="read-all-notifications"),
    path(
        "notifications/<int:notification_id>/read/",
        pages.mark_notification_read,
        name="read-notification",
    ),
    path("notifications/settings/", settings_pages.show_settings, name="notification-settings"),
    path("notifications/settings/add/", settings_pages.add_way, name="way-add"),
    path("notifications/settings/save/", settings_pages.save_preferences, name="quiet-save"),
    path("notifications/settings/telegram/", settings_pages.link_telegram, name="telegram-link"),
    path("notifications/settings/<int:way_id>/", settings_pages.change_way, name="way-change"),
    path("notifications/settings/<int:way_id>/test/", settings_pages.test_way, name="way-test"),
    path(
        "notifications/settings/<int:way_id>/rotate/",
        settings_pages.rotate_secret,
        name="way-rotate",
    ),
    path(
        "notifications/settings/<int:way_id>/remove/", settings_pages.remove_way, name="way-remove"
    ),
    path("notifications/outbox/<int:message_id>/resend/", settings_pages.resend, name="resend"),
    path(
        "notifications/<int:notification_id>/dismiss/",
        pages.dismiss_notification,
        name="dismiss-notification",
    ),
    path("alerts/<int:alert_id>/put-aside/", pages.dismiss_alert, name="put-alert-aside"),
    path("alerts/<int:alert_id>/settle/", rule_pages.settle_alert, name="settle-alert"),
    path("alerts/rules/", rule_pages.show_rules, name="alert-rules"),
    path("alerts/rules/add/<str:kind>/", rule_pages.add_rule, name="alert-rule-add"),
    path("alerts/rules/<int:rule_id>/", rule_pages.change_rule, name="alert-rule-change"),
    path("alerts/rules/<int:rule_id>/test/", rule_pages.test_rule, name="alert-rule-test"),
    path("alerts/rules/<int:rule_id>/delete/", rule_pages.delete_rule, name="alert-rule-delete"),
]
