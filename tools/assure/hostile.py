"""Servers that mean harm: each way of answering is a function of a connection whose request was read."""
from __future__ import annotations

import json
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path

#: More than this nobody sends on one connection, lest a program without limits take the machine with it.
MOST = 600 << 20
JSON = b"Content-Type: application/json\r\n"


class Hostile:
    """Listens on 127.0.0.1 and answers every request in one way; `received` is all that it was ever sent."""

    def __init__(self, way: Callable[[Hostile, socket.socket, bytes], None], context: ssl.SSLContext | None = None) -> None:
        self.way, self.context = way, context
        self.received = bytearray()
        self.connections = 0
        #: Where redirects lead: another server.
        self.elsewhere = ""
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.socket.getsockname()[1]
        self.over = threading.Event()
        threading.Thread(target=self.serve, daemon=True).start()

    @property
    def url(self) -> str:
        return f"{'https' if self.context else 'http'}://127.0.0.1:{self.port}"

    def serve(self) -> None:
        while not self.over.is_set():
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self.talk, args=(connection,), daemon=True).start()

    def talk(self, connection: socket.socket) -> None:
        try:
            connection.settimeout(100)
            if self.context:
                connection = self.context.wrap_socket(connection, server_side=True)
            while not self.over.is_set():
                request = self.read(connection)
                if not request:
                    break
                self.way(self, connection, request)
        except (OSError, ValueError):
            pass
        finally:
            connection.close()

    def read(self, connection: socket.socket) -> bytes:
        """A request's head and body."""
        data = b""
        while b"\r\n\r\n" not in data:
            part = connection.recv(65536)
            self.received += part
            if not part:
                return b""
            data += part
        head, _, body = data.partition(b"\r\n\r\n")
        for line in head.split(b"\r\n"):
            if line.lower().startswith(b"content-length:"):
                while len(body) < int(line.split(b":")[1]):
                    part = connection.recv(65536)
                    self.received += part
                    body += part
                    if not part:
                        return b""
        return head + b"\r\n\r\n" + body

    def stop(self) -> None:
        self.over.set()
        self.socket.close()


def whole(connection: socket.socket, status: int, body: bytes, headers: bytes = JSON) -> None:
    head = b"HTTP/1.1 %d Answer\r\n%sContent-Length: %d\r\n\r\n" % (status, headers, len(body))
    connection.sendall(head + body)


