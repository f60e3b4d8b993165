"""An HTTP server on 127.0.0.1 whose state outlives its death, and that fails when told to."""
from __future__ import annotations

import http.server
import json
import socket
import socketserver
import struct
import threading
import time
from collections.abc import Callable


class Reply:
    """An answer: a status and a document, or text of another kind."""

    def __init__(self, status: int, document: object = None, text: str | None = None) -> None:
        self.status = status
        self.kind = "application/json" if text is None else "text/plain"
        self.body = b"" if status == 204 else ((json.dumps(document) if text is None else text) + "\n").encode()


class Fault:
    """How one request goes wrong: answered with a status instead, died at, answered late; `after` the request was done."""

    def __init__(self, status: int = 0, text: str = "", dies: bool = False, after: bool = False, slow: float = 0) -> None:
        self.status, self.text, self.dies, self.after, self.slow = status, text, dies, after, slow


class Request:
    def __init__(self, method: str, path: str, headers: dict[str, str], body: bytes) -> None:
        self.method, self.headers, self.body = method, headers, body
        self.path, _, self.query = path.partition("?")


class Peer:
    """Answers one request after the other by `answer`, which a subclass writes."""

    def __init__(self) -> None:
        self.guard = threading.RLock()
        #: Asked before each request; None: nothing goes wrong.
        self.fault: Callable[[Request], Fault | None] = lambda _: None
        self.requests = 0
        self.port = 0
        self._server: _Server | None = None
        self.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def answer(self, request: Request) -> Reply:
        raise NotImplementedError

    def start(self) -> None:
        """Listens; again on the same port, where it did before."""
        if self._server is None:
            self._server = _Server(self, self.port)
            self.port = self._server.server_address[1]
            threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def stop(self) -> None:
        """Dies: nobody listens, and every connection is reset. The state stays."""
        server, self._server = self._server, None
        if server:
            server.shutdown()
            server.server_close()
            server.reset()

    def __enter__(self) -> Peer:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


class _Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, peer: Peer, port: int) -> None:
        self.peer = peer
        self.open: set[socket.socket] = set()
        super().__init__(("127.0.0.1", port), _Handler)

    def server_bind(self) -> None:
        # HTTPServer's own asks for the host's name, which can take long.
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = "127.0.0.1", self.server_address[1]

    def reset(self) -> None:
        for connection in list(self.open):
            reset(connection)

    def handle_error(self, *_: object) -> None:
        """Who hangs up is no error here."""


def reset(connection: socket.socket) -> None:
    """Closes a connection so that the other side sees a reset, not an end."""
    try:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.shutdown(socket.SHUT_RD)
        connection.close()
    except OSError:
        pass


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server
    timeout = 60

    def setup(self) -> None:
        self.server.open.add(self.request)
        super().setup()

    def finish(self) -> None:
        self.server.open.discard(self.request)
        try:
            super().finish()
        except OSError:
            pass

    def respond(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        request = Request(self.command, self.path, {k.lower(): v for k, v in self.headers.items()}, body)
        peer = self.server.peer
        with peer.guard:
            peer.requests += 1
            fault = peer.fault(request)
            reply = peer.answer(request) if fault is None or fault.after or not (fault.dies or fault.status) else None
        if fault and fault.slow:
            time.sleep(fault.slow)
        if fault and fault.status:
            reply = Reply(fault.status, {"error": fault.text})
        head = f"HTTP/1.1 {(reply or Reply(200)).status} Answer\r\n"
        if reply:
            head += f"Content-Type: {reply.kind}\r\n" if reply.status != 204 else ""
            head += "" if reply.status == 204 else f"Content-Length: {len(reply.body)}\r\n"
        if fault and fault.dies:
            # In mid answer: half of the header.
            self.wfile.write(head.encode()[: len(head) // 2] if fault.after else b"")
            reset(self.connection)
            self.close_connection = True
            return
        self.wfile.write(head.encode() + b"\r\n" + (reply.body if reply else b""))

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = respond

    def log_message(self, *_: object) -> None:
        """Says nothing."""
