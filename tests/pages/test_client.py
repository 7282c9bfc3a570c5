"""The browser's client is tested where it can run without a browser."""

import shutil
import subprocess
from pathlib import Path

import pytest

NODE = shutil.which("node")
TESTS = Path(__file__).parent


def _can_run() -> bool:
    """Modules without a package.json are understood from 20.19 on."""
    if NODE is None:
        return False
    said = subprocess.run([NODE, "--version"], capture_output=True, text=True, timeout=20).stdout
    return tuple(int(part) for part in said.strip().lstrip("v").split(".")[:2]) >= (20, 19)


@pytest.mark.skipif(not _can_run(), reason="node 20.19 or later is not on this machine")
@pytest.mark.parametrize("script", sorted(path.name for path in TESTS.glob("*.test.mjs")))
def test_the_modules_of_the_pages(script: str) -> None:
    ran = subprocess.run(
        [str(NODE), "--test", script], cwd=TESTS, capture_output=True, text=True, timeout=120
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
