"""The Celery application: tasks are found in each app's tasks.py, the timetable is in settings."""

import logging.config
import os
from typing import Any

from celery import Celery
from celery.signals import setup_logging, worker_ready

from config.redis_setup import broker

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

broker.use()
app = Celery("fillwatch")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def _our_log_lines(**_: Any) -> None:
    """Celery would set its own levels and forms; workers log as every other process does."""
    from django.conf import settings

    logging.config.dictConfig(settings.LOGGING)


@worker_ready.connect
def _figures_told(**_: Any) -> None:
    """Once its work can begin: the registry of apps is not there before."""
    from realtime.metrics import snapshot

    snapshot.tell_always()
