"""Parameters of orders that Bybit acts on and the simulator does not."""

from exchanges.simulator.bybit.errors import BybitError
from exchanges.simulator.transport.params import Params
from exchanges.simulator.transport.unsupported import Unsupported, refuse_unsupported

# The mark price of a contract is its last price, so both start the same orders.
ORDERS: Unsupported = {
    **dict.fromkeys(("takeProfit", "stopLoss", "isLeverage", "closeOnTrigger", "orderIv"), ()),
    **dict.fromkeys(("slippageTolerance", "bboSideType", "bboLevel", "mmp", "rpiTakerAccess"), ()),
    "triggerBy": ("LastPrice", "MarkPrice"),
}
AMENDMENTS: Unsupported = {
    **dict.fromkeys(("takeProfit", "stopLoss", "orderIv"), ()),
    "triggerBy": ("LastPrice", "MarkPrice"),
}

TRADING_STOPS: Unsupported = {
    **dict.fromkeys(("takeProfit", "stopLoss", "tpSize", "slSize"), ("0",)),
    **dict.fromkeys(("tpLimitPrice", "slLimitPrice"), ("0",)),
}


def refuse_parameters(params: Params, unsupported: Unsupported) -> None:
    refuse_unsupported(params, unsupported, lambda message: BybitError(10001, message))
