"""Description of a simulator as JSON: each venue's addresses, the CA, the control API."""

import json
import os

from exchanges.simulator.certificates import HOST_NAMES, ca_file
from exchanges.simulator.config import Config
from exchanges.simulator.faults.faults import KINDS


def describe_addresses(config: Config, port: int, tls_port: int) -> dict[str, object]:
    host = f"[{config.host}]" if ":" in config.host else config.host
    plain = f"{host}:{port}"
    spot = {
        "rest": f"http://{plain}",
        "stream": f"ws://{plain}/stream",
        "ws_api": f"ws://{plain}/ws-api/v3",
        "tls": {"host": config.host, "port": tls_port},
        "names": HOST_NAMES["binance"]["spot"],
    }
    return {
        "simulated": True,
        "ca": str(ca_file(config.home).absolute()),
        "home": str(config.home.absolute()),
        "control": f"http://{plain}/control/",
        "faults": KINDS,
        "venues": {
            "binance": {"spot": spot, "futures": _describe_binance_futures(plain, spot["tls"])},
            "okx": _describe_okx(plain, spot["tls"]),
            "bybit": _describe_bybit(plain, spot["tls"]),
        },
    }


def _describe_binance_futures(plain: str, tls: object) -> dict[str, object]:
    return {
        "rest": f"http://{plain}",
        "market": f"ws://{plain}/market/ws",
        "public": f"ws://{plain}/public/ws",
        "private": f"ws://{plain}/private/ws",
        "tls": tls,
        "names": HOST_NAMES["binance"]["usdm"],
    }


def _describe_bybit(plain: str, tls: object) -> dict[str, object]:
    """Return Bybit's addresses: one private socket, and a public socket per market."""
    return {
        market: {
            "rest": f"http://{plain}",
            "public": f"ws://{plain}/v5/public/{category}",
            "private": f"ws://{plain}/v5/private",
            "tls": tls,
            "names": HOST_NAMES["bybit"]["all"],
        }
        for market, category in (("spot", "spot"), ("futures", "linear"))
    }


def _describe_okx(plain: str, tls: object) -> dict[str, object]:
    """Return OKX's addresses, which are the same for both markets."""
    addresses = {
        "rest": f"http://{plain}",
        "public": f"ws://{plain}/ws/v5/public",
        "private": f"ws://{plain}/ws/v5/private",
        "business": f"ws://{plain}/ws/v5/business",
        "tls": tls,
        "names": HOST_NAMES["okx"]["all"],
    }
    return {"spot": addresses, "futures": addresses}


def write_endpoints(config: Config, content: dict[str, object]) -> None:
    """Write the description to the endpoint file.

    It appears when all is ready, so a program that started a simulator on a free port can wait.
    """
    partial = config.endpoint_file.with_suffix(".partial")
    partial.write_text(json.dumps({**content, "pid": os.getpid()}, indent=2))
    partial.replace(config.endpoint_file)
