#!/usr/bin/env python3
"""Stands on loopback before a real API server, passes everything on, and tampers with
port-forwards: what faults.sh tries the runner's patience with.

  tampering_proxy.py KUBECONFIG CERTIFICATE KEY POD

The kubeconfig's client certificate is used upstream, whoever asks. The first part of a
request's path names the fault, so that one proxy serves all of them at once:

  https://127.0.0.1:PORT/FAULT/api/v1/…

Only forwards to POD suffer it. There are three kinds of fault: those of UPGRADES meddle
with the bytes of the connection, those of MESSAGES speak WebSocket and then something
odd, those of ANSWERS carry a correct forward, behind which an odd etcd answers. Prints
the port on which it listens, and ends with its standard input.
"""

import base64
import functools
import hashlib
import http.client
import http.server
import json
import os
import re
import socket
import socketserver
import ssl
import struct
import sys
import threading
import time

from plain_end import plain_end_of
from upstream import upstream_of

MEBIBYTE = 1 << 20
ETCD_PORT = 2379
DATA, ERROR = b"\0", b"\1"  # channels of v4.channel.k8s.io


# What happens to the bytes: each is given the handler, whose request was read.


def cut_after(size, handler):
    """The real answer, of which only so many bytes come through after the upgrade."""
    upstream = handler.server.dial()
    head = f"{handler.command} {handler.path} HTTP/1.1\r\n"
    upstream.sendall((head + "".join(f"{name}: {value}\r\n" for name, value in handler.upstream_headers()) + "\r\n").encode())
    reader = upstream.makefile("rb")
    while (line := reader.readline()) not in (b"\r\n", b""):
        handler.wfile.write(line)
    handler.wfile.write(b"\r\n")

    def carry_up():
        try:
            while piece := handler.connection.recv(65536):
                upstream.sendall(piece)
        finally:
            upstream.shutdown(socket.SHUT_RDWR)

    start(carry_up)
    with upstream, reader:
        while size > 0 and (piece := reader.read1(min(size, 65536))):
            handler.wfile.write(piece)
            size -= len(piece)


def no_websocket(handler):
    handler.wfile.write(os.urandom(MEBIBYTE))


def endless_headers(handler):
    handler.wfile.write(b"HTTP/1.1 101 Switching Protocols\r\n")
    while True:
        handler.wfile.write(b"X-More: " + b"x" * 8000 + b"\r\n")


def no_upgrade_at_all(handler):
    handler.connection.recv(1)  # waits until the other side gives up


