"""Where an installation keeps its state when nothing outside is configured: one folder."""

import hashlib
import os
import secrets
import tempfile
from pathlib import Path

BASE = Path(__file__).resolve().parent.parent
LONGEST_SOCKET_FOLDER = 80  # a Unix socket's whole path must stay under 104 bytes on macOS


def folder() -> Path:
    """FILLWATCH_HOME, or `.fillwatch/` beside manage.py."""
    return Path(os.environ.get("FILLWATCH_HOME") or BASE / ".fillwatch").resolve()


def socket_folder() -> Path:
    """A short folder, the same for every process of one installation, for Unix sockets.

    A home below a long path would break the 107 bytes that a socket's address may have.
    """
    digest = hashlib.sha256(os.fsencode(folder())).hexdigest()[:12]
    base = Path(os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir())
    if len(os.fsencode(base)) > LONGEST_SOCKET_FOLDER - 30 or not base.is_dir():
        base = Path("/tmp")  # noqa: S108 (the folder inside it is made 0700 by its owner)
    return base / f"fillwatch-{os.getuid()}-{digest}"


def postgres_url() -> str:
    return f"postgres://fillwatch@/fillwatch?host={socket_folder()}"


def redis_url() -> str:
    return f"unix://{socket_folder()}/valkey.sock?db=0"


def secret(name: str, make: bytes | None = None) -> str:
    """The content of a secret file of the home, created once, readable by its owner only."""
    path = folder() / name
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        return _create(path, make.decode() if make else secrets.token_urlsafe(48))


def _create(path: Path, content: str) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.parent.chmod(0o711)
    partial = path.with_name(f"{path.name}.{os.getpid()}.new")
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(content)
    try:
        os.link(partial, path)  # two first starts at once: the first one wins for both
    except FileExistsError:
        return path.read_text().strip()
    finally:
        partial.unlink()
    return content
