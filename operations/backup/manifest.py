"""The manifest beside each backup: checksum, size, versions and the rows of every table."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from operations.backup.contents import TableContent
from operations.backup.errors import BackupFailed

FORMAT: Final = 1
CHUNK: Final = 1 << 20


@dataclass(frozen=True, kw_only=True, slots=True)
class Manifest:
    created_at: datetime
    seconds: float
    release: str
    server_major: int
    program_major: int
    database: str
    is_encrypted: bool
    size: int
    sha256: str
    highest_epoch: int
    tables: dict[str, TableContent]

    @property
    def rows(self) -> int:
        return sum(content.rows for content in self.tables.values())


@dataclass(frozen=True, slots=True)
class BackupFile:
    """A complete backup: its data, and the manifest that was written after them."""

    path: Path
    manifest: Manifest

    @property
    def name(self) -> str:
        return self.path.name


def get_manifest_path(path: Path) -> Path:
    return path.with_name(f"{path.name}.json")


def dump_manifest(manifest: Manifest) -> str:
    document: dict[str, Any] = {"format": FORMAT} | asdict(manifest)
    document["created_at"] = manifest.created_at.isoformat()
    return json.dumps(document, indent=1)


def read_backup(path: Path) -> BackupFile:
    """Return the backup of this file; BackupFailed if its manifest cannot be used."""
    beside = get_manifest_path(path)
    if not path.is_file() or not beside.is_file():
        raise BackupFailed(f"{path} is no complete backup: it needs {beside.name} beside it.")
    try:
        document = json.loads(beside.read_text())
        if document.pop("format") != FORMAT:
            raise BackupFailed(f"{beside} was written by a newer release.")
        document["created_at"] = datetime.fromisoformat(document["created_at"])
        document["tables"] = {
            table: TableContent(*content) for table, content in document["tables"].items()
        }
        return BackupFile(path, Manifest(**document))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BackupFailed(f"{beside} is damaged.") from error


def check_file(backup: BackupFile, *, report: Callable[[int], None] | None = None) -> None:
    """Compare a backup's size and checksum with its manifest; BackupFailed if they differ."""
    size = backup.path.stat().st_size
    expected = backup.manifest.size
    if size != expected:
        raise BackupFailed(f"{backup.path} is cut or changed: {size} bytes instead of {expected}.")
    digest, done = hashlib.sha256(), 0
    with backup.path.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
            done += len(chunk)
            if report is not None:
                report(done)
    if digest.hexdigest() != backup.manifest.sha256:
        raise BackupFailed(f"{backup.path} is damaged: its checksum is another one.")
