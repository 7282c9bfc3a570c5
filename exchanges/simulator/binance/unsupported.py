"""Parameters of orders that Binance acts on and the simulator does not."""

from exchanges.simulator.binance.errors import BinanceError
from exchanges.simulator.transport.params import Params
from exchanges.simulator.transport.unsupported import Unsupported, refuse_unsupported

SPOT: Unsupported = dict.fromkeys(
    ("icebergQty", "strategyId", "strategyType", "pegPriceType", "pegOffsetType", "pegOffsetValue"),
    (),
)
# The mark price of a contract is its last price, so both start the same orders.
FUTURES: Unsupported = {
    "priceProtect": (),
    "workingType": ("CONTRACT_PRICE", "MARK_PRICE"),
}


def refuse_spot_parameters(params: Params) -> None:
    refuse_unsupported(params, SPOT, lambda message: BinanceError(-1106, message))


def refuse_futures_parameters(params: Params) -> None:
    refuse_unsupported(params, FUTURES, lambda message: BinanceError(-1106, message))
