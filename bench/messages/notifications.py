"""10,000 messages through webhooks that fail every third time: none lost, none counted twice.

A message that fails five times would be sent again after half an hour. Here a failed one is due
again with the next tick, and so are ways that pause, so that the measurement ends.
"""

import os
import threading
import time
from collections import Counter
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from bench import Result
from bench.support import servers, users
from config.launcher import processes

MESSAGES, QUICK_MESSAGES = 10_000, 500
WAYS = 10
FAILS_EVERY = 3
TICK = 5.0  # seconds between two runs of the timetable's job
LIMIT = 900.0


class FailingReceiver:
    """A server of webhooks that answers every third request with 500."""

    def __init__(self) -> None:
        self.requests = 0
        self.taken: Counter[str] = Counter()
        self._lock = threading.Lock()

    def take(self, message_id: str) -> bool:
        with self._lock:
            self.requests += 1
            is_taken = self.requests % FAILS_EVERY != 0
            self.taken[message_id] += is_taken
            return is_taken


def run(*, quick: bool) -> Result:
    number = QUICK_MESSAGES if quick else MESSAGES
    os.environ |= {"NOTIFICATION_ALLOW_NETWORKS": "127.0.0.0/8"}
    os.environ |= {"NOTIFICATION_RATE_WEBHOOK": "1000000"}
    receiver = FailingReceiver()
    with servers.run_services(), ExitStack() as stack:
        server = _start_server(receiver)
        stack.callback(server.shutdown)
        took_to_put = _put_messages(number, server.server_address[1])
        part = processes.worker_part(environment=dict(os.environ))
        stack.enter_context(servers.run_part(part))
        began = time.perf_counter()
        statuses = _wait_for_end()
        seconds = time.perf_counter() - began
    return _build_result(number, receiver, statuses, took_to_put, seconds)


def _start_server(receiver: FailingReceiver) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            is_taken = receiver.take(self.headers["webhook-id"])
            self.send_response(204 if is_taken else 500)
            self.end_headers()

        def log_message(self, *_: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def _put_messages(number: int, port: int) -> float:
    from django.contrib.auth import get_user_model
    from django.utils import timezone

    from operations.models import NotificationCategory
    from operations.notifications.record import tell_user
    from operations.notifications.ways import actions

    users.create_users(WAYS)
    people = list(get_user_model().objects.order_by("pk")[:WAYS])
    for person in people:
        url = f"http://127.0.0.1:{port}/{person.pk}"
        actions.add_webhook(person, "Program", url, now=timezone.now())
    began = time.perf_counter()
    for count in range(number):
        tell_user(
            user_id=people[count % WAYS].pk,
            category=NotificationCategory.OPERATIONS,
            cause=f"bench:{count}",
            title=f"Message {count}",
            is_listed=False,
            now=timezone.now(),
        )
    return time.perf_counter() - began


def _wait_for_end() -> Counter[str]:
    """Send the timetable's task every few seconds until nothing waits; return the statuses."""
    from celery import current_app
    from django.utils import timezone

    from operations.models import NotificationWay, OutboxMessage
    from operations.notifications import outbox

    current_app.control.purge()  # the tasks of so many commits: one is enough
    deadline = time.monotonic() + LIMIT
    next_tick = 0.0
    while OutboxMessage.objects.filter(status="waiting").exists():
        if time.monotonic() > deadline:
            break
        if time.monotonic() >= next_tick:
            OutboxMessage.objects.filter(status="waiting", leased_until=None).update(
                due_at=timezone.now()
            )
            NotificationWay.objects.update(paused_until=None)
            current_app.send_task(outbox.TASK)
            next_tick = time.monotonic() + TICK
        time.sleep(0.1)
    return Counter(OutboxMessage.objects.values_list("status", flat=True))


def _build_result(
    number: int,
    receiver: FailingReceiver,
    statuses: Counter[str],
    took_to_put: float,
    seconds: float,
) -> Result:
    figures = {
        "messages": number,
        "noted_as_sent": statuses["sent"],
        "lost": number - sum(times > 0 for times in receiver.taken.values()),
        "taken_more_than_once": sum(times > 1 for times in receiver.taken.values()),
        "requests": receiver.requests,
        "seconds": round(seconds, 1),
        "messages_per_second": round(number / seconds),
        "ms_to_put_one": round(took_to_put / number * 1000, 2),
    }
    return Result(title=f"{number:,} messages, every third request fails", figures=figures)
