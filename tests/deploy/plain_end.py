"""A TLS connection for several threads. Python's SSLSocket is for one at a time: who reads while
another writes waits, once in some ten connections, for bytes that OpenSSL holds already."""

import select
import socket
import ssl
import threading

PIECE = 65536
WAITING = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


def plain_end_of(tls):
    """A socket that carries what `tls` carries; the end of the one ends the other."""
    ours, its = socket.socketpair()
    threading.Thread(target=_carry, args=(tls, its), daemon=True).start()
    return ours


class _Way:
    def __init__(self, source, target):
        self.source, self.target = source, target
        self.piece, self.ended = b"", False

    def go_on(self):
        """Whether anything went on."""
        try:
            if not self.piece and not self.ended:
                self.piece = self.source.recv(PIECE)
                self.ended = not self.piece
            elif self.piece:
                self.piece = self.piece[self.target.send(self.piece):]
            else:
                return False
            return True
        except WAITING:
            return False

    def is_over(self):
        return self.ended and not self.piece


def _carry(tls, plain):
    for end in (tls, plain):
        end.setblocking(False)
    ways = (_Way(tls, plain), _Way(plain, tls))
    try:
        while not any(way.is_over() for way in ways):
            if not any([way.go_on() for way in ways]):
                select.select([way.source for way in ways if not way.piece], [way.target for way in ways if way.piece], [])
    except (OSError, ValueError):
        pass  # one side is gone
    finally:
        for end in (tls, plain):
            try:
                end.shutdown(socket.SHUT_RDWR)  # others may hold a copy
            except OSError:
                pass
            end.close()
