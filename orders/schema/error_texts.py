"""The texts of validation errors that depend on an order's type or side."""

from typing import Final

from django.utils.translation import gettext_noop

from orders.schema.choices import OrderType

TYPE_LABELS: Final = {
    OrderType.LIMIT: gettext_noop("A limit order"),
    OrderType.MARKET: gettext_noop("A market order"),
    OrderType.STOP_LOSS: gettext_noop("A stop loss"),
    OrderType.TAKE_PROFIT: gettext_noop("A take profit"),
    OrderType.TRAILING_STOP: gettext_noop("A trailing stop"),
}
PRICE_LABELS: Final = {
    "price": gettext_noop("price"),
    "trigger_price": gettext_noop("trigger price"),
    "trailing_percent": gettext_noop("trailing distance"),
}
# By whether the position is long.
WRONG_PROFIT: Final = {
    True: gettext_noop("It takes profit only above the order's price."),
    False: gettext_noop("It takes profit only below the order's price."),
}
WRONG_LOSS: Final = {
    True: gettext_noop("It stops a loss only below the order's price."),
    False: gettext_noop("It stops a loss only above the order's price."),
}
WRONG_ORDER: Final = {
    True: gettext_noop("The take profit must be above the stop loss."),
    False: gettext_noop("The take profit must be below the stop loss."),
}
