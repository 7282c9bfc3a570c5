"""The command line: python -m exchanges.simulator."""

import json
import signal
import ssl
import stat
import subprocess
import sys
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from exchanges.simulator import certificates
from exchanges.simulator.__main__ import build_config, is_loopback, parse_arguments
from exchanges.simulator.config import Config
from exchanges.simulator.server import TOKEN_VARIABLE, ensure_control_token
from tests.simulator import ROOT, ControlClient, ControlError, SimulatorProcess, wait_until


def run_simulator(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "exchanges.simulator", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=30)


def test_describe_needs_no_running_simulator(tmp_path: Path) -> None:
    home = tmp_path / "new"
    described = json.loads(run_simulator("--describe", "--home", str(home)).stdout)
    spot = described["venues"]["binance"]["spot"]
    assert described["simulated"] is True
    assert described["control"] == "http://127.0.0.1:9100/control/"
    assert spot["tls"] == {"host": "127.0.0.1", "port": 9101}
    assert "api.binance.com" in spot["names"]
    assert Path(described["ca"]).read_text().startswith("-----BEGIN CERTIFICATE")


def test_describe_shows_the_running_simulator(process: SimulatorProcess) -> None:
    described = json.loads(run_simulator("--describe", "--home", str(process.home)).stdout)
    assert described["control"] == process.endpoints["control"]
    assert described["pid"] == process.pid


def test_the_ready_line_names_the_real_ports(process: SimulatorProcess) -> None:
    rest, tls = process.spot["rest"], process.spot["tls"]["port"]
    assert process.ready_line == f"simulator ready {rest} tls {tls} home {process.home}\n"
    assert not rest.endswith(":0")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_even_while_clients_hang(
    process: SimulatorProcess, number: signal.Signals
) -> None:
    process.control.post("faults", kind="hang")
    hanging = HTTPConnection(urlsplit(process.spot["rest"]).netloc, timeout=10)
    hanging.request("GET", "/api/v3/ping")
    wait_until(lambda: process.control.get("state")["requests"])
    assert process.stop(number) == 0
    hanging.close()
    assert not (process.home / "endpoint.json").exists()
    assert "stopped" in (process.home / "simulator.log").read_text()


def test_a_wrong_token_is_refused(process: SimulatorProcess) -> None:
    with pytest.raises(ControlError, match="401"):
        ControlClient(process.endpoints["control"], "guessed").get("state")


def test_prices_walk_unless_paused(tmp_path: Path) -> None:
    with SimulatorProcess(tmp_path, "--step-seconds", "0.01", paused=False) as simulator:
        control = simulator.control
        wait_until(lambda: control.get("state")["symbols"]["BTCUSDT"]["steps"] > 5)
        simulator.control.post("walk", paused=True)
        prices = simulator.control.get("state")["prices"]
        assert simulator.control.get("state")["prices"] == prices


def test_a_token_is_created_once_and_readable_by_its_owner_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(TOKEN_VARIABLE, raising=False)
    config = Config(home=tmp_path)
    token = ensure_control_token(config)
    assert ensure_control_token(config) == token
    assert stat.S_IMODE(config.token_file.stat().st_mode) == 0o600
    monkeypatch.setenv(TOKEN_VARIABLE, "from-the-environment")
    assert ensure_control_token(config) == "from-the-environment"
    assert config.token_file.read_text() == "from-the-environment"
    assert stat.S_IMODE(config.token_file.stat().st_mode) == 0o600


def test_secrets_on_disk_are_readable_by_their_owner_only(process: SimulatorProcess) -> None:
    for name in ("venue.sqlite3", "server.pem"):
        assert stat.S_IMODE((process.home / name).stat().st_mode) == 0o600


def test_the_certificate_is_for_every_production_name(tmp_path: Path) -> None:
    server, client = certificates.load_tls_context(tmp_path), ssl.create_default_context()
    client.load_verify_locations(certificates.ca_file(tmp_path))
    names = [
        name
        for markets in certificates.HOST_NAMES.values()
        for group in markets.values()
        for name in group
    ]
    for name in [*names, "localhost", "127.0.0.1"]:
        to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
        client_side = client.wrap_bio(to_client, to_server, server_hostname=name)
        server_side = server.wrap_bio(to_server, to_client, server_side=True)
        for side in (client_side, server_side, client_side, server_side):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
        assert client_side.getpeercert()


@pytest.mark.parametrize(
    ("host", "loopback"),
    [("127.0.0.1", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("a.b", False)],  # noqa: S104
)
def test_what_counts_as_loopback(host: str, loopback: bool) -> None:
    assert is_loopback(host) is loopback


def test_loopback_is_the_default_and_the_tls_port_follows() -> None:
    config = build_config(parse_arguments(["--home", "somewhere"]))
    assert (config.host, config.port, config.effective_tls_port) == ("127.0.0.1", 9100, 9101)
    assert build_config(parse_arguments(["--home", "x", "--port", "0"])).effective_tls_port == 0
