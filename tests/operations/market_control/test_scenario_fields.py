"""What a change of a scenario may say."""

from typing import Any

import pytest

from operations.market_control.serializers import ScenarioFields


@pytest.mark.parametrize("move", [{"after_seconds": 1}, {"percent": "5"}, {}])
def test_a_move_is_whole_also_in_a_change(move: dict[str, Any]) -> None:
    fields = ScenarioFields(data={"moves": [move]}, partial=True)
    assert not fields.is_valid()
    assert set(fields.errors["moves"][0]) == {"after_seconds", "percent"} - set(move)


def test_a_change_of_one_field_is_taken() -> None:
    fields = ScenarioFields(data={"moves": [{"after_seconds": 1, "percent": "5"}]}, partial=True)
    assert fields.is_valid(), fields.errors
