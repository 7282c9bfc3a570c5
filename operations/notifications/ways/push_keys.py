"""The pair of keys that proves to browsers' push services who sends (VAPID, RFC 8292).

Made once: another pair would void every subscription. `vapid-private` is for workers only.
"""

import base64
import os
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings

PRIVATE_BYTES: Final = 32


def make_pair() -> tuple[str, str]:
    """Return (private, public) as browsers and pywebpush write them: base64 for URLs."""
    key = ec.generate_private_key(ec.SECP256R1())
    private = key.private_numbers().private_value.to_bytes(PRIVATE_BYTES, "big")
    public = key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return _encode_bytes(private), _encode_bytes(public)


def ensure_pair(home: Path) -> str:
    """Make the pair at the first start and return its public half; a later call changes nothing.

    The private half first: if we die in between, nobody subscribed to a key that is lost.
    """
    private_path, public_path = home / "vapid-private", home / "vapid-public"
    if not public_path.exists():
        private, public = make_pair()
        _write_text(private_path, private, mode=0o600)
        _write_text(public_path, public, mode=0o644)
    return public_path.read_text().strip()


def is_configured() -> bool:
    return bool(settings.VAPID_PUBLIC_KEY)


def _encode_bytes(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _write_text(path: Path, text: str, *, mode: int) -> None:
    partial = path.with_name(f"{path.name}.{os.getpid()}.new")
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "w") as file:
        file.write(f"{text}\n")
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
