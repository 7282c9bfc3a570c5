"""The clients in JavaScript are tested where they can run without a browser."""

import shutil
import subprocess
from pathlib import Path

import pytest

from config.launcher.home import BASE
from realtime import frames
from realtime.socket import control_frames
from tests.realtime.checking import list_types

NODE = shutil.which("node")
SCRIPTS = sorted((BASE / "tests").rglob("*.test.mjs"))
STATIC_FILES = BASE / "tests" / "clients" / "static_files.mjs"
TOPICS = BASE / "realtime" / "static" / "realtime" / "topics.js"


def can_run() -> bool:
    """Modules without a package.json are understood from 20.19 on."""
    if NODE is None:
        return False
    said = subprocess.run([NODE, "--version"], capture_output=True, text=True, timeout=20).stdout
    return tuple(int(part) for part in said.strip().lstrip("v").split(".")[:2]) >= (20, 19)


@pytest.mark.skipif(not can_run(), reason="node 20.19 or later is not on this machine")
@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: str(path.relative_to(BASE / "tests")))
def test_in_node(script: Path) -> None:
    command = [str(NODE), "--test", "--import", str(STATIC_FILES), str(script)]
    ran = subprocess.run(command, cwd=BASE, capture_output=True, text=True, timeout=120)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_the_browser_knows_every_type_and_its_topic() -> None:
    text = TOPICS.read_text()
    said = {
        name.strip(): topic.strip().strip('",')
        for name, colon, topic in (line.partition(":") for line in text.splitlines())
        if colon and line_is_entry(name)
    }
    assert said == {name: kind.topic for name, kind in list_types().items()}
    assert all(f'"{name}"' in text for name in [*frames.MARKET, *control_frames.SERVER])


def line_is_entry(name: str) -> bool:
    return name.startswith("  ") and name.strip().isidentifier()
