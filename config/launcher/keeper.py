"""Keeps parts alive in one terminal: joined output, restarts after a crash, an ordered end."""

import subprocess
import threading
import time
from collections import deque
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TextIO

from honcho.colour import get_colours
from honcho.printer import Message, Printer

from config.launcher import parts
from config.launcher.parts import Part, PartError

FIRST_WAIT, LONGEST_WAIT = 1.0, 30.0
HEALTHY_SECONDS = 60.0  # after so long a life a crash counts as the first again
OURS = "fillwatch"


class Terminal:
    """Many threads, one terminal; one that has been closed is no reason to fall."""

    def __init__(self, output: TextIO) -> None:
        self._printer = Printer(output, width=len(OURS))
        self._lock = threading.Lock()
        self._colours = get_colours()

    def colour(self) -> str:
        return str(next(self._colours))

    def say(self, words: str | bytes, name: str = OURS, colour: str | None = None) -> None:
        # honcho shows local wall time, as a person at this terminal reads it
        message = Message("line", words, datetime.now().astimezone(), name, colour)
        with self._lock:
            try:
                self._printer.write(message)
            except (OSError, ValueError):
                return


class Kept(threading.Thread):
    """One part: started, listened to, and started again until told to end.

    The thread lives as long as its process, which the kernel ends with the thread that made it.
    """

    def __init__(self, part: Part, terminal: Terminal, *, once: bool = False) -> None:
        super().__init__(name=part.name, daemon=True)
        self.part = part
        self.deaths = 0
        self.last_words: deque[str] = deque(maxlen=parts.LAST_WORDS)
        self.returncode: int | None = None
        self._once = once
        self._terminal = terminal
        self._colour = terminal.colour()
        self._ending = threading.Event()
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None

    def run(self) -> None:
        wait = FIRST_WAIT
        while not self._ending.is_set():
            born = time.monotonic()
            self._live()
            if self._once or self._ending.is_set():
                return
            self.deaths += 1
            wait = FIRST_WAIT if time.monotonic() - born > HEALTHY_SECONDS else wait
            self._terminal.say(f"{self.obituary()} Starting it again in {wait:g} s.")
            self._ending.wait(wait)
            wait = min(wait * 2, LONGEST_WAIT)

    def obituary(self) -> str:
        last = " | ".join(self.last_words) or "nothing"
        if self.returncode is None:
            return f"{self.part.name} cannot start: {last}"
        return f"{self.part.name} ended (exit code {self.returncode}). Its last words: {last}."

    def end(self) -> None:
        with self._lock:
            self._ending.set()
            process = self._process
        if process is not None:
            parts.stop(process, self.part)

    def _live(self) -> None:
        self.last_words.clear()
        self.returncode = None
        try:
            with self._lock:
                if self._ending.is_set():
                    return
                self._process = self.part.start(stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        except (PartError, OSError) as error:
            self.last_words.append(str(error))
            return
        with self._process as process:
            for line in process.stdout or ():
                self._hear(line)
        self.returncode = process.returncode

    def _hear(self, line: bytes) -> None:
        self.last_words.append(line.decode(errors="replace").strip())
        if not self.part.quiet:
            self._terminal.say(line, self.part.name, self._colour)


class Keeper:
    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self._kept: list[Kept] = []
        self.stopping = threading.Event()

    def start(self, part: Part, *, once: bool = False) -> Kept:
        kept = Kept(part, self._terminal, once=once)
        self._kept.append(kept)
        kept.start()
        return kept

    def wait_ready(self, kept: Kept, timeout: float = 60) -> None:
        deadline = time.monotonic() + timeout
        while not kept.part.ready():
            if self.stopping.is_set():
                raise KeyboardInterrupt
            if kept.deaths:
                raise PartError(kept.obituary())
            if time.monotonic() > deadline:
                raise PartError(f"{kept.part.name} is not ready after {timeout:g} s.")
            time.sleep(0.02)

    def wait_done(self, kept: Kept) -> int | None:
        while kept.is_alive():
            if self.stopping.is_set():
                raise KeyboardInterrupt
            kept.join(0.1)
        return kept.returncode

    def end(self, order: Sequence[Iterable[str]]) -> None:
        """End the parts named together at once, one group after the other; the rest comes first."""
        named = {name for group in order for name in group}
        self._end([kept for kept in self._kept if kept.part.name not in named])
        for group in order:
            self._end([kept for kept in self._kept if kept.part.name in set(group)])

    def _end(self, group: list[Kept]) -> None:
        enders = [threading.Thread(target=kept.end) for kept in group]
        for ender in enders:
            ender.start()
        for thread in [*enders, *group]:
            thread.join()
