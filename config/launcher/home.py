"""Where an installation keeps its state when nothing outside is configured: one folder."""

import hashlib
import os
import secrets
from pathlib import Path

BASE = Path(__file__).resolve().parents[2]


def folder() -> Path:
    """FILLWATCH_HOME, or `.fillwatch/` beside manage.py."""
    return Path(os.environ.get("FILLWATCH_HOME") or BASE / ".fillwatch").resolve()


def socket_folder() -> Path:
    """A short folder, the same for every process of one installation, for Unix sockets.

    A home below a long path would break the 107 bytes that a socket's address may have. It must
    not depend on who asks or from where: a cron job has no XDG_RUNTIME_DIR.
    """
    digest = hashlib.sha256(os.fsencode(folder())).hexdigest()[:16]
    return Path("/tmp") / f"fillwatch-{digest}"  # noqa: S108 (made 0700, refused if another's)


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
