"""Seal every stored secret again under the current public key. It can stop and resume anywhere."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import BinaryField, Q, QuerySet
from django.db.models.functions import Substr

from exchanges.models import ExchangeKey
from exchanges.secrets import sealing


@dataclass(frozen=True, slots=True)
class RotationBatch:
    """The result of one batch: how many keys were sealed again, and which could not be opened."""

    done: int
    failed: dict[int, str]


def list_outdated() -> QuerySet[ExchangeKey]:
    """Return the keys with something sealed under another public key."""
    prefix = sealing.current_prefix()
    begun = {
        f"{name}_prefix": Substr(f"sealed_{name}", 1, len(prefix), output_field=BinaryField())
        for name in ("secret", "passphrase")
    }
    other_secret = ~Q(secret_prefix=prefix)
    other_passphrase = ~Q(passphrase_prefix=prefix) & ~Q(sealed_passphrase=b"")
    return ExchangeKey.objects.annotate(**begun).filter(other_secret | other_passphrase)


def reseal_all(private_keys: Sequence[str], *, batch_size: int) -> Iterator[RotationBatch]:
    """Seal all outdated keys in committed batches; keys that cannot be opened stay as they are."""
    last = 0
    while True:
        with transaction.atomic():
            rows = (
                list_outdated().filter(pk__gt=last).select_for_update().order_by("pk")[:batch_size]
            )
            keys = list(rows)
            batch = _reseal_batch(keys, private_keys)
        if not keys:
            return
        last = keys[-1].pk
        yield batch


def _reseal_batch(keys: list[ExchangeKey], private_keys: Sequence[str]) -> RotationBatch:
    failed = {}
    for key in keys:
        try:
            secret = _reseal_text(key.sealed_secret, private_keys)
            passphrase = _reseal_text(key.sealed_passphrase, private_keys)
        except sealing.CannotOpen as trouble:
            failed[key.pk] = str(trouble)
            continue
        key.sealed_secret, key.sealed_passphrase = secret, passphrase
        key.save(update_fields=["sealed_secret", "sealed_passphrase"])
    return RotationBatch(len(keys) - len(failed), failed)


def _reseal_text(blob: bytes | memoryview, private_keys: Sequence[str]) -> bytes:
    return sealing.seal(sealing.open_sealed(blob, private_keys)) if blob else b""
