"""Control of the venue's settings: rate limits, clock, counters, reset."""

from dataclasses import fields

from exchanges.simulator.accounts.listen_keys import ListenKeys
from exchanges.simulator.control.body import Body, Json
from exchanges.simulator.engine.market_history import MarketHistory
from exchanges.simulator.orders.amendments import Amendments
from exchanges.simulator.rate_limits.sliding_windows import SlidingWindows
from exchanges.simulator.rate_limits.weight_limiter import RateLimits
from exchanges.simulator.simulation import Counters, Simulation

NAMED_LIMITS = tuple(field.name for field in fields(RateLimits))


def set_limits(simulation: Simulation, body: Body) -> Json:
    limits = simulation.limiter.limits
    for name in NAMED_LIMITS:
        value = body.get_int(name)
        if value is not None:
            setattr(limits, name, value)
    windows = simulation.windows
    windows.factor = body.get_int("windows_factor") or windows.factor
    windows.slowness = body.get_int("windows_slowness") or windows.slowness
    countdowns = simulation.countdowns
    countdowns.speed = body.get_int("countdown_speed") or countdowns.speed
    simulation.schedule.speed = body.get_int("schedule_speed") or simulation.schedule.speed
    engine = simulation.venue.engine
    engine.max_open_orders = body.get_int("open_orders_per_symbol") or engine.max_open_orders
    if body.get_flag("forget", False):
        simulation.limiter.clear_counts()
        simulation.windows.clear_counts()
    return {
        **{name: getattr(limits, name) for name in NAMED_LIMITS},
        "open_orders_per_symbol": engine.max_open_orders,
        "countdown_speed": countdowns.speed,
        "schedule_speed": simulation.schedule.speed,
        "windows_factor": windows.factor,
        "windows_slowness": windows.slowness,
    }


def set_clock(simulation: Simulation, body: Body) -> Json:
    """Set how far the venue's clock is ahead of this machine's; negative is behind."""
    simulation.venue.skew_ms = body.get_int("skew_ms") or 0
    simulation.venue.expire_orders()
    return {"skew_ms": simulation.venue.skew_ms, "now": simulation.venue.now()}


def clear_counters(simulation: Simulation, _: Body) -> Json:
    simulation.counters = Counters()
    return {}


def reset_venue(simulation: Simulation, _: Body) -> Json:
    """Reset to a new venue: no accounts, no orders, start prices, no faults."""
    simulation.faults.clear_faults()
    simulation.sent_events.clear()
    simulation.countdowns.stop_all()
    simulation.countdowns.speed = 1
    simulation.schedule.stop_all()
    simulation.schedule.speed = 1
    simulation.disconnect_windows.clear()
    simulation.amendments = Amendments()
    for socket in list(simulation.sockets):
        socket.cut_connection()
    simulation.venue.skew_ms = 0
    simulation.venue.reset()
    simulation.listen_keys = ListenKeys()
    simulation.history = MarketHistory(simulation.config.seed)
    simulation.limiter.clear_counts()
    simulation.windows = SlidingWindows()
    simulation.counters = Counters()
    simulation.paused = simulation.config.paused
    return {}
