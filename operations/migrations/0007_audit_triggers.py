"""The triggers of the audit log. What is audited is frozen here; see operations/audit/tables.py."""

from django.db import migrations

from operations.audit import triggers
from operations.audit.tables import AuditedTable


class Migration(migrations.Migration):
    dependencies = [
        ("operations", "0006_audit"),
        ("account", "0009_emailaddress_unique_primary_email"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("bots", "0023_asked_quantity"),
        ("django_celery_beat", "0019_alter_periodictasks_options"),
        ("exchanges", "0012_position_mode"),
        ("mfa", "0003_authenticator_type_uniq"),
        ("socialaccount", "0006_alter_socialaccount_extra_data"),
        ("users", "0007_key_grants"),
    ]
    operations = [
        migrations.RunSQL(triggers.FUNCTIONS, triggers.DROP_FUNCTIONS),
        migrations.RunSQL(triggers.PROTECT, triggers.UNPROTECT),
        triggers.SetTrigger(
            "exchanges.exchangekey",
            AuditedTable(
                ("user_id", "label", "venue", "market", "api_key", "sealed_secret", "sealed_passphrase", "is_paper", "is_active", "position_mode"),
                secret=("api_key", "sealed_secret", "sealed_passphrase"),
                by_people=("position_mode",),
                name="label",
                owner="user_id",
                guard=True,
            ),
        ),
        triggers.SetTrigger(
            "bots.bot",
            AuditedTable(
                ("user_id", "key_id", "name", "symbol", "strategy", "settings", "check_seconds", "budget", "most_orders", "most_held", "daily_loss", "high_value", "is_default", "mode", "after_stop", "planned_changes"),
                by_people=("mode", "after_stop", "planned_changes"),
                name="name",
                owner="user_id",
                guard=True,
            ),
        ),
        triggers.SetTrigger(
            "bots.botlimits",
            AuditedTable(
                ("user_id", "most_running", "most_orders", "budgets"),
                owner="user_id",
            ),
        ),
        triggers.SetTrigger(
            "bots.hook",
            AuditedTable(
                ("user_id", "name", "generation"),
                secret=("name", "generation"),
                owner="user_id",
            ),
        ),
        triggers.SetTrigger(
            "bots.autotrade",
            AuditedTable(
                ("user_id", "is_enabled", "is_test", "symbols", "amount", "per_day", "bot_id"),
                owner="user_id",
            ),
        ),
        triggers.SetTrigger(
            "users.user",
            AuditedTable(
                ("username", "password", "first_name", "last_name", "email", "is_superuser", "is_staff", "is_active", "check_seconds", "high_value", "time_zone"),
                secret=("password",),
                name="username",
                owner="id",
                guard=True,
            ),
        ),
        triggers.SetTrigger(
            "users.user_groups",
            AuditedTable(
                ("user_id", "group_id"),
                owner="user_id",
            ),
        ),
        triggers.SetTrigger(
            "users.user_user_permissions",
            AuditedTable(
                ("user_id", "permission_id"),
                owner="user_id",
            ),
        ),
        triggers.SetTrigger(
            "users.invitation",
            AuditedTable(
                ("digest", "email", "is_emailed", "invited_by_id", "expires_at", "accepted_by_id", "accepted_at"),
                secret=("digest",),
                owner="invited_by_id",
            ),
        ),
        triggers.SetTrigger(
            "users.apitoken",
            AuditedTable(
                ("user_id", "name", "digest", "hint", "scopes", "key_ids", "networks", "expires_at", "revoked_at"),
                secret=("digest", "hint"),
                name="name",
                owner="user_id",
                guard=True,
            ),
        ),
        triggers.SetTrigger(
            "users.keygrant",
            AuditedTable(
                ("key_id", "member_name", "member_id", "role", "accepted_at"),
                name="member_name",
                owner="key_id",
                owner_table="exchanges_exchangekey",
                guard=True,
            ),
        ),
        triggers.SetTrigger(
            "auth.group",
            AuditedTable(
                ("name",),
                name="name",
            ),
        ),
        triggers.SetTrigger(
            "auth.group_permissions",
            AuditedTable(
                ("group_id", "permission_id"),
            ),
        ),
        triggers.SetTrigger(
            "account.emailaddress",
            AuditedTable(
                ("user_id", "email", "verified", "primary"),
                name="email",
                owner="user_id",
            ),
        ),
        triggers.SetTrigger(
            "mfa.authenticator",
            AuditedTable(
                ("user_id", "type", "data"),
                secret=("data",),
                name="type",
                owner="user_id",
            ),
        ),
        triggers.SetTrigger(
            "socialaccount.socialapp",
            AuditedTable(
                ("provider", "provider_id", "name", "client_id", "secret", "key", "settings"),
                secret=("secret", "key", "settings"),
                name="name",
            ),
        ),
        triggers.SetTrigger(
            "socialaccount.socialaccount",
            AuditedTable(
                ("user_id", "provider", "uid"),
                name="provider",
                owner="user_id",
            ),
        ),
        triggers.SetTrigger(
            "operations.marketscenario",
            AuditedTable(
                ("name", "description", "instruments", "volatility", "trend", "volume", "moves", "active_since"),
                name="name",
            ),
        ),
        triggers.SetTrigger(
            "django_celery_beat.periodictask",
            AuditedTable(
                ("name", "task", "interval_id", "crontab_id", "solar_id", "clocked_id", "args", "kwargs", "queue", "exchange", "routing_key", "headers", "priority", "expires", "expire_seconds", "one_off", "start_time", "enabled", "description"),
                name="name",
            ),
        ),
        triggers.SetTrigger(
            "django_celery_beat.intervalschedule",
            AuditedTable(
                ("every", "period"),
            ),
        ),
        triggers.SetTrigger(
            "django_celery_beat.crontabschedule",
            AuditedTable(
                ("minute", "hour", "day_of_month", "month_of_year", "day_of_week", "timezone"),
            ),
        ),
        triggers.SetTrigger(
            "django_celery_beat.solarschedule",
            AuditedTable(
                ("event", "latitude", "longitude"),
            ),
        ),
        triggers.SetTrigger(
            "django_celery_beat.clockedschedule",
            AuditedTable(
                ("clocked_time",),
            ),
        ),
    ]
