"""Bots and their orders, their PnL, portfolio values, and signals from outside."""

from bots.models.backtests import UNFINISHED, Backtest, BacktestState
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
from bots.models.income import MOVED_BY_OWNER, IncomeCursor, IncomeEntry, IncomeKind
from bots.models.market_analysis import MarketAnalysis, PriceTrend
from bots.models.pnl import ClosedTrade, PnlBook, PnlDay, PnlHour, PortfolioValue, UnpricedFee
from bots.models.proof import StatementProof
from bots.models.trade_signals import AutoTrade, Hook, Signal

__all__ = [
    "MOVED_BY_OWNER",
    "UNFINISHED",
    "AutoTrade",
    "Backtest",
    "BacktestState",
    "Bot",
    "BotLimits",
    "BotOrder",
    "ClosedTrade",
    "Hook",
    "IncomeCursor",
    "IncomeEntry",
    "IncomeKind",
    "LogEntry",
    "MarketAnalysis",
    "Mode",
    "PnlBook",
    "PnlDay",
    "PnlHour",
    "PortfolioValue",
    "PriceMinute",
    "PriceTrend",
    "Signal",
    "StatementProof",
    "StopAll",
    "Strategy",
    "UnpricedFee",
]
