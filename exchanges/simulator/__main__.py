"""Command line of the simulator: `python -m exchanges.simulator`."""

import argparse
import asyncio
import ipaddress
import json
import logging
import signal
import sys
from dataclasses import fields
from pathlib import Path

from exchanges.simulator import certificates
from exchanges.simulator.config import DEFAULT_PORT, Config
from exchanges.simulator.describe import describe_addresses
from exchanges.simulator.server import HomeInUse, RunningSimulator, is_running, start_simulator

log = logging.getLogger("exchanges.simulator")


def parse_arguments(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m exchanges.simulator", description="A simulated venue. Nothing is real."
    )
    add = parser.add_argument
    add("--home", type=Path, required=True, help="where its state, certificates and token live")
    add("--host", default="127.0.0.1")
    add("--port", type=int, default=DEFAULT_PORT, help="plain http; 0 takes any free port")
    add("--tls-port", type=int, help="https; by default the port after --port")
    add("--seed", type=int, default=1, help="the same seed gives the same prices")
    add("--paused", action="store_true", help="prices stay until the control API starts the walk")
    add("--step-seconds", type=float, default=0.5, help="time between two steps of the walk")
    add("--ping-seconds", type=float, default=20, help="time between two pings on a socket")
    add("--keep-days", type=int, default=90, help="ended orders are deleted after this many days")
    add("--control-token", help="default: FILLWATCH_SIMULATOR_TOKEN, else a random one is stored")
    add("--describe", action="store_true", help="print all addresses as JSON and exit")
    return parser.parse_args(arguments)


def build_config(options: argparse.Namespace) -> Config:
    return Config(**{field.name: getattr(options, field.name) for field in fields(Config)})


def print_addresses(config: Config) -> None:
    """Print the running simulator's addresses, or those it would have if started now."""
    if is_running(config.home) and config.endpoint_file.exists():
        sys.stdout.write(config.endpoint_file.read_text() + "\n")
        return
    config.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    certificates.load_tls_context(config.home)
    content = describe_addresses(config, config.port, config.effective_tls_port)
    sys.stdout.write(json.dumps(content, indent=2) + "\n")


async def run_simulator(config: Config) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    running = await start_simulator(config)
    _print_ready_line(running)
    await stop.wait()
    await running.stop()


def main() -> int:
    options = parse_arguments(sys.argv[1:])
    config = build_config(options)
    if options.describe:
        print_addresses(config)
        return 0
    logging.basicConfig(level=logging.INFO, format="%(asctime)s simulator: %(message)s")
    if not is_loopback(config.host):
        log.warning(
            "listening on %s: everyone who reaches this address can trade and use the control API",
            config.host,
        )
    try:
        asyncio.run(run_simulator(config))
    except (HomeInUse, OSError) as error:
        log.error("cannot start: %s", error)
        return 1
    return 0


def _print_ready_line(running: RunningSimulator) -> None:
    config = running.simulation.config
    line = f"simulator ready http://{config.host}:{running.port} tls {running.tls_port}"
    sys.stdout.write(f"{line} home {config.home}\n")
    sys.stdout.flush()


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


if __name__ == "__main__":
    sys.exit(main())
