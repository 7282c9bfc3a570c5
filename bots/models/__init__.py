"""Bots and their orders, their PnL, portfolio values, and signals from outside."""

from bots.models.bots import (
    Bot,
    BotLimits,
    BotOrder,
    LogEntry,
    Mode,
    PriceMinute,
    StopAll,
    Strategy,
)
from bots.models.pnl import ClosedTrade, PnlBook, PnlDay, PnlHour, PortfolioValue, UnpricedFee
from bots.models.trade_signals import AutoTrade, Hook, Signal

__all__ = [
    "AutoTrade",
    "Bot",
    "BotLimits",
    "BotOrder",
    "ClosedTrade",
    "Hook",
    "LogEntry",
    "Mode",
    "PnlBook",
    "PnlDay",
    "PnlHour",
    "PortfolioValue",
    "PriceMinute",
    "Signal",
    "StopAll",
    "Strategy",
    "UnpricedFee",
]
