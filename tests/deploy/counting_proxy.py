#!/usr/bin/env python3
"""Stands on loopback before a real API server, passes everything on byte for byte
(watches and port-forwards, too), counts what changes the cluster, and does something odd
at a moment that is told: after a certain write, or when its standard input says so.

  counting_proxy.py KUBECONFIG CERTIFICATE KEY LOG [--at N --do "COMMAND" [--answer kept]]
                    [--pid-file FILE] [--kubernetes VERSION]

The kubeconfig's client certificate is used upstream, whoever asks. Each write that the API
server has answered is a line of LOG: number, method, path, status, who (by User-Agent),
separated by tabs; each command that was carried out is the line "did", command, time.

Writes pass one at a time, so that "after the N-th" is one state of the cluster. With
--answer kept the API server's answer to the N-th does not reach who asked for it.

With --kubernetes the API server says that it is of that version.

Commands, also as lines of standard input:

  signal NAME             sends SIGNAME to the process whose id is in the file of --pid-file;
                          after KILL no other write passes
  refuse SECONDS [MORE]   cuts every connection, and accepts none: the API server is gone; then it forbids everything
                          for MORE seconds, as one that has just begun and has not read the roles yet
  blackhole SECONDS       as if every packet were dropped: connections stay open, and nothing is passed on or
                          answered; new ones are accepted, and stay silent
  answer STATUS SECONDS   cuts every watch, and answers every request so
  drop SECONDS            cuts every watch, again and again after a second
  gone SECONDS            cuts every watch, and answers 410 to each new one
  expired SECONDS         the same, but as an ERROR object in the stream
  expire TOKEN            this bearer token is answered with 401 from now on, and watches are cut

Prints the port on which it listens, and ends with its standard input.
"""

import argparse
import asyncio
import json
import os
import re
import signal
import socket
import ssl
import sys
import threading
import time

from upstream import upstream_of

WRITES = {"POST", "PUT", "PATCH", "DELETE"}
# These are asked by POST, and change nothing.
QUESTION = re.compile(r"^/apis/(authentication|authorization)\.k8s\.io/|/(portforward|exec|attach)$")
REASONS = {403: "Forbidden", 429: "TooManyRequests", 500: "InternalError"}
LONGEST_HEAD = 1 << 20
EMPTY_LINE = b"\r\n\r\n"


class Head:
    """The first lines of a request or of an answer."""

    def __init__(self, raw):
        self.raw = raw
        lines = raw.decode("latin-1").split("\r\n")
        self.first = lines[0].split(" ", 2)
        self.headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:] if line)}

    def has(self, name, word):
        return word in self.headers.get(name, "").lower()


class Request(Head):
    def __init__(self, raw):
        super().__init__(raw)
        self.method = self.first[0]
        self.path, _, self.query = self.first[1].partition("?")
        self.is_watch = re.search(r"(^|&)watch=(true|1)", self.query) is not None
        self.is_write = self.method in WRITES and "dryRun=" not in self.query and not QUESTION.search(self.path)

    def who(self):
        return self.headers.get("user-agent", "?").split("/")[0].lower()


async def pass_chunks(reader, write):
    """A chunked body, as it comes."""
    while True:
        line = await reader.readuntil(b"\r\n")
        size = int(line.split(b";")[0], 16)
        await write(line + await reader.readexactly(size + 2))
        if size == 0:
            return


async def pass_body(request, head, reader, write):
    """The body of an answer. False: it ends with the connection."""
    status = int(head.first[1])
    if request.method == "HEAD" or status < 200 or status in (204, 304):
        return True
    if head.has("transfer-encoding", "chunked"):
        await pass_chunks(reader, write)
        return True
    if "content-length" in head.headers:
        left = int(head.headers["content-length"])
        while left > 0:
            piece = await reader.read(min(left, 65536))
            if not piece:
                raise ConnectionError("the API server ended within an answer")
            await write(piece)
            left -= len(piece)
        return True
    while piece := await reader.read(65536):
        await write(piece)
    return False


async def pass_all(reader, writer, is_open):
    """One way of a connection that was upgraded."""
    while piece := await reader.read(65536):
        await is_open.wait()
        writer.write(piece)
        await writer.drain()


def status_object(code, reason, message):
    return json.dumps({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
                       "message": message, "reason": reason, "code": code}).encode()


def answer_of(code, reason, message, more=""):
    return answer_with(code, reason, status_object(code, reason, message), more)


def answer_with(code, reason, body, more=""):
    head = f"HTTP/1.1 {code} {reason}\r\nContent-Type: application/json\r\n{more}Content-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


