"""A bot on the real parts: the simulated venue, the real adapter, this process as its worker."""

import json
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from bots.models import Bot, LogEntry
from bots.prices import market_view
from bots.running import lifecycle, runner
from exchanges import symbols
from exchanges.models import ExchangeKey
from orders import submission
from orders.checks import sweep
from orders.models import IS_OPEN, Order
from realtime import prices, redis
from realtime.values import format_money, format_time
from tests.simulator import SimulatorProcess
from tests.trading import reload_order

ROUNDS = 200
PRICES = {"buy_price": "50000", "sell_price": "51000", "quantity": "0.01"}


@dataclass
class Desk:
    key: ExchangeKey
    simulator: SimulatorProcess

    def make(self, strategy: str = "scalper", **more: Any) -> Bot:
        raw = more.pop("settings", PRICES)
        named = {"name": f"{strategy} bot", "symbol": "BTC/USDT", "key": self.key} | more
        bot = Bot(user=self.key.user, strategy=strategy, settings=raw, **named)
        return lifecycle.create_bot(bot, now=timezone.now())

    def start(self, bot: Bot) -> Bot:
        lifecycle.start_bot(bot.pk, now=timezone.now())
        return self.settle(bot)

    def settle(self, bot: Bot) -> Bot:
        """What workers do until nothing is left to do: look, place, cancel, look again."""
        for _ in range(ROUNDS):
            before = self._state(bot)
            runner.evaluate_bot(bot.pk, now=timezone.now())
            self.work(bot)
            if self._state(bot) == before:
                break
        else:
            raise AssertionError(f"never at rest: {self.lines(bot)[-5:]}")
        return self.now(bot)

    def settle_all(self) -> None:
        """As `settle`, for whichever bots there are, also those that are about to go."""
        for _ in range(4):
            for pk in Bot.objects.values_list("pk", flat=True):
                runner.evaluate_bot(pk, now=timezone.now())
                self.work(Bot(pk=pk))

    def work(self, bot: Bot) -> None:
        for order in Order.objects.filter(IS_OPEN, bot_id=bot.pk).order_by("pk"):
            if order.submitted_at is None:
                submission.submit_order(order.pk)
            elif order.cancel_requested_at:
                submission.cancel_at_venue(order.pk)
            elif order.amend_requested_at:
                submission.amend_at_venue(order.pk)

    def check(self) -> None:
        """One check of everything pending, with its fills."""
        Order.objects.update(checked_at=None)
        sweep.run_sweep(force=True)

    def fill(self, order: Order, quantity: str | None = None) -> None:
        part = {} if quantity is None else {"quantity": quantity}
        named = {"clientOrderId": order.client_order_id, "account": self.key.api_key}
        self.simulator.control.post("fill", **named, **part)
        self.check()

    def say_price(self, price: str, symbol: str = "BTC/USDT") -> None:
        """As the feed of the venue would."""
        name = str(market_view.bot_instrument(Bot(key=self.key, symbol=symbol)))
        data: Any = {"instrument": name, "simulated": True, "last": price, "bid": None, "ask": None,
                     "at": format_time(timezone.now()), "stale": False}  # fmt: skip
        kept = {f"price_update {name}": json.dumps({"type": "price_update", "data": data})}
        redis.redis_client().hset(prices.NEWEST, mapping=kept)

    def forget_price(self) -> None:
        """As when the feed is away for long."""
        redis.redis_client().delete(prices.NEWEST)

    def open(self, bot: Bot) -> list[str]:
        """What waits at the venue, as far as we know."""
        return [
            f"{order.side} {format_money(order.quantity)} at {format_money(order.price)}"
            for order in bot.orders.filter(IS_OPEN).order_by("pk")
        ]

    def newest(self, bot: Bot) -> Order:
        order = bot.orders.order_by("-pk").first()
        assert order is not None
        return reload_order(order)

    def there(self) -> list[dict[str, Any]]:
        """What is open at the venue itself."""
        found = self.simulator.control.get("orders", account=self.key.api_key)["orders"]
        return [one for one in found if one["status"] in ("NEW", "PARTIALLY_FILLED")]

    def lines(self, bot: Bot) -> list[str]:
        return list(
            LogEntry.objects.filter(bot=bot).order_by("pk").values_list("message", flat=True)
        )

    def now(self, bot: Bot) -> Bot:
        return Bot.objects.select_related("key", "user").get(pk=bot.pk)

    def _state(self, bot: Bot) -> object:
        orders = bot.orders.order_by("pk").values_list("pk", "version")
        modes = Bot.objects.filter(pk=bot.pk).values_list("mode", "run")
        return list(orders), list(modes)


def desk_at(key: ExchangeKey, simulator: SimulatorProcess) -> Desk:
    simulator.control.post("walk", paused=True)
    simulator.control.post("price", symbol="BTCUSDT", price="50500")
    symbols.read_all()
    return Desk(key, simulator)
