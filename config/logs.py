"""How every process logs: one structured line per fact, for the person who reads it at night."""

import logging
from typing import Any, Final

import structlog

QUIET = (  # what they say at INFO is said better by our own lines
    "asyncio",
    "axes",
    "celery.app.trace",
    "celery.beat",
    "celery.worker.strategy",
    "daphne",
    "django.request",
    "django_structlog.celery.receivers",
    "httpx",
    "kombu",
)


SOCKETS = ("connection open", "connection closed", '%s - "WebSocket %s" [accepted]')


def no_news(record: logging.LogRecord) -> bool:
    """That a socket came or went is counted, and no line of its own: there are thousands."""
    return record.msg not in SOCKETS


def _once_a_request(_: Any, __: str, event: Any) -> Any:
    """One line when a request has ended is enough; the one at its start says less."""
    if event.get("event") == "request_started":
        raise structlog.DropEvent
    return event


SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.StackInfoRenderer(),
]
# What a mistake happened to hold in hand is in no log: among it are secrets, passwords and bodies.
PLAIN: Final = structlog.dev.ConsoleRenderer(
    colors=False, pad_event_to=0, exception_formatter=structlog.dev.plain_traceback
)
STRUCTLOG: dict[str, Any] = {
    "processors": [
        structlog.stdlib.filter_by_level,
        _once_a_request,
        *SHARED,
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ],
    "logger_factory": structlog.stdlib.LoggerFactory(),
    "wrapper_class": structlog.stdlib.BoundLogger,
    "cache_logger_on_first_use": True,
}


def configuration(*, level: str, as_json: bool) -> dict[str, Any]:
    """Django's LOGGING; libraries' own lines take the same form as ours."""
    last: list[Any] = (
        [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
        if as_json
        else [PLAIN]
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "lines": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": SHARED,
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    *last,
                ],
            }
        },
        "filters": {"no news": {"()": lambda: no_news}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "lines"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {name: {"level": "WARNING"} for name in QUIET}
        | {
            "ccxt.base.exchange": {"level": "ERROR"},  # it minds sessions that are ours to close
            "uvicorn.error": {"filters": ["no news"]},
        },
    }
