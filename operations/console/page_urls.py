"""URLs of the operators' console, below /operations/."""

from django.urls import path, re_path

from operations.alerts.rules import pages as rule_pages
from operations.console import (
    alerts_page,
    audit_page,
    backups_page,
    figures_page,
    logs_page,
    messages_page,
    pages,
    queues_page,
    sockets_page,
    streams_page,
    venues_page,
)
from operations.console.markets import pages as market_pages
from operations.console.users import pages as user_pages

SHARED: dict[str, object] = {"page": alerts_page.SHARED}

urlpatterns = [
    path("", pages.show_console, name="operations"),
    re_path(
        r"^jobs/(?P<job_id>[0-9]{1,18})/(?P<act>pause|resume|run)/$",
        pages.act_on_job,
        name="job-act",
    ),
    path("venues/", venues_page.show_venues, name="operations-venues"),
    path("streams/", streams_page.show_streams, name="operations-streams"),
    path("queues/", queues_page.show_queues, name="operations-queues"),
    path("figures/", figures_page.show_figures, name="operations-figures"),
    path("sockets/", sockets_page.show_sockets, name="operations-sockets"),
    path("sockets/act/", sockets_page.act_on_sockets, name="socket-act"),
    path("logs/", logs_page.show_logs, name="operations-logs"),
    path("alerts/", rule_pages.show_rules, SHARED, name="operations-alerts"),
    path("alerts/<int:alert_id>/settle/", rule_pages.settle_alert, SHARED, name="shared-settle"),
    path("alerts/rules/add/<str:kind>/", rule_pages.add_rule, SHARED, name="shared-rule-add"),
    path("alerts/rules/<int:rule_id>/", rule_pages.change_rule, SHARED, name="shared-rule-change"),
    path("alerts/rules/<int:rule_id>/test/", rule_pages.test_rule, SHARED, name="shared-rule-test"),
    path(
        "alerts/rules/<int:rule_id>/delete/",
        rule_pages.delete_rule,
        SHARED,
        name="shared-rule-delete",
    ),
    path("audit/", audit_page.show_audit, name="operations-audit"),
    path("audit/verify/", audit_page.verify_audit, name="audit-verify"),
    path("messages/", messages_page.show_messages, name="operations-messages"),
    path(
        "messages/<int:message_id>/resend/",
        messages_page.resend_message,
        name="dead-letter-resend",
    ),
    path("messages/<int:message_id>/drop/", messages_page.drop_message, name="dead-letter-drop"),
    path("backups/", backups_page.show_backups, name="operations-backups"),
    path("backups/make/", backups_page.make_backup, name="backup-make"),
    path("backups/<str:backup>/verify/", backups_page.verify_backup, name="backup-verify"),
    path("backups/<str:backup>/download/", backups_page.download_backup, name="backup-download"),
    path("users/", user_pages.show_users, name="operations-users"),
    re_path(
        r"^users/(?P<user_id>[0-9]{1,18})/(?P<change>sign-out|deactivate|activate)/$",
        user_pages.act_on_user,
        name="user-act",
    ),
    path("markets/", market_pages.show_markets, name="operations-markets"),
    path(
        "markets/scenarios/<int:scenario_id>/",
        market_pages.switch_scenario,
        name="scenario-switch",
    ),
    re_path(
        r"^markets/(?P<turn>price|walk|fault|clear-faults|call-off)/$",
        market_pages.turn_market,
        name="market-turn",
    ),
]
