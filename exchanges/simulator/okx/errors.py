"""OKX's error codes and messages, for a whole request or for one of its orders."""

from exchanges.simulator.refusals import VenueError


class OkxError(VenueError):
    """The whole request is refused."""


class OrderRefused(VenueError):
    """One order of the request is refused; its row in the answer has `sCode` and `sMsg`."""


def invalid_parameter(name: str) -> OkxError:
    return OkxError(51000, f"Parameter {name} error", 400)


def missing_parameter(name: str) -> OkxError:
    return OkxError(50014, f"Parameter {name} cannot be empty", 400)


def unknown_instrument() -> OkxError:
    return OkxError(51001, "Instrument ID, Instrument ID code, or Spread ID doesn't exist.")


BAD_KEY = (50111, "Invalid OK-ACCESS-KEY", 401)
BAD_PASSPHRASE = (50105, "Request header OK-ACCESS-PASSPHRASE incorrect.", 401)
BAD_SIGNATURE = (50113, "Invalid Sign", 401)
BAD_TIME = (50112, "Invalid OK-ACCESS-TIMESTAMP", 401)
REQUEST_EXPIRED = (50102, "Timestamp request expired", 401)
PERMISSION_DENIED = (50120, "This API key doesn't have permission to use this function", 401)
TOO_MANY_REQUESTS = (50011, "Too Many Requests", 429)
ORDER_NOT_FOUND = (51603, "Order does not exist")

LOGIN_ERRORS = {
    50111: (60005, "Invalid apiKey"),
    50105: (60024, "Wrong passphrase"),
    50113: (60007, "Invalid sign"),
    50112: (60004, "Invalid timestamp"),
    50102: (60006, "Timestamp request expired"),
    50110: (60009, "Login failed."),
}

# Errors of orders, by the engine's name of the broken rule.
REFUSALS: dict[str, tuple[int, str]] = {
    "absent": (
        51400,
        "Cancellation failed as the order has been filled, canceled or does not exist.",
    ),
    "unchangeable": (
        51503,
        "Your order has already been filled or canceled, or it does not exist.",
    ),
    "balance": (51008, "Order failed. Insufficient {asset} balance in account."),
    "margin": (51008, "Order failed. Insufficient USDT margin in account."),
    "DuplicateClientId": (51016, "Client order ID already exists."),
    "duplicate algo": (51065, "algoClOrdId already exists."),
    "NOTIONAL": (51020, "Your order should meet or exceed the minimum order amount."),
    "LOT_SIZE": (51020, "Your order should meet or exceed the minimum order amount."),
    "STEP_SIZE": (51121, "Order quantity must be a multiple of the lot size."),
    "MARKET_LOT_SIZE": (51202, "Market order amount exceeds the maximum amount."),
    "MAX_SIZE": (51101, "The maximum amount per order is exceeded."),
    "PRICE_FILTER": (51006, "Order price is not within the price limit."),
    "PERCENT_PRICE_BY_SIDE": (51006, "Order price is not within the price limit."),
    "TRAILING_DELTA": (51257, "Trailing order callback rate error."),
    "MAX_NUM_ORDERS": (51174, "The number of pending orders reached the upper limit."),
    "margin mode": (59000, "Setting failed. Cancel any open orders, close positions first."),
    "leverage": (59102, "Leverage exceeds the maximum limit. Please lower the leverage."),
    "ReduceOnlyRefused": (51169, "Order failed because you don't have any positions to reduce."),
    "STOP_LOSS": (51280, "The SL trigger price has been reached by the last price."),
    "TAKE_PROFIT": (51279, "The TP trigger price has been reached by the last price."),
}


def order_refusal(name: str, **fields: str) -> OrderRefused:
    code, message = REFUSALS.get(name, (51000, f"Parameter {name} error"))
    return OrderRefused(code, message.format(**fields))
