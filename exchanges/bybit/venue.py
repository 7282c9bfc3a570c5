"""Bybit: its markets and limits. Loads no ccxt, because the web reads it too."""

from dataclasses import replace
from typing import Final

from exchanges.venue_row import MarketSpec, SwitchSpec, Venue, Weights

SWITCH: Final = SwitchSpec(least=10, most=300, by_socket=True)
WEIGHTS: Final = Weights(per_minute=3000, page=50, per="key", statement=1, per_address=(600, 5))

VENUE: Final = Venue(
    name="bybit",
    label="Bybit",
    passphrase=False,
    one_wallet=True,
    stream_connects=(400, 300),
    markets={
        "spot": MarketSpec(
            connect="exchanges.bybit.adapter.make_spot_client",
            adapter="exchanges.bybit.adapter.BybitSpot",
            prices="exchanges.bybit.prices.SPOT",
            by_quote=True,
            amends=True,
            switch=SWITCH,
            weights=WEIGHTS,
        ),
        "futures": MarketSpec(
            connect="exchanges.bybit.adapter.make_linear_client",
            adapter="exchanges.bybit.adapter.BybitLinear",
            prices="exchanges.bybit.prices.LINEAR",
            trailing=True,
            amends=True,
            switch=SWITCH,
            weights=replace(WEIGHTS, holdings=3),
        ),
    },
)
