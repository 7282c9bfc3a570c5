"""Description of a simulator as JSON: each venue's addresses, the CA, the control API."""

import json
import os

from exchanges.simulator.certificates import HOST_NAMES, ca_file
from exchanges.simulator.config import Config
from exchanges.simulator.faults.faults import KINDS


def describe_addresses(config: Config, port: int, tls_port: int) -> dict[str, object]:
    host = f"[{config.host}]" if ":" in config.host else config.host
    plain = f"{host}:{port}"

    def describe(names: list[str], **socket_paths: str) -> dict[str, object]:
        """Return the addresses of a market; `names` are the venue's own host names."""
        sockets = {name: f"ws://{plain}/{path}" for name, path in socket_paths.items()}
        tls = {"host": config.host, "port": tls_port}
        return {"rest": f"http://{plain}", **sockets, "tls": tls, "names": names}

    binance, bybit = HOST_NAMES["binance"], HOST_NAMES["bybit"]["all"]
    okx = describe(
        HOST_NAMES["okx"]["all"],
        public="ws/v5/public",
        private="ws/v5/private",
        business="ws/v5/business",
    )
    futures = {"market": "market/ws", "public": "public/ws", "private": "private/ws"}
    return {
        "simulated": True,
        "ca": str(ca_file(config.home).absolute()),
        "home": str(config.home.absolute()),
        "control": f"http://{plain}/control/",
        "faults": KINDS,
        "venues": {
            "binance": {
                "spot": describe(binance["spot"], stream="stream", ws_api="ws-api/v3"),
                "futures": describe(binance["usdm"], **futures),
            },
            "okx": {"spot": okx, "futures": okx},
            "bybit": {
                "spot": describe(bybit, public="v5/public/spot", private="v5/private"),
                "futures": describe(bybit, public="v5/public/linear", private="v5/private"),
            },
        },
    }


def write_endpoints(config: Config, content: dict[str, object]) -> None:
    """Write the description to the endpoint file.

    It appears when all is ready, so a program that started a simulator on a free port can wait.
    """
    partial = config.endpoint_file.with_suffix(".partial")
    partial.write_text(json.dumps({**content, "pid": os.getpid()}, indent=2))
    partial.replace(config.endpoint_file)
