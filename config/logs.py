"""Logging of every process: one structured line per fact, for whoever reads it at night."""

import logging
import os
import sys
from dataclasses import asdict, dataclass
from typing import Any, Final

import structlog

from config.database.outage import is_outage
from config.log_secrets import list_request_secrets
from users.redaction.redact import redact_fields, redact_text

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


def _redact_fields(_: Any, __: str, event: Any) -> Any:
    return redact_fields(event)


def _redact_line(_: Any, __: str, line: Any) -> Any:
    """Hide secrets in a finished line, its traceback included."""
    return redact_text(line, list_request_secrets()) if isinstance(line, str) else line


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


JSON_LINES: Final[list[Any]] = [
    structlog.processors.format_exc_info,
    _redact_fields,
    structlog.processors.JSONRenderer(default=repr),
    _redact_line,
]
CONSOLE_LINES: Final[list[Any]] = [_redact_fields, PLAIN, _redact_line]


@dataclass(frozen=True, kw_only=True)
class LogStore:
    """The files of the log viewer; see operations/logs/store.py."""

    folder: str
    service: str
    total_bytes: int


def logging_config(*, level: str, as_json: bool, store: LogStore | None = None) -> dict[str, Any]:
    """Return Django's LOGGING, in which libraries' lines take the same form as ours."""
    lines = JSON_LINES if as_json else CONSOLE_LINES
    handlers: dict[str, Any] = {"stderr": {"class": "logging.StreamHandler", "formatter": "lines"}}
    if store:
        handlers["store"] = {
            "class": "operations.logs.store.StoreHandler",
            "formatter": "stored",
            **asdict(store),
        }
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "lines": _make_formatter(lines),
            "stored": _make_formatter([_add_process(store.service if store else ""), *JSON_LINES]),
        },
        "filters": {
            "worth logging": {"()": lambda: is_worth_logging},
            "no traceback of refusals": {"()": lambda: drop_refusal_traceback},
            "no secrets": {"()": lambda: hide_address_secrets},
        },
        "handlers": handlers,
        "root": {"handlers": list(handlers), "level": level},
        "loggers": _make_loggers(),
    }


def _add_process(service: str) -> Any:
    def add(_: Any, __: str, event: Any) -> Any:
        return event | {"service": service, "pid": os.getpid()}

    return add


def _make_formatter(processors: list[Any]) -> dict[str, Any]:
    remove = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    return {
        "()": structlog.stdlib.ProcessorFormatter,
        "foreign_pre_chain": SHARED,
        "processors": [remove, *processors],
    }


def _make_loggers() -> dict[str, Any]:
    return {name: {"level": "WARNING"} for name in QUIET_LOGGERS} | {
        "psycopg.pool": {"level": "ERROR"},  # ours says once that the database is away
        "ccxt.base.exchange": {"level": "ERROR"},  # it warns about sessions we close
        "django.request": {
            "level": "WARNING",
            "filters": ["no traceback of refusals", "no secrets"],
        },
        "django.security.csrf": {"filters": ["no secrets"]},
        "uvicorn.error": {"filters": ["worth logging"]},
    }
