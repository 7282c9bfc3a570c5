"""The Celery application. Tasks are in each app's tasks.py, their schedule in settings."""

import logging.config
import os
from typing import Any

from celery import Celery
from celery.signals import setup_logging, worker_ready

from config.redis_setup import broker

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

broker.register_transport()
app = Celery("fillwatch")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def _use_our_logging(**_: Any) -> None:
    """Keep Celery from setting its own levels and formats."""
    from django.conf import settings

    logging.config.dictConfig(settings.LOGGING)


@worker_ready.connect
def _start_metrics(**_: Any) -> None:
    """Report this worker's figures; the registry of apps is not ready earlier."""
    from realtime.metrics import snapshot

    snapshot.SummaryWriter().start()