def refuse(status, handler):
    """As the API server does."""
    body = json.dumps({"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": status, "message": "Unauthorized"})
    handler.wfile.write(f"HTTP/1.1 {status} No\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode())


def endless_refusal(handler):
    handler.wfile.write(b"HTTP/1.1 500 No\r\n\r\n")
    while True:
        handler.wfile.write(b"no " * 20000)


UPGRADES = {
    "cut": functools.partial(cut_after, 200),
    "cut-later": functools.partial(cut_after, 6000),
    "no-websocket": no_websocket,
    "endless-headers": endless_headers,
    "silence": no_upgrade_at_all,
    "unauthorized": functools.partial(refuse, 401),
    "endless-refusal": endless_refusal,
}


class WebSocket:
    """The server's side of one, after the upgrade."""

    def __init__(self, handler):
        self.reader, self.writer = handler.rfile, handler.wfile
        accept = handler.headers["Sec-WebSocket-Key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
        self.writer.write(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Protocol: v4.channel.k8s.io\r\nSec-WebSocket-Accept: "
            + base64.b64encode(hashlib.sha1(accept.encode()).digest()) + b"\r\n\r\n")

    def send(self, message):
        size = len(message)
        length = bytes([size]) if size < 126 else b"\x7e" + struct.pack(">H", size) if size < 65536 else b"\x7f" + struct.pack(">Q", size)
        self.writer.write(b"\x82" + length + message)

    def receive(self):
        """The next message; None at the end."""
        head = self.reader.read(2)
        if len(head) < 2 or head[0] & 0x0F == 8:
            return None
        size = head[1] & 0x7F
        if size >= 126:
            size = int.from_bytes(self.reader.read(2 if size == 126 else 8), "big")
        mask = self.reader.read(4)
        return bytes(byte ^ mask[index % 4] for index, byte in enumerate(self.reader.read(size)))


# What comes by WebSocket, after the ports: each is given it.


def send_endless_errors(web_socket):
    while True:
        web_socket.send(DATA)


MESSAGES = {
    "long-message": lambda web_socket: web_socket.send(DATA + bytes(10 * MEBIBYTE)),
    "wrong-channel": lambda web_socket: web_socket.send(b"\7what is this?"),
    "no-frames": lambda web_socket: web_socket.writer.write(os.urandom(10 * MEBIBYTE)),
    "kubelet-error": lambda web_socket: web_socket.send(ERROR + b"lost \x1b[31mthe container\n::error::x" + b"!" * 100000),
    "closed": lambda web_socket: web_socket.writer.write(b"\x88\x02\x03\xe8"),
    "empty-messages": send_endless_errors,
}


# What an odd etcd answers: each is given the request's handler.


def answer(handler, body, length=None):
    handler.wfile.write(f"HTTP/1.1 200 OK\r\nContent-Length: {len(body) if length is None else length}\r\n\r\n".encode() + body)


def answer_without_end(piece, pause, handler):
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        handler.wfile.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
        time.sleep(pause)


def headers_without_end(handler):
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
    while True:
        handler.wfile.write(b"X-More: " + b"x" * 8000 + b"\r\n")


def only_metrics(body, handler):
    """All but /metrics is the real one's answer."""
    if handler.path == "/metrics":
        answer(handler, body)
        return
    connection = http.client.HTTPConnection(handler.pod_address, ETCD_PORT)
    connection.request(handler.command, handler.path, handler.body, {"Content-Type": "application/json"})
    answer(handler, connection.getresponse().read())


ANSWERS = {
    "endless": functools.partial(answer_without_end, b"x" * 65536, 0),
    "drips": functools.partial(answer_without_end, b" ", 0.2),
    "ten-megabytes": lambda handler: answer(handler, os.urandom(10 * MEBIBYTE)),
    "garbage": lambda handler: answer(handler, b"\x1b[2J\xff\xfe::error::x" + os.urandom(3 * MEBIBYTE)),
    "no-http": lambda handler: handler.wfile.write(os.urandom(10 * MEBIBYTE)),
    "deep-json": lambda handler: answer(handler, b'{"header":' + b"[" * MEBIBYTE),
    "wrong-json": lambda handler: answer(handler, b'{"header":{"cluster_id":"-1"}}'),
    "half": lambda handler: answer(handler, b'{"header":', 100),
    "etcd-endless-headers": headers_without_end,
    "garbage-metrics": functools.partial(only_metrics, b"etcd_server_has_leader \xff\xfe{{{\n" * 100000),
    "long-metrics": functools.partial(only_metrics, b"a_metric 1\n" * MEBIBYTE),
}


class OddEtcd(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        self.body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        ANSWERS[self.fault](self)

    do_GET = do_POST

    def log_message(self, *_):
        pass


def forward_to_odd_etcd(fault, web_socket, handler):
    pod = json.loads(handler.ask_upstream("GET", handler.path.split("/portforward")[0])[1])
    ours, its = socket.socketpair()

    def carry_up():
        while (message := web_socket.receive()) is not None:
            if message[:1] == DATA:
                ours.sendall(message[1:])
        ours.close()

    def carry_down():
        while piece := ours.recv(32768):
            web_socket.send(DATA + piece)

    start(carry_up)
    start(carry_down)
    with its:
        type("OddEtcdOf", (OddEtcd,), {"fault": fault, "pod_address": pod["status"]["podIP"]})(its, "forward", handler.server)


class ApiServer(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 60

    def upstream_headers(self):
        kept = [(name, value) for name, value in self.headers.items() if name.lower() not in ("host", "authorization")]
        return [("Host", self.server.upstream), *kept]

    def do_GET(self):
        _, fault, self.path = self.path.split("/", 2)
        self.path = "/" + self.path
        if not re.search(f"/pods/{self.server.pod}/portforward", self.path):
            if "Upgrade" in self.headers:
                self.close_connection = True
                cut_after(sys.maxsize, self)
            else:
                self.pass_on()
            return
        self.close_connection = True
        if fault == "none":
            cut_after(sys.maxsize, self)
            return
        if fault in UPGRADES:
            UPGRADES[fault](self)
            return
        web_socket = WebSocket(self)
        for channel in (DATA, ERROR):
            web_socket.send(channel + struct.pack("<H", ETCD_PORT))
        if fault in MESSAGES:
            MESSAGES[fault](web_socket)
            web_socket.receive()
            web_socket.receive()
        else:
            forward_to_odd_etcd(fault, web_socket, self)

    do_POST = do_GET

    def ask_upstream(self, method, path, body=None):
        connection = http.client.HTTPSConnection(self.server.upstream, context=self.server.upstream_tls)
        plain = [(name, value) for name, value in self.upstream_headers() if name not in ("Connection", "Upgrade")]
        connection.request(method, path, body, dict(plain))
        response = connection.getresponse()
        return response, response.read()

    def pass_on(self):
        response, body = self.ask_upstream(
            self.command, self.path, self.rfile.read(int(self.headers.get("Content-Length", 0))))
        self.send_response(response.status)
        self.send_header("Content-Type", response.headers.get("Content-Type", ""))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Proxy(socketserver.ThreadingTCPServer):  # an HTTPServer would ask DNS for its own name
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, kubeconfig, certificate, key, pod):
        self.pod = pod
        self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.tls.load_cert_chain(certificate, key)
        self.upstream, self.upstream_tls = upstream_of(kubeconfig)
        super().__init__(("127.0.0.1", 0), ApiServer)

    def finish_request(self, request, client_address):
        # In the connection's own thread: a handshake that hangs holds up nobody else.
        with plain_end_of(self.tls.wrap_socket(request, server_side=True)) as connection:
            try:
                super().finish_request(connection, client_address)
            finally:
                connection.shutdown(socket.SHUT_RDWR)  # even if another thread still reads from it

    def handle_error(self, *_):
        if not isinstance(sys.exc_info()[1], OSError):  # then the other side gave up, as it should
            super().handle_error(*_)

    def dial(self):
        host, port = self.upstream.rsplit(":", 1)
        return plain_end_of(self.upstream_tls.wrap_socket(socket.create_connection((host, int(port))), server_hostname=host))


def start(work):
    def quietly():
        try:
            work()
        except OSError:
            pass  # one side is gone, and the other learns it from its own end

    threading.Thread(target=quietly, daemon=True).start()


def main():
    proxy = Proxy(*sys.argv[1:])
    start(proxy.serve_forever)
    print(proxy.server_address[1], flush=True)
    sys.stdin.read()


main()
