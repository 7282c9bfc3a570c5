"""`manage.py stream`: follow the streams of keys and prices that this process leases."""

import asyncio
import json
from typing import IO, Any, cast

from django.core.management.base import CommandParser
from django.utils import timezone
from rich.console import Console
from rich.table import Table

from exchanges.streams import status
from exchanges.streams.status import StreamOverview
from realtime.metrics import life_sign, snapshot
from users.commands import CommandWithExamples

COLUMNS = ("state", "connected_since", "last_message_at", "last_reconcile_at", "restarts")


EXAMPLES = """
  manage.py stream                   until it is stopped; start several, they share the keys
  manage.py stream --status          how each key's stream fares
  manage.py stream --status --json   for machines

Exit code 0: it was stopped, or the status was shown; anything else: have it started again.
"""


class Command(CommandWithExamples):
    help = (
        "Follow the venues' user-data streams, and the prices that somebody watches; "
        "start as many as you like, they share the work."
    )
    examples = EXAMPLES

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--status", action="store_true", help="say how each key's stream fares")
        parser.add_argument("--json", action="store_true", help="with --status: for machines")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["status"]:
            self._show_status(as_json=options["json"])
            return
        from exchanges import pool  # brings ccxt, which no other command needs
        from exchanges.prices.feeds import Feeds
        from operations.alerts import standby
        from orders.streams.supervisor import Supervisor

        supervisor = Supervisor()
        feeds = Feeds(supervisor.name)

        async def run_both() -> None:
            beating = life_sign.start_on_loop()
            await asyncio.gather(supervisor.run(), feeds.run())
            if beating:
                beating.cancel()

        def stop() -> None:
            supervisor.end()
            feeds.end()

        snapshot.SummaryWriter(supervisor.seconds_since_turn).start()
        end_standby = standby.start_standby()
        try:
            pool.run(run_both(), stop=stop)
        finally:
            end_standby()

    def _show_status(self, *, as_json: bool) -> None:
        rows = status.list_streams(now=timezone.now())
        if as_json:
            streams = [
                {"key": row.key.pk, "holder": row.holder, **_read_facts(row)} for row in rows
            ]
            self.stdout.write(
                json.dumps({"processes": status.count_processes(), "streams": streams})
            )
            return
        table = Table(box=None, pad_edge=False)
        for title in ("Key", "Owner", "State", "Since", "Message", "Compared", "Restarts", "Why"):
            table.add_column(title)
        for row in rows:
            values = _read_facts(row)
            facts = [_shorten_time(values.get(name)) for name in COLUMNS]
            owner, why = row.key.user.username, str(values.get("last_error") or "")
            table.add_row(f"{row.key.pk} {row.key}", owner, *facts, why)
        console = Console(file=cast(IO[str], self.stdout), width=160)
        console.print(table)
        console.print(f"{status.count_processes()} stream processes alive")


def _read_facts(row: StreamOverview) -> dict[str, Any]:
    return dict(row.stream) if row.stream else {"state": "idle"}


def _shorten_time(value: object) -> str:
    """Shorten an ISO time to its time of day, in UTC."""
    text = "" if value is None else str(value)
    return text[11:19] if "T" in text else text
