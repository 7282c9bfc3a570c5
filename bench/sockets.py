"""Cost of an idle, subscribed socket beside a bare one, and of a restart with all of them."""

import contextlib
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import psutil

from bench import Result
from bench.support import servers, websocket_clients
from bench.support import users as people
from bench.support.websocket_clients import Ask, Seat

NUMBERS: Final = (1_000, 10_000)
QUICK_NUMBERS: Final = (500, 1_000)
WARM_UP: Final = 100  # sockets that come and go before anything is measured
IDLE, QUICK_IDLE = 30.0, 3.0  # seconds, with a heartbeat of each socket
EVENTS_EACH: Final = 2  # while the server is away
BATCH: Final = 500  # users told in one transaction


@dataclass(frozen=True, slots=True)
class SocketCost:
    sockets: int
    kilobytes: float  # of each
    accepts: float  # in a second
    cpu: float  # milliseconds of the server's for each until it is live

    def row(self, name: str) -> list[str]:
        numbers = (f"{self.kilobytes:.1f}", f"{self.accepts:.0f}", f"{self.cpu:.2f}")
        return [name, str(self.sockets), *numbers]


def run(*, quick: bool) -> Result:
    numbers, idle = (QUICK_NUMBERS, QUICK_IDLE) if quick else (NUMBERS, IDLE)
    most = numbers[-1]
    with servers.run_services():
        everybody = people.build_seats(people.create_users(most))
        bare = [
            _measure_server("echo", [Seat(seat.user) for seat in everybody[:n]], idle)
            for n in numbers
        ]
        ours = [_measure_server("ours", everybody[:n], idle) for n in numbers]
        restart = _measure_restart(everybody)
    figures = {f"kb_per_socket_{one.sockets}": round(one.kilobytes, 1) for one in ours}
    figures |= {f"echo_kb_per_socket_{one.sockets}": round(one.kilobytes, 1) for one in bare}
    figures |= {
        "accepts_per_second": round(ours[-1].accepts),
        "echo_accepts_per_second": round(bare[-1].accepts),
        "cpu_ms_per_accept": round(ours[-1].cpu, 2),
        "echo_cpu_ms_per_accept": round(bare[-1].cpu, 2),
        f"resume_seconds_{most}": round(restart["seconds"], 1),
    }
    figures |= {name: restart[name] for name in ("lost", "doubled", "heard", "resets")}
    return Result(
        title=f"Idle sockets of as many users, and a restart: all {most} back after "
        f"{restart['seconds']:.1f} s with {restart['heard']} events told meanwhile, "
        f"{restart['lost']} lost, {restart['doubled']} doubled",
        columns=["server", "sockets", "KB per socket", "accepts per second", "CPU ms each"],
        rows=[*(one.row("echo") for one in bare), *(one.row("ours") for one in ours)],
        figures=figures,
        ratios={
            "socket_memory_ratio": round(ours[-1].kilobytes / bare[-1].kilobytes, 2),
            "accept_ratio": round(ours[-1].accepts / bare[-1].accepts, 2),
        },
    )


def _measure_server(name: str, seats: Sequence[Seat], idle: float) -> SocketCost:
    port = servers.free_port()
    serving = people.run_our_web(port) if name == "ours" else people.run_rival(name, port)
    door = people.ENDPOINT if name == "ours" else people.RIVAL_ENDPOINT
    with serving as server:
        with websocket_clients.run_sockets(port, door, seats[:WARM_UP]) as ask:
            ask("enter")
        time.sleep(2)  # until the last of them is cleaned up
        empty = people.memory_kb(server)
        with websocket_clients.run_sockets(port, door, seats) as ask:
            before = people.cpu_seconds(server)
            seconds = ask("enter")
            spent = people.cpu_seconds(server) - before
            time.sleep(idle)
            _check_counts(ask, live=len(seats))
            full = people.memory_kb(server)
    number = len(seats)
    return SocketCost(number, (full - empty) / number, number / seconds, 1000 * spent / number)


def _check_counts(ask: Ask, **wanted: int) -> None:
    seen = ask("seen")
    if any(seen[name] != number for name, number in wanted.items()):
        raise RuntimeError(f"not as expected ({wanted}): {seen}")


def _measure_restart(seats: Sequence[Seat]) -> dict[str, Any]:
    """The server is told to end while everybody listens, and another one comes in its place."""
    port = servers.free_port()
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(people.run_our_web(port))
        ask = stack.enter_context(websocket_clients.run_sockets(port, people.ENDPOINT, seats))
        ask("enter")
        began = time.perf_counter()
        server.terminate()
        telling = threading.Thread(target=_write_events, args=([seat.user for seat in seats],))
        telling.start()
        psutil.wait_procs([server], timeout=30)
        stack.enter_context(people.run_our_web(port))
        seconds = ask("all_live") - began
        telling.join()
        return _read_outcome(ask, len(seats) * EVENTS_EACH, EVENTS_EACH) | {"seconds": seconds}


def _write_events(users: Sequence[int]) -> None:
    """Write events for every user while no socket is connected."""
    from django.db import connection

    from realtime import streams

    for number in range(EVENTS_EACH):
        for start in range(0, len(users), BATCH):
            with streams.unit() as unit:
                for user in users[start : start + BATCH]:
                    unit.event(user_id=user, type="key_update", data=people.key_event_data(number))
    connection.close()


def _read_outcome(ask: Ask, expected: int, each: int) -> dict[str, Any]:
    """Count events that a live client did not receive as lost."""
    ask("delays", {}, expected, 10.0)
    seen = ask("seen")
    return {
        "heard": seen["heard"],
        "lost": seen["lost"] + sum(each - seq for seq in seen["behind"]),
        "doubled": seen["doubled"],
        "resets": seen["resets"],
    }
