"""Whether the collected static files are those of this source."""

import hashlib
from pathlib import Path

from django.conf import settings

from config.static_files import bundles

LOCKS = ("requirements.lock", "package-lock.json")  # static files of packages; the bundler


def is_current(root: Path) -> bool:
    try:
        return (root / "fingerprint").read_text() == take_fingerprint()
    except FileNotFoundError:
        return False


def is_stale(root: Path) -> bool:
    """Tell whether files were collected there, from another source."""
    return manifest(root).exists() and not is_current(root)


def write_fingerprint(root: Path) -> None:
    (root / "fingerprint").write_text(take_fingerprint())


def take_fingerprint() -> str:
    """Return a hash of all that goes into the collected files."""
    digest = hashlib.sha256(repr(bundles.list_entries()).encode())
    for path in (*bundles.list_source_files(), *(settings.BASE_DIR / name for name in LOCKS)):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def manifest(root: Path) -> Path:
    """Return the list of hashed names, which makes pages use the collected files."""
    return root / "staticfiles.json"
