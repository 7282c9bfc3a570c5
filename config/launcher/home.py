"""The folder where an installation keeps its data when no services are configured."""

import hashlib
import os
import secrets
from pathlib import Path

BASE = Path(__file__).resolve().parents[2]


def folder() -> Path:
    """Return FILLWATCH_HOME, or `.fillwatch/` beside manage.py."""
    return Path(os.environ.get("FILLWATCH_HOME") or BASE / ".fillwatch").resolve()


def socket_folder() -> Path:
    """Return a short folder for Unix sockets, the same for every process of one installation.

    A socket's address may have 107 bytes, so a home below a long path would not do. The folder
    must not depend on the caller's environment: a cron job has no XDG_RUNTIME_DIR.
    """
    digest = hashlib.sha256(os.fsencode(folder())).hexdigest()[:16]
    return Path("/tmp") / f"fillwatch-{digest}"  # noqa: S108 (made 0700, refused if somebody else owns it)


def postgres_url() -> str:
    return f"postgres://fillwatch@/fillwatch?host={socket_folder()}"


def redis_url() -> str:
    return f"unix://{socket_folder()}/valkey.sock?db=0"


def read_secret(name: str, make: bytes | None = None) -> str:
    """Return the content of a secret file of the home; create it once, for its owner only."""
    path = folder() / name
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        return _create_secret(path, make.decode() if make else secrets.token_urlsafe(48))


def _create_secret(path: Path, content: str) -> str:
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
