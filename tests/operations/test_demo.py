"""The demo data is made once, and all of it is told of."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.utils import timezone

from config import auditing
from operations import demo
from tests.simulator import SimulatorProcess
from users.models import User


@pytest.fixture
def sign_ins() -> Iterator[Path]:
    yield demo.sign_ins()
    demo.sign_ins().unlink(missing_ok=True)


def test_events_give_the_whole_demo(
    simulator: SimulatorProcess, transactional_db: None, sign_ins: Path
) -> None:
    assert demo.create(now=timezone.now())
    found = {user.username: auditing.examine(user.pk) for user in auditing.people()}
    assert found.keys() == {"operator", "alice", "bob"}
    assert [one.wrong for one in found.values()] == [[], [], []]
    assert found["alice"].things > 5
    assert "alice" in sign_ins.read_text()
    assert not demo.create(now=timezone.now())
    assert User.objects.count() == 3
