"""The account PostgreSQL runs as when we are root, and folders that belong to it."""

import os
import pwd
import stat
from pathlib import Path

from config.launcher.parts import PartError


def unprivileged_account() -> int | None:
    """Return the uid of `nobody` when we are root (PostgreSQL refuses to be), else None."""
    return pwd.getpwnam("nobody").pw_uid if os.geteuid() == 0 else None


def claim_folder(path: Path, account: int | None) -> None:
    """Create a private folder; refuse one of another owner, as its name is predictable."""
    owner = os.geteuid() if account is None else account
    try:
        path.mkdir(mode=0o700)
    except FileExistsError:
        found = path.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid not in {owner, os.geteuid()}:
            raise PartError(
                f"{path} belongs to somebody else (uid {found.st_uid}, not {owner}). Start as the "
                "same user as the last time, or set FILLWATCH_HOME to another folder."
            ) from None
    os.chown(path, owner, -1)
    path.chmod(0o700)
