"""Bots, what they earned and what was wished for, for an operator's eyes; stopping is all they do.

Each of these has its own writer, so that what an operator sees is what that writer wrote.
"""

from bots.admin import bots, money, outside

__all__ = ["bots", "money", "outside"]
