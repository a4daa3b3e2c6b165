#!/usr/bin/env python3
"""A proxy for HTTPS (CONNECT), for tests: writes its port to the file PORT and each
destination to the file LOG. Listens on loopback, and ends with its standard input.

  connect_proxy.py PORT LOG
"""

import asyncio
import sys


async def pass_on(reader, writer):
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass
    writer.close()


async def serve(reader, writer, log):
    request = await reader.readuntil(b"\r\n\r\n")
    method, destination, _ = request.decode("latin-1").split(" ", 2)
    print(method, destination, file=log, flush=True)
    if method != "CONNECT":
        writer.write(b"HTTP/1.1 405 Method Not Allowed\r\nContent-Length: 0\r\n\r\n")
        writer.close()
        return
    host, port = destination.rsplit(":", 1)
    there = await asyncio.open_connection(host, int(port))
    writer.write(b"HTTP/1.1 200 Connection Established\r\n\r\n")
    await asyncio.gather(pass_on(reader, there[1]), pass_on(there[0], writer))


async def main(port_file, log_file):
    with open(log_file, "w", encoding="utf-8") as log:
        server = await asyncio.start_server(lambda r, w: serve(r, w, log), "127.0.0.1", 0)
        with open(port_file, "w", encoding="utf-8") as file:
            print(server.sockets[0].getsockname()[1], file=file)
        async with server:
            await asyncio.to_thread(sys.stdin.read)


asyncio.run(main(*sys.argv[1:3]))
