"""Private keys that sign requests in place of a shared secret: Ed25519 and RSA, in PEM."""

import re
from typing import Final, Literal, assert_never

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

KeyKind = Literal["Ed25519", "RSA"]

PEM: Final = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----(.*?)-----END \1-----", re.DOTALL)
SMALLEST_RSA: Final = 2048  # bits, as Binance asks for


class UnusableKey(Exception):
    """A PEM block that signs nothing here; the text says why and repeats none of it."""


def is_pem(secret: str) -> bool:
    return "-----BEGIN" in secret


def normalise_private_key(secret: str) -> tuple[KeyKind, str]:
    """Return the kind of a private key, and its PEM as ccxt reads it.

    A one-line field drops the line breaks of a pasted key. ccxt takes a PEM of more than 120
    characters for RSA, which an Ed25519 key with a trailing line or other line ends would be.
    """
    key = _load_private_key(_restore_lines(secret))
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode().strip()
    if isinstance(key, Ed25519PrivateKey):
        return "Ed25519", pem
    if isinstance(key, RSAPrivateKey):
        return "RSA", pem
    assert_never(key)


def _restore_lines(secret: str) -> str:
    found = PEM.search(secret)
    if found is None:
        raise UnusableKey("This is not a whole private key: its first or last line is missing.")
    kind, body = found.groups()
    if "PUBLIC" in kind:
        raise UnusableKey("This is the public key. Give it to the venue, and the private one here.")
    if "ENCRYPTED" in kind or "ENCRYPTED" in body:
        raise UnusableKey("This private key has a password. Save it without one first.")
    if "PRIVATE KEY" not in kind:
        raise UnusableKey("This is no private key.")
    digits = "".join(body.split())
    lines = [digits[start : start + 64] for start in range(0, len(digits), 64)]
    return "\n".join([f"-----BEGIN {kind}-----", *lines, f"-----END {kind}-----", ""])


def _load_private_key(pem: str) -> Ed25519PrivateKey | RSAPrivateKey:
    try:
        key = load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise UnusableKey("This private key cannot be read; it may be cut or damaged.") from None
    if isinstance(key, RSAPrivateKey) and key.key_size < SMALLEST_RSA:
        raise UnusableKey(f"This RSA key is shorter than {SMALLEST_RSA} bits.")
    if isinstance(key, Ed25519PrivateKey | RSAPrivateKey):
        return key
    raise UnusableKey("Only Ed25519 and RSA keys are known here.")
