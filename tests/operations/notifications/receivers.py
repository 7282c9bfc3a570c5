"""Local servers that receive notifications: by HTTP, and by SMTP."""

import json
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = tuple[int, dict[str, str], bytes]
TAKEN: Answer = (200, {}, b"{}")


@dataclass(frozen=True)
class Received:
    """A request as it came."""

    path: str
    headers: dict[str, str]
    body: bytes

    def read_json(self) -> Any:
        return json.loads(self.body)


@dataclass
class HttpReceiver:
    """An HTTP server that keeps what it receives, and answers as `answer` says."""

    url: str = ""
    received: list[Received] = field(default_factory=list)
    answer: Callable[[Received], Answer] = lambda _: TAKEN

    def answer_with(self, status: int, headers: dict[str, str] | None = None) -> None:
        self.answer = lambda _: (status, headers or {}, b"{}")

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])


@contextmanager
def receive_http() -> Iterator[HttpReceiver]:
    receiver = HttpReceiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            request = Received(self.path, headers, body)
            receiver.received.append(request)
            status, extra, content = receiver.answer(request)
            try:
                self.send_response(status)
                for name, value in extra.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)
            except OSError:
                self.close_connection = True  # the sender is gone: it was killed, or gave up

        do_GET = do_POST

        def log_message(self, *_: Any) -> None: ...

    with run_server(ThreadingHTTPServer(("127.0.0.1", 0), Handler)) as port:
        receiver.url = f"http://127.0.0.1:{port}"
        yield receiver


@contextmanager
def receive_mail() -> Iterator[tuple[int, list[str]]]:
    """An SMTP server; yields its port and the mails that come."""
    mails: list[str] = []

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.say("220 here")
            while line := self.rfile.readline().decode().strip().upper():
                if line.startswith("DATA"):
                    self.say("354 go on")
                    lines = iter(self.rfile.readline, b".\r\n")
                    mails.append(b"".join(lines).decode())
                    self.say("250 taken")
                elif line.startswith("QUIT"):
                    return self.say("221 bye")
                else:
                    self.say("250 well")

        def say(self, text: str) -> None:
            self.wfile.write(f"{text}\r\n".encode())

    with run_server(socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)) as port:
        yield port, mails


@contextmanager
def run_server(server: socketserver.BaseServer) -> Iterator[int]:
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield int(server.server_address[1])  # type: ignore[index]  # of TCP: host, port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
