"""Send webhook requests to a user's hook, as outside senders do."""

import json
import time
from typing import Any

from django.test import Client

from bots.signals import hooks, webhook_auth
from users.models import User

SIGNAL = {"side": "buy", "symbol": "BTCUSDT", "price": "50500"}


def send(user: User, body: Any = None, *, secret: str | None = None, **headers: Any) -> Any:
    """Send a mapping with the secret in it, or text and bytes unchanged."""
    text = body
    if not isinstance(body, str | bytes):
        proof = {"secret": secret_of(user) if secret is None else secret}
        text = json.dumps(SIGNAL | proof | (body or {}))
    return post(hooks.for_user(user.pk).name, text, **headers)


def post(name: str, body: Any, kind: str = "text/plain", **headers: Any) -> Any:
    names = {key.replace("_", "-"): value for key, value in headers.items()}
    return Client().post(f"/hooks/{name}/", body, content_type=kind, headers=names or None)


def signed(user: User, body: str, *, at: float | None = None) -> dict[str, str]:
    """Return the headers of a body that is signed now, or at another time."""
    timestamp = str(int(time.time() if at is None else at))
    signature = webhook_auth.compute_signature(secret_of(user), timestamp, body.encode())
    return {"X_Signature": f"sha256={signature}", "X_Timestamp": timestamp}


def secret_of(user: User) -> str:
    return hooks.derive_secret(hooks.for_user(user.pk))
