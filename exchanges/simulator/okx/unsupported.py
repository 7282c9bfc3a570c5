"""Parameters of orders that OKX acts on and the simulator does not."""

from exchanges.simulator.okx.errors import OrderRefused
from exchanges.simulator.transport.params import Params
from exchanges.simulator.transport.unsupported import Unsupported, refuse_unsupported

# The mark price of a swap is its last price, so both start the same orders; an index is another.
TRIGGER_PRICES = ("last", "mark")
ORDERS: Unsupported = {
    **dict.fromkeys(("attachAlgoOrds", "banAmend", "pxUsd", "pxVol", "quickMgnType"), ()),
    **dict.fromkeys(("isElpTakerAccess", "speedBump", "pxAmendType"), ()),
    "ccy": ("USDT",),
    "tgtCcy": ("base_ccy", "quote_ccy"),
}
CONDITIONAL: Unsupported = {
    **dict.fromkeys(("attachAlgoOrds", "closeFraction", "cxlOnClosePos", "quickMgnType"), ()),
    **dict.fromkeys(
        ("callbackSpread", "chaseType", "pxVar", "pxSpread", "pxLimit", "advanceOrdType"), ()
    ),
    **dict.fromkeys(("slTriggerPxType", "tpTriggerPxType", "triggerPxType"), TRIGGER_PRICES),
    "tpOrdKind": ("condition",),
    "tgtCcy": ("base_ccy",),
}
AMENDMENTS: Unsupported = dict.fromkeys(
    ("cxlOnFail", "attachAlgoOrds", "newPxUsd", "newPxVol", "pxAmendType"), ()
)


def refuse_parameters(params: Params, unsupported: Unsupported) -> None:
    refuse_unsupported(params, unsupported, lambda message: OrderRefused(51000, message))
