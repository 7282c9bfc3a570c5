"""The routes of all venues' statements."""

from aiohttp import web

from exchanges.simulator.binance import gateway as binance
from exchanges.simulator.bybit import gateway as bybit
from exchanges.simulator.okx import gateway as okx
from exchanges.simulator.statements import binance_futures, binance_spot
from exchanges.simulator.statements import bybit as bybit_statement
from exchanges.simulator.statements import okx as okx_statement


def attach(app: web.Application) -> None:
    for (method, path), endpoint in (binance_spot.ENDPOINTS | binance_futures.ENDPOINTS).items():
        app.router.add_route(method, path, binance.make_handler(endpoint))
    for (method, path), okx_endpoint in okx_statement.ENDPOINTS.items():
        app.router.add_route(method, path, okx.make_handler(okx_endpoint))
    for (method, path), bybit_endpoint in bybit_statement.ENDPOINTS.items():
        app.router.add_route(method, path, bybit.make_handler(bybit_endpoint))
