"""The sealing keys of an installation that keeps them in its home, beside everything else it has.

`seal-private` holds one private key per line, the first is in use; `seal-public` is its other half.
"""

import os
from pathlib import Path

from django.conf import settings

from exchanges.secrets import sealing


def private_keys() -> list[str]:
    return _read_lines(_home_folder() / "seal-private")


def public_key() -> str:
    return next(iter(_read_lines(_home_folder() / "seal-public")), "")


def ensure_pair() -> None:
    """Make the pair at the first start; a later call changes nothing."""
    if not private_keys():
        add_pair()
    elif not public_key():
        _write_lines(
            _home_folder() / "seal-public", [sealing.public_half(private_keys()[0])], mode=0o644
        )


def add_pair() -> str:
    """Put a new pair in front and return its public half; what was sealed before still opens.

    The private half first: if we die in between, nothing is sealed that nobody can open.
    """
    private, public = sealing.new_keypair()
    _write_lines(_home_folder() / "seal-private", [private, *private_keys()], mode=0o600)
    _write_lines(_home_folder() / "seal-public", [public], mode=0o644)
    return public


def _home_folder() -> Path:
    return Path(settings.FILLWATCH_HOME)


def _read_lines(path: Path) -> list[str]:
    return path.read_text().split() if path.exists() else []


def _write_lines(path: Path, lines: list[str], *, mode: int) -> None:
    path.parent.mkdir(mode=0o711, parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.{os.getpid()}.new")
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "w") as file:
        file.write("".join(f"{line}\n" for line in lines))
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
