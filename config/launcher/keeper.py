"""Keep parts alive in one terminal: joined output, restarts after a crash, an ordered end."""

import itertools
import subprocess
import threading
import time
from collections import deque
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final, TextIO

from config.launcher import parts
from config.launcher.liveness import LifeWatch
from config.launcher.parts import Part, PartError

FIRST_WAIT, LONGEST_WAIT = 1.0, 30.0
HEALTHY_SECONDS = 60.0  # a crash after a longer life waits as briefly as the first one
OURS = "fillwatch"
COLOURS: Final = (36, 33, 32, 35, 34, 31)  # ANSI: cyan, yellow, green, magenta, blue, red


class Terminal:
    """Write the lines of many threads to one terminal; a closed terminal stops nobody."""

    def __init__(self, output: TextIO) -> None:
        self._output = output
        self._lock = threading.Lock()
        self._colours = itertools.cycle(COLOURS if output.isatty() else [0])

    def next_colour(self) -> int:
        return next(self._colours)

    def print_line(self, line: str, name: str = OURS, colour: int = 0) -> None:
        clock = datetime.now().astimezone().strftime("%H:%M:%S")  # local, as a person here reads it
        start = f"{clock} {name:<{len(OURS)}} | "
        start = f"\033[{colour}m{start}\033[0m" if colour else start
        with self._lock:
            try:
                self._output.write(f"{start}{line}\n")
                self._output.flush()
            except (OSError, ValueError):
                return


class PartThread(threading.Thread):
    """Start one part, read its output, and start it again until told to stop.

    The thread lives as long as its process: the kernel ends a process with the thread that made it.
    """

    def __init__(self, part: Part, terminal: Terminal, *, once: bool = False) -> None:
        super().__init__(name=part.name, daemon=True)
        self.part = part
        self.deaths = 0
        self.last_lines: deque[str] = deque(maxlen=parts.LAST_LINES)
        self.returncode: int | None = None
        self._once = once
        self._terminal = terminal
        self._colour = terminal.next_colour()
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None

    def run(self) -> None:
        wait = FIRST_WAIT
        while not self._stopping.is_set():
            started = time.monotonic()
            self._run_process()
            if self._once or self._stopping.is_set():
                return
            self.deaths += 1
            wait = FIRST_WAIT if time.monotonic() - started > HEALTHY_SECONDS else wait
            self._terminal.print_line(f"{self.describe_end()} Starting it again in {wait:g} s.")
            self._stopping.wait(wait)
            wait = min(wait * 2, LONGEST_WAIT)

    def describe_end(self) -> str:
        last = " | ".join(self.last_lines) or "nothing"
        if self.returncode is None:
            return f"{self.part.name} cannot start: {last}"
        return f"{self.part.name} ended (exit code {self.returncode}). Its last lines: {last}."

    def stop(self) -> None:
        with self._lock:
            self._stopping.set()
            process = self._process
        if process is not None:
            parts.stop_process(process, self.part)

    def find_pid(self) -> int | None:
        """Return the running process's id, None while there is none."""
        process = self._process
        return process.pid if process is not None and process.returncode is None else None

    def kill_process(self) -> None:
        if (pid := self.find_pid()) is not None:
            parts.kill_family(pid)

    def _run_process(self) -> None:
        self.last_lines.clear()
        self.returncode = None
        try:
            with self._lock:
                if self._stopping.is_set():
                    return
                self._process = self.part.start(stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        except (PartError, OSError) as error:
            self.last_lines.append(str(error))
            return
        with self._process as process:
            for line in process.stdout or ():
                self._read_line(line.decode(errors="replace").rstrip())
        self.returncode = process.returncode

    def _read_line(self, line: str) -> None:
        self.last_lines.append(line.strip())
        if not self.part.quiet:
            self._terminal.print_line(line, self.part.name, self._colour)


class Keeper:
    def __init__(self, terminal: Terminal, *, patience: float) -> None:
        self._terminal = terminal
        self._threads: list[PartThread] = []
        self.stopping = threading.Event()
        self._watch = LifeWatch(patience, terminal.print_line, self.stopping)
        self._watch.start()

    def start_part(self, part: Part, *, once: bool = False) -> PartThread:
        thread = PartThread(part, self._terminal, once=once)
        self._threads.append(thread)
        thread.start()
        if not once:
            self._watch.add_part(thread)
        return thread

    def wait_ready(self, thread: PartThread, timeout: float = 60) -> None:
        deadline = time.monotonic() + timeout
        while not thread.part.ready():
            if self.stopping.is_set():
                raise KeyboardInterrupt
            if thread.deaths:
                raise PartError(thread.describe_end())
            if time.monotonic() > deadline:
                raise PartError(f"{thread.part.name} is not ready after {timeout:g} s.")
            time.sleep(0.02)

    def wait_done(self, thread: PartThread) -> int | None:
        while thread.is_alive():
            if self.stopping.is_set():
                raise KeyboardInterrupt
            thread.join(0.1)
        return thread.returncode

    def stop_all(self, order: Sequence[Iterable[str]]) -> None:
        """Stop the parts of each group together, one group after the other; unnamed parts first."""
        named = {name for group in order for name in group}
        self._stop_group([thread for thread in self._threads if thread.part.name not in named])
        for group in order:
            self._stop_group([thread for thread in self._threads if thread.part.name in set(group)])

    def _stop_group(self, group: list[PartThread]) -> None:
        stoppers = [threading.Thread(target=thread.stop) for thread in group]
        for stopper in stoppers:
            stopper.start()
        for thread in [*stoppers, *group]:
            thread.join()
