"""Secrets in log lines, however they got there."""

from collections import OrderedDict

import pytest

from users.redaction import redact
from users.redaction.redact import redact_fields, redact_text, remember_secrets

S3CRET = "hunter2horse"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9"
MIXED = "vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A"


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        (f"password={S3CRET}", S3CRET),
        (f'{{"api_key": "{S3CRET}", "x": 1}}', S3CRET),
        (f"{{'passphrase': '{S3CRET}'}}", S3CRET),
        (f'"body": "{{\\"secret\\": \\"{S3CRET}\\"}}"', S3CRET),
        (f"X-MBX-APIKEY: {S3CRET}", S3CRET),
        (f"OK-ACCESS-SIGN: {S3CRET}", S3CRET),
        (f"Authorization: Bearer {S3CRET}", S3CRET),
        (f"Cookie: sessionid={S3CRET}; csrftoken=abcdefgh", S3CRET),
        (f"GET https://api.binance.com/api/v3/order?signature={S3CRET}&a=1 failed", S3CRET),
        (f"binance GET /api/v3/order?timestamp=1&signature={S3CRET}", S3CRET),
        (f"token {JWT} expired", JWT),
        ("fwt_Ab12Cd34Ef56Gh78 is unknown", "Ab12Cd34Ef56Gh78"),
        (f"key {MIXED} refused", MIXED),
        ("okx 0A1B2C3D4E5F60718293A4B5C6D7E8F9 refused", "0A1B2C3D4E5F6071"),
        (f"cannot reach redis://:{S3CRET}@db:6379/0", S3CRET),
        (f"tgram://123456789:{S3CRET}/-100", S3CRET),
        (f"mailto://olga:{S3CRET}@example.org", S3CRET),
        (f"POST https://hooks.slack.com/services/T0/B0/{S3CRET} 404", S3CRET),
        (f"https://discord.com/api/webhooks/1/{S3CRET}", S3CRET),
        ("bot123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw blocked", "AAHdqTcvCH1"),
        (f"whsec_{S3CRET}{S3CRET}", S3CRET),
        (
            f"-----BEGIN PRIVATE KEY-----\n{S3CRET}\n-----END PRIVATE KEY-----",
            S3CRET,
        ),
    ],
)
def test_a_secret_is_hidden(text: str, secret: str) -> None:
    assert secret not in redact_text(text)


def test_a_known_secret_in_the_name_of_a_field_shows_no_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(redact, "_remembered", OrderedDict())
    remember_secrets(["phrase"])
    text = redact_text(f"{{'passphrase': '{S3CRET}'}} and phrase")
    assert S3CRET not in text
    assert "phrase" not in text


@pytest.mark.parametrize(
    "text",
    [
        "order settled order=17 key=4 status=filled code=200",
        "request_id=0b9d7d3c-8a64-4b62-a1ac-0e5b7f2d1c11 user_id=7",
        "client_order_id=fw-0b9d7d3c8a644b62a1ac0e5b7f2d1c11",
        "audit log sealed head=5:f25a00b46f85ffbc83f60ef9ba7b5df1a1de405cdc7b4c72c3f5e1e5bac78951",
        'File "/srv/fillwatch/.venv/lib/python3.11/site-packages/Django/core/handlers/base.py"',
        "GET http://127.0.0.1:8000/api/v1/orders/17/ 404",
        "cannot reach unix:///run/valkey.sock",
        "key: no such order, code: 404",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert redact_text(text) == text


def test_fields_are_hidden_by_their_names() -> None:
    fields = {"secret": S3CRET, "headers": {"Authorization": S3CRET}, "api_token": 7, "code": 200}
    assert redact_fields({**fields, "order": "17"}) == {
        "secret": "[hidden]",
        "headers": {"Authorization": "[hidden]"},
        "api_token": 7,
        "code": 200,
        "order": "17",
    }


def test_a_secret_that_was_opened_is_hidden_wherever_it_stands() -> None:
    remember_secrets(["two words here", ""])
    assert redact_text("said two words here twice") == "said [hidden] twice"
