"""What the log says of a mistake: where it was, and nothing that was in hand there."""

import logging
from logging.config import DictConfigurator
from typing import Any

import pytest
from django.test import Client, RequestFactory

from config import logs
from config.log_secrets import list_setting_secrets
from operations.audit.actors import note_request
from users.models import User


@pytest.mark.parametrize("as_json", [True, False])
def test_a_traceback_keeps_what_was_in_hand_to_itself(as_json: bool) -> None:
    wanted = logs.logging_config(level="INFO", as_json=as_json)
    made: Any = DictConfigurator({**wanted, "version": 1})
    formatter = made.configure_formatter(wanted["formatters"]["lines"])
    text = formatter.format(_mistake("hunter2 is the secret"))
    assert "went wrong" in text
    assert "test_logs.py" in text
    assert "hunter2" not in text


def _mistake(secret: str) -> logging.LogRecord:
    try:
        raise ValueError(len(secret))
    except ValueError as error:
        told = (type(error), error, error.__traceback__)
        return logging.LogRecord("fillwatch", logging.ERROR, __file__, 1, "went wrong", (), told)


class KeepRecords(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


def test_a_refusal_in_the_admin_is_one_line_without_a_traceback(
    client: Client, user: User, staff_user: User
) -> None:
    helper = User.objects.create_user("eve", is_staff=True)
    client.force_login(helper, "django.contrib.auth.backends.ModelBackend")
    handler = KeepRecords()
    logging.getLogger("django.request").addHandler(handler)
    try:
        assert client.get(f"/admin/users/user/{user.pk}/change/").status_code == 403
    finally:
        logging.getLogger("django.request").removeHandler(handler)
    assert [(record.levelname, record.exc_info) for record in handler.records] == [
        ("WARNING", None)
    ]


def test_an_error_keeps_its_traceback() -> None:
    record = _mistake("x")
    record.status_code = 500
    assert logs.drop_refusal_traceback(record)
    assert record.exc_info


def test_a_refused_socket_is_logged_without_its_query_string() -> None:
    words, values = '%s - "WebSocket %s" 403', ("::1", "/x?t=1")
    line = logging.LogRecord("uvicorn.error", logging.INFO, __file__, 1, words, values, None)
    assert logs.is_worth_logging(line)
    assert line.getMessage() == '::1 - "WebSocket /x" 403'


@pytest.mark.parametrize("as_json", [True, False])
def test_an_error_does_not_quote_what_the_request_brought(
    rf: RequestFactory, as_json: bool
) -> None:
    secrets = [f"plain-words-{name}" for name in ("cookie", "header", "query", "body", "form")]
    cookie, header, query, body, form = secrets
    request = rf.post(
        f"/?token={query}",
        {"password": body, "inner": {"api_key": form}, "label": "Desk"},
        "application/json",
        headers={"Cookie": f"sessionid={cookie}", "Authorization": f"Bearer {header}"},
    )
    assert request.body
    with note_request(request):
        text = format_error(f"cannot use {' '.join(secrets)} of Desk", as_json=as_json)
    assert "of Desk" in text
    assert not [secret for secret in secrets if secret in text]
    assert body in format_error(f"cannot use {body}", as_json=as_json)  # after the request


def format_error(message: str, *, as_json: bool) -> str:
    config = logs.logging_config(level="INFO", as_json=as_json)
    made: Any = DictConfigurator(config)
    try:
        raise ValueError(message)
    except ValueError as error:
        told = (type(error), error, error.__traceback__)
    record = logging.LogRecord("fillwatch", logging.ERROR, __file__, 1, "failed", (), told)
    return str(made.configure_formatter(config["formatters"]["lines"]).format(record))


def test_the_secrets_of_the_settings_are_known(settings: Any) -> None:
    settings.TELEGRAM_BOT_TOKEN, settings.VAPID_PRIVATE_KEY = "12:bot", "vapid"
    provider = {"openid_connect": {"APPS": [{"secret": "provider's"}]}}
    settings.SOCIALACCOUNT_PROVIDERS = provider
    assert {"12:bot", "vapid", "provider's", settings.SECRET_KEY} <= set(list_setting_secrets())


def test_a_request_has_an_id_of_ours(client: Client, db: None) -> None:
    answer = client.get("/version", headers={"X-Request-ID": "s3cret and more"})
    assert len(answer["X-Request-ID"]) == 36
