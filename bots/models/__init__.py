"""What is wanted: bots, which are named sets of settings for orders, and signals from outside."""

from bots.models.bots import Act, Bot, Emergency, Limits, Line, Minute, Mode, Strategy
from bots.models.money import Book, Day, Hour, Round, Unpriced, Worth
from bots.models.outside import AutoTrade, Hook, Signal

__all__ = [
    "Act",
    "AutoTrade",
    "Book",
    "Bot",
    "Day",
    "Emergency",
    "Hook",
    "Hour",
    "Limits",
    "Line",
    "Minute",
    "Mode",
    "Round",
    "Signal",
    "Strategy",
    "Unpriced",
    "Worth",
]
