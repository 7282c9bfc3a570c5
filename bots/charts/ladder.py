"""A ladder of orders drawn by the server as SVG: each at its price, as long as its cost. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from bots.charts.scales import Scale, fit_scale, format_number, format_tick
from bots.charts.svg import BOX, CHART, HEIGHT, NO_CHART, WIDTH
from realtime.values import format_money

LONGEST: Final = WIDTH * 9 // 10
SHORTEST: Final = WIDTH // 25
MOST_HEIGHT: Final = HEIGHT // 14  # of a bar


@dataclass(frozen=True, kw_only=True, slots=True)
class Rung:
    """An order on the ladder; one that waits for others is drawn lighter."""

    price: Decimal
    side: str
    quantity: Decimal
    is_later: bool = False
    label: str = ""

    @property
    def cost(self) -> Decimal:
        return self.price * self.quantity


def draw_ladder(
    rungs: Sequence[Rung], *, price: Decimal | None, title: str, unit: str
) -> SafeString:
    """Draw purchases from the left and sales from the right; the present price is a line."""
    if not rungs:
        return NO_CHART
    prices = [rung.price for rung in rungs] + ([] if price is None else [price])
    scale = fit_scale(prices, ticks=6)
    lowest, highest = format_money(min(prices)), format_money(max(prices))
    description = _("%(rungs)s orders from %(lowest)s to %(highest)s.") % {
        "rungs": len(rungs),
        "lowest": lowest,
        "highest": highest,
    }
    heights = ((_height_of(scale, tick), WIDTH) for tick in scale.ticks)
    drawn = (
        format_html_join("", '<path class="grid" d="M0 {}h{}"/>', heights)
        + _draw_bars(rungs, scale, unit)
        + _draw_price(price, scale, unit)
    )
    return format_html(CHART, "ladder", title, description, drawn, _draw_labels(scale), "")


def _draw_bars(rungs: Sequence[Rung], scale: Scale, unit: str) -> SafeString:
    """Draw a bar for each order, as long as its cost."""
    largest = max(rung.cost for rung in rungs)
    height = max(8, min(MOST_HEIGHT, HEIGHT // (2 * len(rungs))))
    bars = []
    for rung in rungs:
        share = rung.cost / largest if largest else Decimal(1)
        width = max(SHORTEST, round(share * LONGEST))
        left = 0 if rung.side == "buy" else WIDTH - width
        kind = f"{rung.side}{' later' if rung.is_later else ''}"
        top = _height_of(scale, rung.price) - height // 2
        bars.append((kind, left, top, width, height, describe_rung(rung, unit)))
    return format_html_join("", BOX, bars)


def _draw_price(price: Decimal | None, scale: Scale, unit: str) -> SafeString:
    if price is None:
        return NO_CHART
    now = _("Price now: %(price)s %(unit)s") % {"price": format_money(price), "unit": unit}
    line = '<path class="now" d="M0 {}h{}"><title>{}</title></path>'
    return format_html(line, _height_of(scale, price), WIDTH, now)


def _draw_labels(scale: Scale) -> SafeString:
    step = scale.ticks[1] - scale.ticks[0]
    rows = (
        (f"{(1 - scale.share_of(tick)) * 100:.2f}", format_tick(tick, step=step))
        for tick in scale.ticks
    )
    return format_html_join("", '<text x="0" y="{}%">{}</text>', rows)


def _height_of(scale: Scale, value: Decimal) -> int:
    return round((1 - scale.share_of(value)) * HEIGHT)


def describe_rung(rung: Rung, unit: str) -> str:
    text = _("buy %(amounts)s, worth %(worth)s")
    if rung.side == "sell":
        text = _("sell %(amounts)s, worth %(worth)s")
    at = {"quantity": format_money(rung.quantity), "price": format_money(rung.price)}
    amounts = _("%(quantity)s at %(price)s") % at
    words = text % {"amounts": amounts, "worth": f"{format_number(rung.cost)} {unit}"}
    return f"{words}: {rung.label}" if rung.label else words
