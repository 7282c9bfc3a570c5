"""An installation to kill parts of, with one key at the simulated venue."""

from collections.abc import Iterator

import pytest

from exchanges.models import ExchangeKey
from tests.failures.mortal import Installation, installation


@pytest.fixture
def ours(key: ExchangeKey) -> Iterator[Installation]:
    with installation(ORDER_CHECK_SECONDS="1") as parts:
        yield parts
