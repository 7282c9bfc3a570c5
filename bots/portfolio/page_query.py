"""The query of the portfolio page's address. Values that make no sense are ignored."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final
from urllib.parse import urlencode

from django.utils.translation import gettext_lazy

from bots.portfolio import breakdown, comparison
from users.http import is_id

SPANS: Final = {
    "day": ("24 h", 1),
    "week": ("7 d", 7),
    "month": ("30 d", 30),
    "quarter": ("90 d", 90),
    "all": (gettext_lazy("All"), 0),
}
PERIODS: Final = {
    "7": gettext_lazy("7 days"),
    "30": gettext_lazy("30 days"),
    "90": gettext_lazy("90 days"),
    "365": gettext_lazy("1 year"),
    "all": gettext_lazy("All time"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class PortfolioQuery:
    """The choices of a person on the portfolio page, with their defaults."""

    money: str = ""
    span: str = "week"
    period: str = "30"
    quote: str = ""
    key: str = ""
    bot: str = ""
    sort: str = "-net"
    by: str = "venue"

    @classmethod
    def from_request(cls, query: Mapping[str, str]) -> "PortfolioQuery":
        values = {name: query.get(name, "") for name in cls.__slots__}
        is_valid = {
            "money": values["money"] in ("paper", "live"),
            "span": values["span"] in SPANS,
            "period": values["period"] in PERIODS,
            "quote": len(values["quote"]) <= 20,
            "key": is_id(values["key"]),
            "bot": is_id(values["bot"]),
            "sort": values["sort"].removeprefix("-") in comparison.COLUMNS,
            "by": values["by"] in breakdown.WAYS,
        }
        return cls(**{name: value for name, value in values.items() if is_valid[name]})

    def first_day(self, today: date) -> date | None:
        """Return the first day of the period, of which today is the last; None for all time."""
        return None if self.period == "all" else today - timedelta(days=int(self.period) - 1)

    def link_with(self, **changes: str) -> str:
        return f"?{urlencode(replace(self, **changes).changed_items())}"

    def changed_items(self) -> list[tuple[str, str]]:
        """Return the names and values that differ from the defaults."""
        defaults = PortfolioQuery()
        items = [(name, getattr(self, name)) for name in self.__slots__]
        return [(name, value) for name, value in items if value != getattr(defaults, name)]
