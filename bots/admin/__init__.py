"""Bots, their PnL and signals for operators: to read, to stop bots, and to limit them.

All of these rows have a single writer elsewhere, so they cannot be edited here.
"""

from bots.admin import backtests, bots, income, pnl, trade_signals

__all__ = ["backtests", "bots", "income", "pnl", "trade_signals"]
