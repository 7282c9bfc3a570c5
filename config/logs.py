"""Logging of every process: one structured line per fact, for whoever reads it at night."""

import logging
import sys
from typing import Any, Final

import structlog

from config.database.outage import is_outage

QUIET_LOGGERS = (  # our own lines say better what these log at INFO
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


SECRET_ARGUMENTS: Final = {"token", "key", "uidb36"}  # of URLs that are sent by mail
SOCKET_LINE = '%s - "WebSocket %s"'
SOCKET_LINES = ("connection open", "connection closed", f"{SOCKET_LINE} [accepted]")


def is_worth_logging(record: logging.LogRecord) -> bool:
    """Drop the lines about sockets that open and close: these are counted instead.

    Lines about refused sockets lose their query string, where a client may have put its token.
    """
    if str(record.msg).startswith(SOCKET_LINE) and isinstance(record.args, tuple):
        client, address, *more = record.args
        record.args = (client, str(address).partition("?")[0], *more)
    return record.msg not in SOCKET_LINES


def hide_secrets(request: Any, text: str) -> str:
    """Shorten the secret of an address that lets in whoever has it."""
    match = getattr(request, "resolver_match", None)
    for name, value in (match.kwargs if match else {}).items():
        if name in SECRET_ARGUMENTS:
            text = text.replace(str(value), "…")
    return text


def hide_address_secrets(record: logging.LogRecord) -> bool:
    """Django's own line of a refused or failed request has the whole path."""
    request = getattr(record, "request", None)
    if isinstance(record.args, tuple):
        record.args = tuple(
            hide_secrets(request, value) if isinstance(value, str) else value
            for value in record.args
        )
    return True


def drop_refusal_traceback(record: logging.LogRecord) -> bool:
    """Keep the line of a refused request, without the traceback of what refused it.

    Django adds one to each 403 of the admin, where nothing went wrong.
    """
    if getattr(record, "status_code", 500) < 500:
        record.exc_info = None
    return True


def _drop_request_started(_: Any, __: str, event: Any) -> Any:
    """Drop the line at a request's start: the one at its end says more."""
    if event.get("event") == "request_started":
        raise structlog.DropEvent
    return event


def _drop_outage_traceback(_: Any, __: str, event: Any) -> Any:
    """Say in one line that the database is away: it is so in every place of our code."""
    given = event.get("exc_info")
    if given is True:
        given = sys.exc_info()
    error = given[1] if isinstance(given, tuple) else given
    if isinstance(error, BaseException) and is_outage(error):
        del event["exc_info"]
        event["error"] = " ".join(str(error).split())[:200]
    return event


SHARED: list[Any] = [
    _drop_outage_traceback,
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.StackInfoRenderer(),
]
# Tracebacks without local variables: among these are secrets, passwords and bodies.
PLAIN: Final = structlog.dev.ConsoleRenderer(
    colors=False, pad_event_to=0, exception_formatter=structlog.dev.plain_traceback
)
STRUCTLOG: dict[str, Any] = {
    "processors": [
        structlog.stdlib.filter_by_level,
        _drop_request_started,
        *SHARED,
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ],
    "logger_factory": structlog.stdlib.LoggerFactory(),
    "wrapper_class": structlog.stdlib.BoundLogger,
    "cache_logger_on_first_use": True,
}


def logging_config(*, level: str, as_json: bool) -> dict[str, Any]:
    """Return Django's LOGGING, in which libraries' lines take the same form as ours."""
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
        "filters": {
            "worth logging": {"()": lambda: is_worth_logging},
            "no traceback of refusals": {"()": lambda: drop_refusal_traceback},
            "no secrets": {"()": lambda: hide_address_secrets},
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "lines"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {name: {"level": "WARNING"} for name in QUIET_LOGGERS}
        | {
            "psycopg.pool": {"level": "ERROR"},  # ours says once that the database is away
            "ccxt.base.exchange": {"level": "ERROR"},  # it warns about sessions we close
            "django.request": {
                "level": "WARNING",
                "filters": ["no traceback of refusals", "no secrets"],
            },
            "django.security.csrf": {"filters": ["no secrets"]},
            "uvicorn.error": {"filters": ["worth logging"]},
        },
    }
