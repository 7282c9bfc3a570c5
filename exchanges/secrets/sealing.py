"""Seal venue secrets: any process can seal, only one with a private key can open.

A sealed text is one byte of version, eight bytes that name the public key, and a NaCl sealed box.
"""

import base64
import binascii
import hashlib
from collections.abc import Sequence

from django.conf import settings
from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, PublicKey, SealedBox

from users.redaction.redact import remember_secrets

VERSION = b"\x01"
NAME_BYTES = 8
PREFIX_BYTES = len(VERSION) + NAME_BYTES
KEY_BYTES = PublicKey.SIZE


class BadSealingKey(ValueError):
    """A setting holds something that is not a sealing key. Says which one, never what it holds."""


class CannotSeal(Exception):
    """This process has no usable public key."""


class CannotOpen(Exception):
    """This process has no private key that fits, or the sealed text is damaged."""


def new_keypair() -> tuple[str, str]:
    """(private, public), each as base64 text for a setting."""
    private = PrivateKey.generate()
    return _encode_key(bytes(private)), _encode_key(bytes(private.public_key))


def public_half(private: str) -> str:
    return _encode_key(bytes(_parse_private(private).public_key))


def seal(text: str) -> bytes:
    """Seal under the current public key. The same text never looks the same twice."""
    public = _parse_public(settings.SEAL_PUBLIC_KEY)
    return _key_prefix(public) + SealedBox(public).encrypt(text.encode())


def open_sealed(blob: bytes | memoryview, private_keys: Sequence[str] | None = None) -> str:
    """Open with the private keys of this process, or with these."""
    sealed = bytes(blob)
    private = _find_private_key(
        sealed, settings.SEAL_PRIVATE_KEYS if private_keys is None else private_keys
    )
    try:
        text = SealedBox(private).decrypt(sealed[PREFIX_BYTES:]).decode()
    except CryptoError:
        raise CannotOpen("the sealed secret is damaged: attach the key again") from None
    remember_secrets([text])  # from now on no log line of this process shows it
    return text


def current_prefix() -> bytes:
    """Return the prefix of everything sealed now; a rotation looks for other prefixes."""
    return _key_prefix(_parse_public(settings.SEAL_PUBLIC_KEY))


def key_name(public: str) -> str:
    """A short name of a public key, for people."""
    return _key_prefix(_parse_public(public))[len(VERSION) :].hex()


def _find_private_key(sealed: bytes, private_keys: Sequence[str]) -> PrivateKey:
    if not private_keys:
        raise CannotOpen("this process cannot open secrets: only worker and stream can")
    if len(sealed) <= PREFIX_BYTES or not sealed.startswith(VERSION):
        raise CannotOpen("this is not a sealed secret: attach the key again")
    for text in private_keys:
        private = _parse_private(text)
        if sealed.startswith(_key_prefix(private.public_key)):
            return private
    name = sealed[len(VERSION) : PREFIX_BYTES].hex()
    raise CannotOpen(f"sealed for key {name}, and SEAL_PRIVATE_KEYS of this process lacks it")


def _key_prefix(public: PublicKey) -> bytes:
    return VERSION + hashlib.sha256(bytes(public)).digest()[:NAME_BYTES]


def _parse_public(text: str) -> PublicKey:
    if not text:
        raise CannotSeal(
            "SEAL_PUBLIC_KEY is not set: `manage.py rotate_secrets --new-key` makes one"
        )
    return PublicKey(_decode_key(text, "SEAL_PUBLIC_KEY"))


def _parse_private(text: str) -> PrivateKey:
    return PrivateKey(_decode_key(text, "SEAL_PRIVATE_KEYS"))


def _decode_key(text: str, setting: str) -> bytes:
    try:
        raw = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    if len(raw) != KEY_BYTES:
        raise BadSealingKey(f"{setting} must be {KEY_BYTES} bytes as base64 text") from None
    return raw


def _encode_key(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