def endless(connection: socket.socket, part: bytes, most: int = MOST) -> None:
    for _ in range(most // len(part)):
        connection.sendall(part)
    time.sleep(60)


def drip(server: Hostile, connection: socket.socket, data: bytes) -> None:
    """A byte, and a while later another."""
    for byte in data * 1000:
        if server.over.wait(0.2):
            return
        connection.sendall(bytes([byte]))


CONNECTION = {
    "id": "linear", "name": "linear", "protocol": "http", "base_url": "https://api.linear.app", "auth_mode": "bearer",
    "auth_header_name": "Authorization", "auth_prefix": "Bearer ", "auth_secret_key": "access_token",
    "credential_keys": ["access_token"], "status": "active", "secret_version": 1,
    "created_at": "2026-03-01T10:00:00Z", "updated_at": "2026-03-01T10:00:00Z",
    "last_tested_at": "0001-01-01T00:00:00Z", "last_rotated_at": "0001-01-01T00:00:00Z",
}
#: A line end, a header of its own, an escape that a terminal obeys, and a zero.
POISON = "x\r\nX-Injected: yes\r\n\r\n\x1b[2J\x1b]0;owned\x07\x00"
WRONG = [None, 7, -1, 1e308, True, [], {}, "", POISON, [POISON], "\ud800", 2**70]


def wrong_types() -> list[bytes]:
    """Connections in which one member is not what it should be."""
    found = [json.dumps({**CONNECTION, name: value}).encode() for name in CONNECTION for value in WRONG]
    found += [json.dumps(value).encode() for value in WRONG]
    return found + [b"1e999999", b'{"id":"linear"' * 2, b'{"a":1,"a":2}', b'"\xff\xfe"', b"NaN", b"\xef\xbb\xbf{}"]


def body(status: int, content: bytes, headers: bytes = JSON):
    return lambda server, connection, request: whole(connection, status, content, headers)


def bytes_only(data: bytes, hold: bool = False):
    def way(server: Hostile, connection: socket.socket, request: bytes) -> None:
        connection.sendall(data)
        if hold:
            server.over.wait(60)
        connection.close()
    return way


def redirect(status: int, place: str):
    def way(server: Hostile, connection: socket.socket, request: bytes) -> None:
        target = place or server.elsewhere + request.split(b" ")[1].decode()
        whole(connection, status, b"", b"Location: " + target.encode() + b"\r\n")
    return way


def echo(server: Hostile, connection: socket.socket, request: bytes) -> None:
    """Everything of the request in every member: secrets too."""
    quote = request.decode(errors="replace")
    whole(connection, 400, json.dumps({"error": quote, "code": quote, "request_id": quote, "docs_url": quote}).encode())


def echo_as_success(server: Hostile, connection: socket.socket, request: bytes) -> None:
    quote = request.decode(errors="replace")
    whole(connection, 200, json.dumps({**{name: quote for name in CONNECTION}, "id": "linear"}).encode())


OK = b"HTTP/1.1 200 OK\r\n"
#: Ways that are over at once.
QUICK: dict[str, Callable] = {
    "endless body": lambda s, c, r: (c.sendall(OK + JSON + b"\r\n"), endless(c, b"x" * 65536)),
    "endless body in chunks": lambda s, c, r: (
        c.sendall(OK + JSON + b"Transfer-Encoding: chunked\r\n\r\n"), endless(c, b"10000\r\n" + b"x" * 65536 + b"\r\n")),
    "endless headers": lambda s, c, r: (c.sendall(OK), endless(c, b"X-Filler: " + b"a" * 1000 + b"\r\n")),
    "one endless header": lambda s, c, r: (c.sendall(OK + b"X-Filler: "), endless(c, b"a" * 65536)),
    "endless trailers": lambda s, c, r: (
        c.sendall(OK + JSON + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n"), endless(c, b"X-T: " + b"a" * 1000 + b"\r\n")),
    "a body of a gigabyte, said to be": bytes_only(OK + JSON + b"Content-Length: 1073741824\r\n\r\n{"),
    "a negative length": bytes_only(OK + JSON + b"Content-Length: -1\r\n\r\n{}"),
    "two lengths": bytes_only(OK + JSON + b"Content-Length: 2\r\nContent-Length: 900\r\n\r\n{}"),
    "length and chunks": bytes_only(OK + JSON + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}"),
    "a chunk of 2^63": bytes_only(OK + JSON + b"Transfer-Encoding: chunked\r\n\r\n8000000000000000\r\n{}"),
    "packed a thousandfold": body(200, b"\x1f\x8b\x08" + bytes(100000), JSON + b"Content-Encoding: gzip\r\n"),
    "deep lists": body(200, b"[" * 2_000_000),
    "deep objects": body(200, b'{"a":' * 600_000),
    "deep, and closed": body(200, b"[" * 900_000 + b"]" * 900_000),
    "a number of a million digits": body(200, b'{"id":"linear","secret_version":' + b"9" * 1_000_000 + b"}"),
    "a name of 3 MiB": body(200, json.dumps({**CONNECTION, "name": "n" * (3 << 20)}).encode()),
    "line ends in headers": bytes_only(OK + JSON + b"X-A: b\rX-C: d\nX-E: f\r\n\r\n{}"),
    "zeros in headers": bytes_only(OK + JSON + b"X-A: \0\r\n\r\n{}"),
    "a status of 999": bytes_only(b"HTTP/1.1 999 \x1b[2J\r\n\r\n"),
    "not HTTP": bytes_only(b"220 mail.example.org ESMTP ready\r\n\r\n"),
    "HTTP/2": bytes_only(b"\0\0\x12\x04\0\0\0\0\0" + bytes(18)),
    "hangs up": lambda s, c, r: c.close(),
    "the request as an error": echo,
    "the request as a success": echo_as_success,
    "line ends in every member": body(200, json.dumps({**{n: POISON for n in CONNECTION}, "id": "linear"}).encode()),
    "line ends in an error": body(400, json.dumps({"error": POISON, "code": POISON}).encode()),
    **{f"redirect {status}": redirect(status, "") for status in (301, 302, 303, 307, 308)},
    "redirect to a file": redirect(307, "file:///etc/passwd"),
    "redirect to nowhere": redirect(307, "http://[::1"),
    "list of wrong things": body(200, json.dumps({"connections": WRONG}).encode()),
}
#: Ways that use up the time that a call may take.
SLOW: dict[str, Callable] = {
    "endless interim answers": lambda s, c, r: endless(c, b"HTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\n" * 1000, 64 << 20),
    "endless status line": lambda s, c, r: (c.sendall(b"HTTP/1.1 200 "), endless(c, b"a" * 65536)),
    "slow body": lambda s, c, r: (c.sendall(OK + JSON + b"\r\n"), drip(s, c, b"{")),
    "slow headers": lambda s, c, r: (c.sendall(OK), drip(s, c, b"X-Filler: aaaaaaaaaa\r\n")),
    "never answers": lambda s, c, r: s.over.wait(100),
    "begins and stops": bytes_only(OK + JSON + b"Content-Length: 100\r\n\r\n{", hold=True),
}


def certificate(folder: Path, name: str) -> ssl.SSLContext:
    """A server with a certificate for that name, that it signed itself; `NAME.pem` is what to trust."""
    key, pem = folder / f"{name}.key", folder / f"{name}.pem"
    kind = "IP" if name[0].isdigit() else "DNS"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", f"/CN={name}", "-addext", f"subjectAltName={kind}:{name}", "-keyout", key, "-out", pem],
        check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem, key)
    return context
