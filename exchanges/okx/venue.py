"""OKX: its markets and limits. Loads no ccxt, because the web reads it too."""

from dataclasses import replace
from typing import Final

from exchanges.venue_row import MarketSpec, SwitchSpec, Venue, Weights

WEIGHTS: Final = Weights(per_minute=1800, page=100, per="key", statement=1, conditional_list=3)

SWITCH: Final = SwitchSpec(least=10, most=120)
VENUE: Final = Venue(
    name="okx",
    label="OKX",
    passphrase=True,
    one_wallet=True,
    stream_connects=(1, 1),
    markets={
        "spot": MarketSpec(
            connect="exchanges.okx.endpoints.make_spot_client",
            adapter="exchanges.okx.adapter.OkxSpot",
            prices="exchanges.okx.prices.PUBLIC",
            trailing=True,
            by_quote=True,
            amends=True,
            switch=SWITCH,
            weights=WEIGHTS,
        ),
        "futures": MarketSpec(
            connect="exchanges.okx.endpoints.make_swap_client",
            adapter="exchanges.okx.adapter.OkxSwap",
            prices="exchanges.okx.prices.PUBLIC",
            trailing=True,
            amends=True,
            switch=SWITCH,
            weights=replace(WEIGHTS, holdings=3),
        ),
    },
)