class Faults:
    """What is wrong just now."""

    def __init__(self, version):
        self.version = version
        self.status, self.watches = 0, ""
        self.status_until = self.watches_until = 0.0
        self.expired = set()

    def answer_to(self, request):
        """What is answered instead of the API server; None: nothing."""
        if request.headers.get("authorization", "").removeprefix("Bearer ") in self.expired:
            return answer_of(401, "Unauthorized", "Unauthorized")
        if self.version and request.path == "/version":
            return answer_with(200, "OK", json.dumps({"gitVersion": self.version}).encode())
        now = time.monotonic()
        if now < self.status_until:
            more = "Retry-After: 1\r\n" if self.status == 429 else ""
            return answer_of(self.status, REASONS[self.status], "the test wants it so", more)
        if request.is_watch and now < self.watches_until:
            if self.watches == "gone":
                return answer_of(410, "Expired", "too old resource version")
            event = b'{"type":"ERROR","object":' + status_object(410, "Expired", "too old resource version") + b"}\n"
            head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
            return head % len(event) + event
        return None


class Proxy:
    def __init__(self, options):
        self.options = options
        self.upstream, self.upstream_tls = upstream_of(options.kubeconfig)
        self.upstream_tls.set_alpn_protocols(["http/1.1"])
        self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.tls.load_cert_chain(options.certificate, options.key)
        self.tls.set_alpn_protocols(["http/1.1"])
        self.log = open(options.log, "w", encoding="utf-8")
        self.faults = Faults(options.kubernetes)
        self.one_write = asyncio.Lock()
        self.writes = 0
        self.killed = False
        self.clients, self.watching = set(), set()
        self.tasks = set()
        self.port = 0
        self.listener, self.server = None, None
        self.is_open = asyncio.Event()  # nothing passes while it is not set
        self.is_open.set()

    async def listen(self):
        if self.listener is None:
            self.listener = socket.create_server(("127.0.0.1", self.port))
            self.port = self.listener.getsockname()[1]
        # The server closes its own descriptor: the kernel goes on accepting for ours.
        self.server = await asyncio.start_server(self.serve, sock=self.listener.dup(), ssl=self.tls, limit=LONGEST_HEAD)

    def note(self, *columns):
        print(*columns, sep="\t", file=self.log, flush=True)

    # Commands

    def start(self, work):
        task = asyncio.get_running_loop().create_task(work)
        self.tasks.add(task)  # or it might be collected
        task.add_done_callback(self.tasks.discard)

    def cut(self, writers):
        for writer in list(writers):
            writer.transport.abort()

    async def refuse(self, seconds, forbidding):
        self.server.close()
        self.listener.close()
        self.listener = None
        self.cut(self.clients)
        await asyncio.sleep(seconds)
        if forbidding:
            self.faults.status, self.faults.status_until = 403, time.monotonic() + forbidding
        await self.listen()

    async def end_blackhole(self, seconds):
        await asyncio.sleep(seconds)
        await self.listen()
        self.is_open.set()

    async def drop(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.cut(self.watching)
            await asyncio.sleep(1)

    def do(self, command):
        verb, *words = command.split()
        if verb == "signal":
            with open(self.options.pid_file, encoding="utf-8") as file:
                pid = int(file.read())
            self.killed = words[0] == "KILL"
            os.kill(pid, signal.Signals["SIG" + words[0]])
        elif verb == "refuse":
            self.start(self.refuse(float(words[0]), float(words[1]) if len(words) > 1 else 0))
        elif verb == "blackhole":
            self.is_open.clear()
            self.server.close()
            self.start(self.end_blackhole(float(words[0])))
        elif verb == "answer":
            self.faults.status, self.faults.status_until = int(words[0]), time.monotonic() + float(words[1])
            self.cut(self.watching)
        elif verb == "drop":
            self.start(self.drop(float(words[0])))
        elif verb in ("gone", "expired"):
            self.faults.watches, self.faults.watches_until = verb, time.monotonic() + float(words[0])
            self.cut(self.watching)
        elif verb == "expire":
            self.faults.expired.add(words[0])
            self.cut(self.watching)
        else:
            raise ValueError(f"no such command: {command}")
        self.note("did", command, f"{time.time():.3f}")

    # Connections

    async def serve(self, reader, writer):
        self.clients.add(writer)
        there = None
        try:
            there = await asyncio.open_connection(
                *self.upstream.rsplit(":", 1), ssl=self.upstream_tls, limit=LONGEST_HEAD)
            await self.carry(reader, writer, *there)
        except (OSError, asyncio.IncompleteReadError):
            pass  # one side is gone, and the other learns it from its own end
        except asyncio.CancelledError:
            pass  # the proxy ends; asyncio 3.11 would report a cancelled connection as an error of its own
        finally:
            self.clients.discard(writer)
            for each in (writer, there[1] if there else None):
                if each is not None:
                    each.close()

    async def carry(self, reader, writer, there_reader, there_writer):
        begun = b""  # of the next request
        while True:
            request = Request(begun + await reader.readuntil(EMPTY_LINE))
            if "transfer-encoding" in request.headers:
                raise ValueError("a request with a chunked body")
            if request.has("expect", "100-continue"):
                writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            body = await reader.readexactly(int(request.headers.get("content-length", 0)))
            begun = b""
            await self.is_open.wait()
            if (instead := self.faults.answer_to(request)) is not None:
                writer.write(instead)
                await writer.drain()
                continue
            if request.is_write:
                goes_on = await self.carry_write(request, body, writer, there_reader, there_writer)
                if not goes_on:
                    return
                continue
            there_writer.write(self.upstream_head(request) + body)
            if request.has("connection", "upgrade"):
                await self.carry_upgrade(reader, writer, there_reader, there_writer)
                return
            goes_on, begun = await self.carry_answer(request, reader, writer, there_reader)
            if not goes_on:
                return

    def upstream_head(self, request):
        lines = request.raw.decode("latin-1").split("\r\n")
        kept = [line for line in lines[1:] if line and line.split(":")[0].lower() not in ("host", "authorization", "expect")]
        return "\r\n".join([lines[0], f"Host: {self.upstream}", *kept, "", ""]).encode("latin-1")

    async def carry_write(self, request, body, writer, there_reader, there_writer):
        answered = bytearray()

        async def keep(piece):
            answered.extend(piece)

        async with self.one_write:
            if self.killed:
                return False
            there_writer.write(self.upstream_head(request) + body)
            head = Head(await there_reader.readuntil(EMPTY_LINE))
            answered.extend(head.raw)
            goes_on = await pass_body(request, head, there_reader, keep)
            self.writes += 1
            self.note(self.writes, request.method, request.path, head.first[1], request.who())
            is_the_one = self.writes == self.options.at
            if is_the_one and self.options.answer == "kept":
                self.do(self.options.do)
                return False
            await self.is_open.wait()
            writer.write(answered)
            if is_the_one:
                await writer.drain()
                self.do(self.options.do)
            return goes_on

    async def carry_answer(self, request, reader, writer, there_reader):
        """Whether the connection goes on, and what was read of the next request."""

        async def write(piece):
            await self.is_open.wait()
            writer.write(piece)
            await writer.drain()

        async def answer():
            head = Head(await there_reader.readuntil(EMPTY_LINE))
            await write(head.raw)
            return await pass_body(request, head, there_reader, write)

        if request.is_watch:
            self.watching.add(writer)
        passing = asyncio.ensure_future(answer())
        leaving = asyncio.ensure_future(reader.read(1))  # who gives up a watch closes its connection
        try:
            await asyncio.wait({passing, leaving}, return_when=asyncio.FIRST_COMPLETED)
            if not passing.done() and leaving.result() == b"":
                return False, b""
            goes_on = await passing
            return goes_on, leaving.result() if leaving.done() and not leaving.cancelled() else b""
        finally:
            self.watching.discard(writer)
            for task in (passing, leaving):
                task.cancel()
            await asyncio.gather(passing, leaving, return_exceptions=True)

    async def carry_upgrade(self, reader, writer, there_reader, there_writer):
        ways = [asyncio.ensure_future(pass_all(*way, self.is_open)) for way in ((reader, there_writer), (there_reader, writer))]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)


