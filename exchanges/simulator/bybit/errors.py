"""Bybit's error codes and messages, sent as retCode and retMsg with HTTP status 200."""

from exchanges.simulator.refusals import VenueError


class BybitError(VenueError):
    """A refusal at Bybit."""


def invalid_parameter(name: str) -> BybitError:
    return BybitError(10001, f"params error: {name} invalid")


def missing_parameter(name: str) -> BybitError:
    return BybitError(10001, f"Missing some parameters that must be filled in: {name}")


BAD_TIME = 10002
BAD_KEY = (10003, "API key is invalid.")
BAD_SIGNATURE = (10004, "error sign! please check your signature generation algorithm.")
PERMISSION_DENIED = (10005, "Permission denied, please check your API key permissions.")
TOO_MANY_REQUESTS = (10006, "Too many visits. Exceeded the API Rate Limit.")

# Errors of orders per category, by the engine's name of the broken rule.
REFUSALS: dict[str, dict[str, tuple[int, str]]] = {
    "spot": {
        "absent": (170213, "Order does not exist."),
        "InsufficientBalance": (170131, "Insufficient balance."),
        "DuplicateClientId": (170141, "Duplicate clientOrderId"),
        "WouldTrigger": (170210, "New order rejected."),
        "NOTIONAL": (170140, "Order value exceeded lower limit."),
        "TOO_MUCH": (170124, "Order amount too large."),
        "STEP_SIZE": (170137, "Order volume decimal too long."),
        "LOT_SIZE": (170136, "Order quantity exceeded lower limit."),
        "MARKET_LOT_SIZE": (170135, "Order quantity exceeded upper limit."),
        "PRICE_FILTER": (170134, "Order price has too many decimals."),
        "PERCENT_PRICE_BY_SIDE": (170193, "Buy order price cannot be higher than the limit."),
        "MAX_NUM_ORDERS": (170810, "Cannot exceed maximum of 500 open orders."),
    },
    "linear": {
        "absent": (110001, "order not exists or too late to cancel"),
        "InsufficientBalance": (110007, "ab not enough for new order"),
        "DuplicateClientId": (110072, "OrderLinkedID is duplicate"),
        "ReduceOnlyRefused": (110017, "current position is zero, cannot fix reduce-only order qty"),
        "NOTIONAL": (110094, "Order does not meet minimum order value 5USDT"),
        "TOO_MUCH": (110021, "Order value is too large for this contract"),
        "STEP_SIZE": (10001, "Qty invalid: not a multiple of the step"),
        "LOT_SIZE": (10001, "The number of contracts exceeds minimum limit allowed"),
        "MARKET_LOT_SIZE": (10001, "The number of contracts exceeds maximum limit allowed"),
        "PRICE_FILTER": (10001, "params error: price is not a multiple of the tick size"),
        "PERCENT_PRICE_BY_SIDE": (110003, "Order price exceeds the allowable range."),
        "MAX_NUM_ORDERS": (110020, "Not allowed to have more than 500 active orders"),
    },
}


def order_refusal(category: str, name: str) -> BybitError:
    messages = REFUSALS["spot" if category == "spot" else "linear"]
    return BybitError(*messages.get(name, (10001, f"params error: {name}")))
