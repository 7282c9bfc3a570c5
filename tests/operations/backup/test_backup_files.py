"""Files of backups without a database: which are kept, encryption, and programs."""

import io
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from operations.backup import encryption, programs
from operations.backup.errors import BackupFailed
from operations.backup.folder import choose_kept, make_name, read_moment

SUNDAY = datetime(2026, 3, 1, 3, tzinfo=UTC)


@pytest.mark.parametrize(
    ("days_ago", "days", "weeks", "kept"),
    [
        ([], 7, 4, []),
        ([0, 1, 2], 2, 0, [0, 1]),
        ([0, 1, 2], 0, 0, [0]),  # the newest one stays, whatever the settings say
        ([0, 40, 80], 2, 0, [0, 40]),  # days without a backup do not count
        ([0, 0.2, 0.4], 1, 1, [0]),  # several of one day
        (range(30), 3, 4, [0, 1, 2, 7, 14, 21]),  # Sundays end their weeks
        ([0, 370], 1, 2, [0, 370]),  # the same week's number in another year
    ],
)
def test_which_backups_are_kept(
    days_ago: list[float], days: int, weeks: int, kept: list[float]
) -> None:
    moments = {number: SUNDAY - timedelta(days=number) for number in days_ago}
    expected = {moments[number] for number in kept}
    assert choose_kept(moments.values(), days=days, weeks=weeks) == expected


def test_names_say_when() -> None:
    assert read_moment(make_name(SUNDAY, is_encrypted=True)) == SUNDAY
    assert read_moment("fillwatch-20260301T030000Z.dump.json") is None


def encrypt(data: bytes, public: str) -> bytes:
    file = io.BytesIO()
    writer = encryption.EncryptedWriter(file, encryption.read_public_key(public))
    for start in range(0, len(data), 300_000):
        writer.write(data[start : start + 300_000])
    writer.finish()
    return file.getvalue()


def decrypt(sealed: bytes, *private: str) -> bytes:
    return b"".join(encryption.read_blocks(io.BytesIO(sealed), private))


@pytest.mark.parametrize("size", [0, 1, encryption.BLOCK, encryption.BLOCK + 1, 2_500_000])
def test_what_is_encrypted_is_read_again(size: int) -> None:
    private, public = encryption.make_keypair()
    data = bytes(number % 251 for number in range(1000)) * (size // 1000 + 1)
    assert decrypt(encrypt(data[:size], public), private) == data[:size]


def test_a_sealed_backup_opens_with_its_key_alone() -> None:
    private, public = encryption.make_keypair()
    sealed = encrypt(b"rows" * 1000, public)
    other, _ = encryption.make_keypair()
    assert b"rows" not in sealed
    assert decrypt(sealed, other, f"{private}\n") == b"rows" * 1000
    with pytest.raises(BackupFailed, match="--key-file"):
        decrypt(sealed, other)
    with pytest.raises(BackupFailed, match="--key-file"):
        decrypt(sealed)


@pytest.mark.parametrize("public", ["x", "AAAA", "ä"])
def test_a_bad_key_is_refused(public: str) -> None:
    with pytest.raises(BackupFailed, match="BACKUP_PUBLIC_KEY"):
        encryption.read_public_key(public)


def test_harm_to_a_sealed_backup_is_noticed() -> None:
    private, public = encryption.make_keypair()
    sealed = encrypt(bytes(2 * encryption.BLOCK + 10), public)
    whole_blocks = len(sealed) - (10 + encryption.OVERHEAD)
    first = whole_blocks - 2 * (encryption.BLOCK + encryption.OVERHEAD)
    block = encryption.BLOCK + encryption.OVERHEAD
    swapped = sealed[:first] + sealed[first + block : first + 2 * block]
    swapped += sealed[first : first + block] + sealed[whole_blocks:]
    changed = bytearray(sealed)
    changed[len(sealed) // 2] ^= 1
    for harmed in (sealed[:whole_blocks], sealed[:-1], sealed[:50], b"", swapped, bytes(changed)):
        with pytest.raises(BackupFailed):
            decrypt(harmed, private)


def test_the_oldest_program_that_fits_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for major in (15, 18, 17, 0):
        path = tmp_path / str(major) / "bin" / "pg_dump"
        path.parent.mkdir(parents=True)
        path.write_text(f"#!/bin/sh\necho 'pg_dump (PostgreSQL) {major}.2'\n" if major else "")
        path.chmod(0o755)
    monkeypatch.setattr(programs, "DEBIAN", tmp_path)
    monkeypatch.setattr(programs, "find_spec", lambda name: None)
    monkeypatch.setenv("PATH", str(tmp_path / "15" / "bin") + ":/bin")
    assert programs.find_program("pg_dump", least=16).parent.parent.name == "17"
    assert programs.find_program("pg_dump", least=18).parent.parent.name == "18"
    with pytest.raises(BackupFailed, match="postgresql-client-19"):
        programs.find_program("pg_dump", least=19)
