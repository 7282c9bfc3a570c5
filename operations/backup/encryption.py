"""Encrypt a backup to a public key, block by block: whoever makes backups cannot read them.

A file is MAGIC, the name of the public key, a random key sealed for it, and a secret stream of
libsodium. Each block proves itself and its place, and the last one is marked: a file that was
changed or cut is noticed, however large it is.
"""

import hashlib
from collections.abc import Iterator, Sequence
from typing import BinaryIO, Final, Protocol

from nacl import bindings
from nacl.encoding import Base64Encoder
from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, PublicKey, SealedBox

from operations.backup.errors import BackupFailed

MAGIC: Final = b"FWBACKUP1\n"
BLOCK: Final = 1 << 20
OVERHEAD: Final = bindings.crypto_secretstream_xchacha20poly1305_ABYTES
HEADER_BYTES: Final = bindings.crypto_secretstream_xchacha20poly1305_HEADERBYTES
KEY_BYTES: Final = bindings.crypto_secretstream_xchacha20poly1305_KEYBYTES
FINAL: Final = bindings.crypto_secretstream_xchacha20poly1305_TAG_FINAL
MESSAGE: Final = bindings.crypto_secretstream_xchacha20poly1305_TAG_MESSAGE
NAME_BYTES: Final = 8
SEALED_KEY_BYTES: Final = KEY_BYTES + bindings.crypto_box_SEALBYTES


def make_keypair() -> tuple[str, str]:
    """Return a private and a public key, as text for settings."""
    private = PrivateKey.generate()
    return _encode_text(bytes(private)), _encode_text(bytes(private.public_key))


def read_public_key(text: str) -> PublicKey:
    try:
        return PublicKey(text.encode(), encoder=Base64Encoder)
    except Exception as error:  # of base64 and of nacl, of many classes
        message = "BACKUP_PUBLIC_KEY is not a key: `manage.py backup new-key` makes a pair."
        raise BackupFailed(message) from error


class BytesTarget(Protocol):
    def write(self, data: bytes, /) -> object: ...


class EncryptedWriter:
    """Write to a file through the encryption; `finish` writes the last block."""

    def __init__(self, file: BytesTarget, public: PublicKey) -> None:
        self._file = file
        self._waiting = bytearray()
        self._state = bindings.crypto_secretstream_xchacha20poly1305_state()
        key = bindings.crypto_secretstream_xchacha20poly1305_keygen()
        header = bindings.crypto_secretstream_xchacha20poly1305_init_push(self._state, key)
        file.write(MAGIC + _name_key(public) + SealedBox(public).encrypt(key) + header)

    def write(self, data: bytes) -> None:
        self._waiting += data
        while len(self._waiting) > BLOCK:
            self._push_block(bytes(self._waiting[:BLOCK]), MESSAGE)
            del self._waiting[:BLOCK]

    def finish(self) -> None:
        self._push_block(bytes(self._waiting), FINAL)

    def _push_block(self, block: bytes, tag: int) -> None:
        push = bindings.crypto_secretstream_xchacha20poly1305_push
        self._file.write(push(self._state, block, None, tag))


def read_blocks(file: BinaryIO, private_keys: Sequence[str]) -> Iterator[bytes]:
    """Decrypt a file block by block; BackupFailed if it is damaged or for another key."""
    if file.read(len(MAGIC)) != MAGIC:
        raise BackupFailed("This is no encrypted backup.")
    private = _find_private_key(file.read(NAME_BYTES), private_keys)
    pull = bindings.crypto_secretstream_xchacha20poly1305_pull
    state = bindings.crypto_secretstream_xchacha20poly1305_state()
    try:
        key = SealedBox(private).decrypt(file.read(SEALED_KEY_BYTES))
        header = file.read(HEADER_BYTES)
        bindings.crypto_secretstream_xchacha20poly1305_init_pull(state, header, key)
        tag = MESSAGE
        while block := file.read(BLOCK + OVERHEAD):
            data, tag = pull(state, block)
            yield data
    except (CryptoError, ValueError, RuntimeError) as error:
        raise BackupFailed("The encrypted backup is damaged.") from error
    if tag != FINAL:
        raise BackupFailed("The encrypted backup is cut: its end is missing.")


def _find_private_key(name: bytes, private_keys: Sequence[str]) -> PrivateKey:
    for text in private_keys:
        try:
            private = PrivateKey(text.strip().encode(), encoder=Base64Encoder)
        except Exception as error:  # of base64 and of nacl, of many classes
            raise BackupFailed("The file with the private key holds none.") from error
        if _name_key(private.public_key) == name:
            return private
    raise BackupFailed(
        f"The backup is encrypted for key {name.hex()}. Give its private half with --key-file."
    )


def _name_key(public: PublicKey) -> bytes:
    return hashlib.sha256(bytes(public)).digest()[:NAME_BYTES]


def _encode_text(raw: bytes) -> str:
    return Base64Encoder.encode(raw).decode()
