"""A bot driven for so many fills, in bad faults; this process is its worker and its stream.

run = Run.begun(plan, market, simulator, user, seed=7)
run.until(fills=1000)
run.calm_down()
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from random import Random
from typing import Any, Final

from django.db.models import Q
from django.utils import timezone

from bots.income import fetch
from bots.models import Bot, BotOrder, Mode, PriceMinute
from bots.pnl import fill_counter
from bots.prices import market_view
from bots.running import lifecycle, runner, schedule
from bots.running.lost_orders import PREFIX
from exchanges import pool, symbols
from exchanges.base import VenueError
from exchanges.models import ExchangeKey
from orders import submission
from orders.checks import sweep
from orders.models import IS_OPEN, Fill, Order
from tests.bots.desk import Desk
from tests.bots.endurance.plans import EndurancePlan
from tests.bots.endurance.random_faults import RandomFaults
from tests.failures.harness.markets import MARKETS, MarketEndpoints
from tests.failures.harness.scene import attach_key
from tests.services import forget_keys
from tests.simulator import SimulatorProcess
from users.models import User

LOW, MIDDLE, HIGH = 56500, 60000, 63500
ROUNDS_TO_CALM: Final = 12
ENOUGH: Final = 60  # moves for each fill that is wanted; then something is stuck
LIMITLESS: Final = {
    "weight_per_minute": 10**9,
    "futures_weight_per_minute": 10**9,
    "orders_per_10s": 10**9,
    "orders_per_day": 10**9,
    "windows_factor": 10**6,
}


@dataclass
class Run:
    plan: EndurancePlan
    market: MarketEndpoints
    simulator: SimulatorProcess
    key: ExchangeKey
    bot: Bot
    chance: Random
    faults: RandomFaults
    price: int = MIDDLE
    payments: Random = field(default_factory=lambda: Random(1))  # noqa: S311 (no secret)
    began_with: dict[str, Decimal] = field(default_factory=dict)
    stops: list[str] = field(default_factory=list)

    @classmethod
    def begun(
        cls,
        plan: EndurancePlan,
        where: str,
        simulator: SimulatorProcess,
        user: User,
        *,
        seed: int,
        depth: str,
    ) -> "Run":
        market, chance = MARKETS[where], Random(f"{plan.strategy} {where} {seed}")  # noqa: S311
        simulator.control.post("limits", **LIMITLESS)
        simulator.control.post("walk", paused=True)
        simulator.control.post("liquidity", symbol=market.name, depth=depth, levels=20)
        key = attach_key(simulator, user, market)
        symbols.read_all()
        bot = Bot(user=user, key=key, name=plan.strategy, symbol=market.symbol,
                  strategy=plan.strategy, settings=dict(plan.settings))  # fmt: skip
        faults = RandomFaults(simulator, market, key.api_key, chance)
        run = cls(plan, market, simulator, key, bot, chance, faults)
        run.began_with = run.money()
        run.move_to(MIDDLE)
        run._begin()
        return run

    # What happens

    def until(self, fills: int) -> None:
        """Prices walk, the faults changes, workers work."""
        for _ in range(ENOUGH * fills):
            if Fill.objects.filter(key=self.key).count() >= fills:
                return
            self.faults.turn()
            self._walk()
            self._pay_funding()
            self.work()
        raise AssertionError(f"{self.fills()} fills only: {self.lines()}")

    def move_to(self, price: int, liquidity: str | None = None) -> None:
        more = {} if liquidity is None else {"liquidity": liquidity}
        self.simulator.control.post("price", symbol=self.market.name, price=str(price), **more)
        self.price = price

    def work(self) -> None:
        """Do one round of the work of beat and workers."""
        self._say_price()
        self._let_time_pass()
        self._open_by_hand()
        schedule.record_prices(now=timezone.now())
        runner.evaluate_bot(self.bot.pk, now=timezone.now())
        for order in Order.objects.filter(IS_OPEN, bot=self.bot).order_by("pk"):
            with suppress(submission.StillUnknown, VenueError):
                self._do(order)
        sweep.run_sweep(key_id=self.key.pk, force=True)
        fill_counter.count_fills(self.key.pk)
        self._start_again()

    def calm_down(self, wrong: Any) -> None:
        """The faults is fine: what is asked as long as it has an answer, but not for ever."""
        self.faults.remove_all()
        self.move_to(HIGH if self.plan.strategy == "grid" else self.price)  # all steps have begun
        found: list[str] = []
        for _ in range(ROUNDS_TO_CALM):
            self.work()
            sweep.read_full_lists([self.key])
            fill_counter.count_fills(self.key.pk)
            fetch.read_keys([self.key])
            if not (found := wrong()):
                return
        raise AssertionError(f"still wrong: {found}; {self.lines()}")

    # What there is

    def fills(self) -> int:
        return len(self.rows_at_venue("trades"))

    def money(self) -> dict[str, Decimal]:
        """Everything the account has at the venue, by currency; contracts' wallet apart."""
        accounts = self.simulator.control.get("accounts")["accounts"]
        account = next(row for row in accounts if row["key"] == self.key.api_key)
        found = {
            currency: Decimal(held["free"]) + Decimal(held["locked"])
            for currency, held in account["balances"].items()
        }
        return found | {"wallet": Decimal(account["futures"]["USDT"])}

    def position(self) -> Decimal:
        accounts = self.simulator.control.get("accounts")["accounts"]
        account = next(row for row in accounts if row["key"] == self.key.api_key)
        return Decimal(account["positions"].get(self.market.name, {"quantity": "0"})["quantity"])

    def describe_run(self) -> str:
        acts = BotOrder.objects.filter(bot=self.bot)
        lost = acts.filter(slot__startswith=PREFIX).count()
        return (
            f"{self.fills()} fills, {acts.count()} orders ({lost} of them never arrived), "
            f"{self.faults.laid} faults; all agree"
        )

    def lines(self) -> list[str]:
        return Desk(self.key, self.simulator).lines(self.bot)[-12:]

    def rows_at_venue(self, what: str) -> list[dict[str, Any]]:
        return list(self.simulator.control.get(what, account=self.key.api_key)[what])

    # Parts of it

    def _begin(self) -> None:
        """With a price that was known for a while."""
        name, ago = market_view.bot_instrument(self.bot), timezone.now() - timedelta(minutes=30)
        PriceMinute.objects.create(instrument=name, at=ago, high=MIDDLE, low=MIDDLE)
        self._say_price()
        self.bot = lifecycle.create_bot(self.bot, now=timezone.now())
        lifecycle.start_bot(self.bot.pk, now=timezone.now())

    def _walk(self) -> None:
        wish = self.price + self.chance.randint(-self.plan.step, self.plan.step)
        target = min(HIGH, max(LOW, wish))
        part = str(self.chance.randint(1, 9) / Decimal(1000))
        self.move_to(target, part if self.chance.random() < 0.3 else None)

    def _pay_funding(self) -> None:
        """Contracts pay or receive funding at times, which is read at others."""
        luck = self.payments.random()
        if self.market.market == "futures" and luck < 0.2:
            rate = self.payments.randint(-50, 50) / Decimal(100_000)
            self.simulator.control.post(
                "funding", symbol=self.market.name, rate=f"{rate:f}", pay=True
            )
        elif luck > 0.9:
            fetch.read_keys([self.key])

    def _do(self, order: Order) -> None:
        if order.submitted_at is None:
            submission.submit_order(order.pk)
        elif order.status in ("unknown", "pending"):
            submission.look_up_order(order.pk)
        elif order.cancel_requested_at:
            submission.cancel_at_venue(order.pk)
        elif order.amend_requested_at:
            submission.amend_at_venue(order.pk)

    def _say_price(self) -> None:
        Desk(self.key, self.simulator).say_price(str(self.price), self.market.symbol)

    def _let_time_pass(self) -> None:
        """More than a request may take, a venue may hide a new order, or a limit may last."""
        forget_keys()
        self._say_price()
        reset_ccxt_pace()
        long_ago = timezone.now() - timedelta(seconds=60)
        unseen = Q(status__in=["pending", "unknown"], submitted_at__isnull=False)
        Order.objects.filter(unseen, key=self.key).update(submitted_at=long_ago)

    def _open_by_hand(self) -> None:
        """Open a position for a manual bot, which then protects it."""
        if self.plan.strategy == "manual":
            side: Any = self.chance.choice(["buy", "sell"])
            with suppress(lifecycle.CommandRefused):
                runner.open_position(self.bot.pk, side=side, now=timezone.now())

    def _start_again(self) -> None:
        self.bot.refresh_from_db()
        if self.bot.mode in (Mode.STOPPED, Mode.ERROR):
            self.stops.append(self.bot.reason)
            lifecycle.start_bot(self.bot.pk, now=timezone.now())


def reset_ccxt_pace() -> None:
    """ccxt keeps a pace of its own, which would take an hour here."""
    hub = pool._get_pool()
    clients = [*(master.client for master in hub.masters.values()),
               *(kept.client for kept in hub.adapters.values())]  # fmt: skip
    for client in clients:
        client.throttler.timestamps.clear()


@contextmanager
def restore_limits(simulator: SimulatorProcess) -> Iterator[None]:
    """The venue's limits are as they were."""
    usual = simulator.control.post("limits")
    try:
        yield
    finally:
        simulator.control.delete("faults")
        simulator.control.post("limits", **{name: usual[name] for name in LIMITLESS})
        pool.close()
