"""Figures about the sockets of all servers, by API, for operators."""

from typing import Any

import redis
from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.decorators import permission_classes
from rest_framework.request import Request
from rest_framework.response import Response

from operations.health.api import MaySeeHealth
from realtime import prices
from realtime.metrics import snapshot, totals
from users.api_tokens.access import token_access
from users.models import User
from users.strict.views import api_view


def _counts_field(text: str) -> serializers.DictField:
    return serializers.DictField(child=serializers.IntegerField(), help_text=text)


def _figures_field(name: str, text: str, **fields: str) -> Any:
    members: dict[str, Any] = {
        field: serializers.FloatField(allow_null=True, help_text=help_text)
        for field, help_text in fields.items()
    }
    return inline_serializer(name, members, help_text=text)


TIMED = {"count": "how many", "p50": "half are faster", "p99": "of a hundred", "worst": "slowest"}


class ServerStatistics(serializers.Serializer[Any]):
    """One process. Connections of the database are null where each thread keeps its own."""

    server = serializers.CharField(help_text="host and process")
    role = serializers.CharField(help_text="web, worker or stream")
    began_at = serializers.DateTimeField()
    said_at = serializers.DateTimeField(help_text="figures are at most some seconds old")
    sockets = serializers.IntegerField()
    users = serializers.IntegerField()
    instruments = serializers.IntegerField(help_text="watched here")
    tasks = serializers.IntegerField(allow_null=True, help_text="of asyncio; null but for web")
    groups = serializers.IntegerField(help_text="of the channel layer")
    threads = serializers.IntegerField()
    connections_open = serializers.IntegerField(allow_null=True)
    connections_used = serializers.IntegerField(allow_null=True)
    descriptors = serializers.IntegerField()
    rss_bytes = serializers.IntegerField()
    cpu_seconds = serializers.FloatField()


class UserSockets(serializers.Serializer[Any]):
    user = serializers.IntegerField()
    username = serializers.CharField(allow_null=True)
    sockets = serializers.IntegerField()


class Statistics(serializers.Serializer[Any]):
    """All servers together, each since it began; counters only go up."""

    complete = serializers.BooleanField(
        help_text="false: Redis is away, and this server can only speak for itself"
    )
    sockets = serializers.IntegerField()
    sockets_by_door = _counts_field("now connected")
    users = serializers.IntegerField(help_text="people connected")
    top_users = UserSockets(many=True, help_text="those with the most sockets")
    instruments = serializers.ListField(child=serializers.CharField(), help_text="watched")
    age_seconds = _figures_field(
        "SocketAges", "of open sockets", p50="half are younger", p90="of ten", oldest="oldest"
    )
    behind_events = _figures_field(
        "ClientLag", "not seen yet at the last pong", p50="half", p99="of a hundred", worst="most"
    )
    answer_seconds = _figures_field(
        "ClientSeconds", "from ping to pong", p50="half", p99="of a hundred", worst="slowest"
    )
    traffic = serializers.DictField(
        child=_counts_field("accepts, and frames and bytes in and out"), help_text="by door"
    )
    numbers = _counts_field(
        "publishes and their failures, sweep repairs, send time-outs, log reads, …"
    )
    closes = _counts_field("by us, by code")
    left = _counts_field("by the client, by code")
    resumes = _counts_field("fresh, live, or the reason of a reset")
    strikes = _counts_field("wrong frames, by error code")
    times = inline_serializer(
        "RealtimeSeconds",
        {
            "commit_to_send": _figures_field("CommitToSend", "event to socket", **TIMED),
            "sweep_seconds": _figures_field("SweepSeconds", "one sweep", **TIMED),
            "loop_lag": _figures_field("LoopLag", "how late the web process's loop is", **TIMED),
            "canary": _figures_field("CanarySeconds", "the canary's events", **TIMED),
        },
    )
    servers = ServerStatistics(many=True)


@extend_schema(tags=["operators"], request=None, responses={200: Statistics})
@token_access(GET="operate", key_tokens=True)
@api_view(["GET"])
@permission_classes([MaySeeHealth])
def show_statistics(request: Request) -> Response:
    """Sockets, their clients and the servers that hold them, as of some seconds ago."""
    summaries, complete = snapshot.read_all()
    figures = totals.sum_up(summaries)
    people = [row["user"] for row in figures["top_users"]]
    names = dict(User.objects.filter(pk__in=people).values_list("pk", "username"))
    for row in figures["top_users"]:
        row["username"] = names.get(row["user"])
    return Response({"complete": complete, "instruments": _watched_instruments(), **figures})


def _watched_instruments() -> list[str]:
    try:
        return sorted(prices.list_requested())
    except redis.RedisError:
        return []
