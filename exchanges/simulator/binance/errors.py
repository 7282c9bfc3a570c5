"""Binance's error codes, messages and HTTP statuses."""

from exchanges.simulator.refusals import VenueError


class BinanceError(VenueError):
    status = 400

    def to_json(self) -> dict[str, object]:
        return {"code": self.code, "msg": self.message}


def missing_parameter(name: str) -> BinanceError:
    return BinanceError(
        -1102, f"Mandatory parameter '{name}' was not sent, was empty/null, or malformed."
    )


def illegal_parameter(name: str, legal: str) -> BinanceError:
    return BinanceError(
        -1100, f"Illegal characters found in parameter '{name}'; legal range is '{legal}'."
    )


def unexpected_parameter(name: str) -> BinanceError:
    return BinanceError(-1106, f"Parameter '{name}' sent when not required.")


def filter_failure(name: str) -> BinanceError:
    return BinanceError(-1013, f"Filter failure: {name}")


BAD_KEY_FORMAT = (-2014, "API-key format invalid.", 401)
BAD_KEY = (-2015, "Invalid API-key, IP, or permissions for action.", 401)
BAD_SIGNATURE = (-1022, "Signature for this request is not valid.", 400)
BAD_SYMBOL = (-1121, "Invalid symbol.", 400)
UNKNOWN_ORDER = (-2013, "Order does not exist.", 400)
ORDER_ARCHIVED = (
    -2026,
    "Order was canceled or expired with no executed qty over 90 days ago and has been archived.",
    400,
)
CANCEL_REJECTED = (-2011, "Unknown order sent.", 400)
