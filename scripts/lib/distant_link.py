#!/usr/bin/env python3
"""A TCP relay that delays what it carries: the way from a runner to a cluster that is
not on the same machine.

  distant_link.py HOST PORT MILLISECONDS

Listens on loopback, prints its port, and carries each connection to HOST:PORT. Every
byte arrives MILLISECONDS later, in either direction, however many are on their way.
Ends with its standard input.
"""

import asyncio
import sys


async def carry(reader, writer, delay):
    """What was read leaves after the delay, while more is read."""
    loop = asyncio.get_running_loop()
    on_the_way = asyncio.Queue()

    async def deliver():
        while True:
            due, piece = await on_the_way.get()
            await asyncio.sleep(due - loop.time())
            if not piece:
                writer.close()
                return
            writer.write(piece)

    delivery = asyncio.create_task(deliver())
    try:
        while piece := await reader.read(65536):
            on_the_way.put_nowait((loop.time() + delay, piece))
    except ConnectionError:
        pass  # the end of a connection, as another
    on_the_way.put_nowait((loop.time() + delay, b""))
    await delivery


async def main(host, port, delay):
    async def relay(reader, writer):
        far_reader, far_writer = await asyncio.open_connection(host, port)
        await asyncio.gather(carry(reader, far_writer, delay), carry(far_reader, writer, delay))

    server = await asyncio.start_server(relay, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


asyncio.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]) / 1000))