def options_of(arguments):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("kubeconfig", "certificate", "key", "log"):
        parser.add_argument(name)
    parser.add_argument("--at", type=int, default=0, help="the write after which --do is carried out")
    parser.add_argument("--do", default="", help="a command")
    parser.add_argument("--answer", choices=("passed", "kept"), default="passed", help="what becomes of that write's answer")
    parser.add_argument("--pid-file", help="who gets the signal")
    parser.add_argument("--kubernetes", default="", help="the version that the API server says it has")
    return parser.parse_args(arguments)


def on_trouble(loop, context):
    if not isinstance(context.get("exception"), OSError):  # then one side gave up, as it may at any moment
        loop.default_exception_handler(context)


async def main(options):
    proxy = Proxy(options)
    await proxy.listen()
    print(proxy.port, flush=True)
    loop, commands = asyncio.get_running_loop(), asyncio.Queue()
    loop.set_exception_handler(on_trouble)

    def listen_to_input():
        for line in sys.stdin:
            loop.call_soon_threadsafe(commands.put_nowait, line)
        loop.call_soon_threadsafe(commands.put_nowait, None)

    threading.Thread(target=listen_to_input, daemon=True).start()
    while (command := await commands.get()) is not None:
        proxy.do(command)


if __name__ == "__main__":
    asyncio.run(main(options_of(sys.argv[1:])))
