"""The Celery application. Tasks are in each app's tasks.py, their schedule in settings."""

import logging.config
import os
import time
from typing import Any

from celery import Celery
from celery.signals import before_task_publish, setup_logging, worker_init, worker_ready
from django_structlog.celery.steps import DjangoStructLogInitStep

from config.redis_setup import broker

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

broker.register_transport()
app = Celery("fillwatch", task_cls="operations.jobs.recorded_task:RecordedTask")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.steps["worker"].add(DjangoStructLogInitStep)  # lines of a task have its id and its request's


@setup_logging.connect
def _use_our_logging(**_: Any) -> None:
    """Keep Celery from setting its own levels and formats."""
    from django.conf import settings

    logging.config.dictConfig(settings.LOGGING)


@before_task_publish.connect
def _note_sent_time(headers: Any = None, **_: Any) -> None:
    """Write into each task when it was queued, so that the age of a queue can be told."""
    if isinstance(headers, dict):
        headers.setdefault("sent_at", time.time())


@worker_init.connect
def _start_heartbeat(**_: Any) -> None:
    """Give signs of life from the start on: without a broker a worker is never ready."""
    from realtime.metrics import life_sign

    life_sign.start_in_thread()


@worker_ready.connect
def _start_metrics(**_: Any) -> None:
    """Report this worker's figures and runs; the registry of apps is not ready earlier."""
    from operations.jobs import run_tracker
    from realtime.metrics import snapshot

    snapshot.SummaryWriter().start()
    run_tracker.start_renewing()
