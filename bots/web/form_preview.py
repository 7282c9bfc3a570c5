"""The preview on a bot's form: what the bot would place now, drawn, and what that binds."""

from datetime import datetime
from typing import Any, Final

from django.utils.translation import gettext as _

from bots.charts.ladder import draw_ladder
from bots.models import Bot
from bots.prices import market_view
from bots.running import validation
from bots.strategies.decisions import ZERO
from bots.strategies.registry import STRATEGIES
from bots.strategies.settings import InvalidSettings, read_settings
from bots.web.forms import BotForm
from bots.web.order_plan import plan_orders
from exchanges.instruments import profit_currency
from exchanges.models import Balance, ExchangeKey
from users.languages.recipient import localize
from users.models import User

SHOWN: Final = 12  # rows of the table
PATIENCE: Final = 1.0  # seconds for the first price of a symbol
NOT_YET: Final = ("name",)  # not needed for a preview


def preview_form(
    form: BotForm, user: User, key: ExchangeKey | None, *, now: datetime
) -> dict[str, Any]:
    """Return what the preview shows; with errors, only those."""
    form.is_valid()
    key = form.cleaned_data.get("key", key) if form.bot is None else form.bot.key
    symbol = form.cleaned_data.get("symbol")
    errors = {
        name: [str(text) for text in texts]
        for name, texts in form.errors.items()
        if name not in NOT_YET
    }
    if errors or key is None or not symbol:
        return {"errors": _label_errors(form, errors)}
    bot = Bot(user=user, key=key, **(form.bot_values() | {"symbol": symbol}))
    market_view.watch_for_quotes([market_view.bot_instrument(bot)], seconds=PATIENCE)
    try:
        validation.check_bot(bot, now=now, with_balance=False)  # the preview shows what is free
    except InvalidSettings as error:
        return {"errors": _label_errors(form, _name_fields(form, error))}
    return _plan_context(bot, now=now)


def _plan_context(bot: Bot, *, now: datetime) -> dict[str, Any]:
    strategy, quote = STRATEGIES[bot.strategy], profit_currency(bot.symbol)
    settings = read_settings(strategy.Settings, bot.settings)
    market = market_view.read_market(bot, now=now)
    if market is None:
        return {"errors": []}
    plan = plan_orders(strategy, settings, market, now=now)
    needs = strategy.estimate_needs(settings, market)
    balance = Balance.objects.filter(key=bot.key, currency=quote).first() if bot.key_id else None
    rungs = sorted(plan.rungs, key=lambda rung: -rung.price)
    return {
        "plan": plan,
        "price": market.price,
        "quote": quote,
        "symbol": bot.symbol,
        "rungs": rungs[:SHOWN],
        "more": max(0, len(rungs) - SHOWN),
        "at_once": sum(not rung.is_later for rung in rungs),
        "most": max(needs.cost, plan.bound),
        "free": None if balance is None else balance.free,
        "is_short": balance is not None and max(needs.cost, plan.bound) > balance.free > ZERO,
        "ladder": draw_ladder(rungs, price=market.price, title=_("Planned orders"), unit=quote),
    }


def _name_fields(form: BotForm, error: InvalidSettings) -> dict[str, list[str]]:
    errors = error.errors.items()
    return {form.find_field(name) or name: [localize(message)] for name, message in errors}


def _label_errors(form: BotForm, errors: dict[str, list[str]]) -> list[tuple[str, str]]:
    """Return each error with the label of its field."""
    return [
        (str(form.fields[name].label or name).capitalize() if name in form.fields else "", text)
        for name, texts in errors.items()
        for text in texts
    ]
