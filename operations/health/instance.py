"""Tell which installation a web server belongs to, and where the pages of this one are."""

import hashlib
import hmac
import os
from pathlib import Path

import psutil
from django.conf import settings


def get_instance() -> str:
    """Return a name that all processes of one installation share, as they share its secret."""
    key = settings.SECRET_KEY.encode()
    return hmac.new(key, b"fillwatch instance", hashlib.sha256).hexdigest()[:16]


def find_pages() -> str:
    """Return the address of the pages: what the settings say, else what a running `up` says."""
    if os.environ.get("FILLWATCH_URL"):
        return str(settings.FILLWATCH_URL).rstrip("/")
    return _read_lock(Path(settings.FILLWATCH_HOME) / "up.lock") or str(settings.FILLWATCH_URL)


def _read_lock(path: Path) -> str:
    """Return the address in the file that a running `manage.py up` holds."""
    try:
        pid, url = path.read_text().split()
        return url if psutil.pid_exists(int(pid)) else ""
    except (OSError, ValueError):
        return ""
