"""The shapes of health in the API."""

from typing import Any

from rest_framework import serializers

from operations.models import HealthStatus

STATUSES = HealthStatus.choices


class ServiceProcess(serializers.Serializer[Any]):
    name = serializers.CharField(help_text="host and process")
    version = serializers.CharField()
    began_at = serializers.DateTimeField()
    silent_seconds = serializers.FloatField(help_text="since its last heartbeat")
    idle_seconds = serializers.FloatField(
        allow_null=True, help_text="since its own work last moved; null where it does not measure"
    )
    memory_bytes = serializers.IntegerField()
    cpu_share = serializers.FloatField(help_text="of one core, in the last seconds")


class ServiceHealth(serializers.Serializer[Any]):
    """One service. Figures are null where nobody can measure them."""

    service = serializers.CharField(help_text="its name, also in the address of its history")
    label = serializers.CharField()  # type: ignore[assignment]  # a field of this name
    status = serializers.ChoiceField(choices=STATUSES)
    reason = serializers.CharField(help_text="why it is not healthy; empty if it is")
    remedy = serializers.CharField(help_text="what to do about it")
    response_ms = serializers.FloatField(allow_null=True, help_text="of a real round trip")
    at = serializers.DateTimeField(help_text="when it was measured")
    cpu_share = serializers.FloatField(allow_null=True, help_text="of one core, all its processes")
    memory_bytes = serializers.IntegerField(allow_null=True)
    uptime_seconds = serializers.FloatField(allow_null=True, help_text="of its oldest process")
    version = serializers.CharField()
    last_success = serializers.DateTimeField(allow_null=True)
    details = serializers.DictField(
        help_text="what else is known of it: `processes`, `depth`, `clock_offset_ms`, …"
    )


class HealthCounts(serializers.Serializer[Any]):
    healthy = serializers.IntegerField()
    degraded = serializers.IntegerField()
    down = serializers.IntegerField()


class HealthOverview(serializers.Serializer[Any]):
    """All services as of now. `status` is that of the worst one."""

    status = serializers.ChoiceField(choices=STATUSES)
    at = serializers.DateTimeField()
    counts = HealthCounts()
    services = ServiceHealth(many=True)


class UptimeShare(serializers.Serializer[Any]):
    up = serializers.FloatField(allow_null=True, help_text="share of checks when it was not down")
    measured = serializers.FloatField(help_text="share of the time that was measured at all")


class ServiceUptimes(serializers.Serializer[Any]):
    service = serializers.CharField()
    last_24_hours = UptimeShare()
    last_7_days = UptimeShare()
    last_30_days = UptimeShare()


class MonitoredService(ServiceHealth):
    """A service with its uptimes; they are null while the database does not answer."""

    uptimes = ServiceUptimes(allow_null=True)


class CheckPoint(serializers.Serializer[Any]):
    at = serializers.DateTimeField()
    status = serializers.ChoiceField(choices=STATUSES)
    reason = serializers.CharField()
    response_ms = serializers.FloatField(allow_null=True)


class HourPoint(serializers.Serializer[Any]):
    """One hour of checks; the response times are in milliseconds."""

    hour = serializers.DateTimeField()
    healthy = serializers.IntegerField()
    degraded = serializers.IntegerField()
    down = serializers.IntegerField()
    response_ms_mean = serializers.FloatField(allow_null=True)
    response_ms_max = serializers.FloatField(allow_null=True)


class ServiceHistory(serializers.Serializer[Any]):
    """Single checks of at most two days, the newest first, and hours, the oldest first."""

    service = serializers.CharField()
    uptimes = ServiceUptimes()
    checks = CheckPoint(many=True)
    hours = HourPoint(many=True)


class QueueFigures(serializers.Serializer[Any]):
    queue = serializers.CharField()
    depth = serializers.IntegerField()
    oldest_seconds = serializers.FloatField(allow_null=True, help_text="that a task waits by now")
    round_trip_seconds = serializers.FloatField(allow_null=True)


class OrderCheckFigures(serializers.Serializer[Any]):
    began_at = serializers.DateTimeField(allow_null=True)
    seconds = serializers.FloatField(allow_null=True, help_text="that the last one took")
    overruns_this_hour = serializers.IntegerField(
        allow_null=True, help_text="that took longer than their interval"
    )
    oldest_unchecked_seconds = serializers.FloatField(
        allow_null=True, help_text="since the open order that waits longest was compared"
    )


class StreamFigures(serializers.Serializer[Any]):
    processes = serializers.IntegerField()
    keys = serializers.IntegerField()
    followed = serializers.IntegerField()
    silent = serializers.IntegerField()
    by_state = serializers.DictField(child=serializers.IntegerField())


class LagFigures(serializers.Serializer[Any]):
    count = serializers.IntegerField()
    p50 = serializers.FloatField(allow_null=True)
    p99 = serializers.FloatField(allow_null=True)
    worst = serializers.FloatField(allow_null=True)


class BudgetFigures(serializers.Serializer[Any]):
    market = serializers.CharField()
    used_share = serializers.FloatField(
        allow_null=True, help_text="of the venue's limit, in the last minute"
    )


class DiskFigures(serializers.Serializer[Any]):
    free_bytes = serializers.IntegerField()
    total_bytes = serializers.IntegerField()


class InstallationFigures(serializers.Serializer[Any]):
    """Figures of the installation; null where what knows them does not answer."""

    at = serializers.DateTimeField()
    queues = QueueFigures(many=True, allow_null=True)
    order_checks = OrderCheckFigures()
    streams = StreamFigures(allow_null=True)
    event_lag_seconds = LagFigures(allow_null=True)
    clock_offset_seconds = serializers.FloatField(
        allow_null=True, help_text="of the database's clock against this machine's"
    )
    budgets = BudgetFigures(many=True, allow_null=True)
    disk = DiskFigures()
