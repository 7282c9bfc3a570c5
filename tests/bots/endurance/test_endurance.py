"""Each strategy in bad weather: in the end its orders, its money and its turns are the venue's."""

from collections.abc import Callable

from tests.bots.endurance.comparison import find_run_differences
from tests.bots.endurance.plans import PLANS
from tests.bots.endurance.runs import Run
from tests.failures.harness.scene import follow_streams
from tests.simulator import SimulatorProcess
from users.models import User


def test_driven_through_bad_weather_everything_agrees(
    name: str,
    where: str,
    quick: None,
    transactional_db: None,
    user: User,
    venue: SimulatorProcess,
    fills: int,
    seed: int,
    depth: str,
    tell: Callable[[str], None],
) -> None:
    with follow_streams():
        run = Run.begun(PLANS[name], where, venue, user, seed=seed, depth=depth)
        run.until(fills=fills)
        run.calm_down(lambda: find_run_differences(run))
    assert run.stops == [], "faults of a venue stop no bot"
    tell(f"{name} at {where}, seed {seed}: {run.describe_run()}")
