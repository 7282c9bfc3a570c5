"""Binance: its markets and limits. Loads no ccxt, because the web reads it too."""

from typing import Final

from exchanges.venue_row import MarketSpec, SwitchSpec, Venue, Weights

NO_LISTEN_KEY: Final = (
    "Binance spot has no listen keys any more: since 2026-02-20 its streams are opened by signing"
    " in. Connect to /ws/ here instead: it tells what your orders do."
)

VENUE: Final = Venue(
    name="binance",
    label="Binance",
    passphrase=False,
    signs_with_private_keys=True,
    stream_connects=(300, 300),
    connects_per_market=True,
    markets={
        "spot": MarketSpec(
            connect="exchanges.binance.spot.make_client",
            adapter="exchanges.binance.spot.BinanceSpot",
            prices="exchanges.binance.prices.SPOT",
            trailing=True,
            no_listen_key=NO_LISTEN_KEY,
            states_trades=False,
            by_quote=True,
            amends=True,
            replaces="all",
            holds_pairs=True,
            weights=Weights(
                per_minute=6000,
                page=1000,
                per="address",
                all_open=80,
                open_of_symbol=6,
                one_order=4,
                fills_of_order=5,
                holdings=20,
                statement=20,
                prices=4,
            ),
        ),
        "futures": MarketSpec(
            connect="exchanges.binance.futures.make_client",
            adapter="exchanges.binance.futures.BinanceUsdm",
            prices="exchanges.binance.prices.USDM",
            trailing=True,
            listen_key=True,
            switch=SwitchSpec(least=10, most=3600, weight=10, per_symbol=True),
            good_till=630,  # it asks for ten minutes; a request takes time too
            amends=True,
            replaces="waiting",
            weights=Weights(
                per_minute=2400,
                page=1000,
                per="address",
                all_open=40,
                fills_of_order=5,
                holdings=15,
                statement=30,
                prices=2,
                conditional_list=40,
            ),
        ),
    },
)
