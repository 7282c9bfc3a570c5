"""The browser's client is tested where it can run without a browser."""

import shutil
import subprocess
from pathlib import Path

import pytest

NODE = shutil.which("node")
TESTS = Path(__file__).parent


@pytest.mark.skipif(NODE is None, reason="node is not on this machine")
@pytest.mark.parametrize("script", sorted(path.name for path in TESTS.glob("*.test.mjs")))
def test_the_modules_of_the_pages(script: str) -> None:
    ran = subprocess.run(
        [str(NODE), "--test", script], cwd=TESTS, capture_output=True, text=True, timeout=120
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
