"""A TCP proxy in front of a server that cuts every connection when a message passes for the n-th time.

For a database server that dies at one exact moment, as often as a test wants it to.
"""

import selectors
import socket
import threading


class CuttingProxy:
    """Forwards to (host, port). The n-th time that `message` comes from a client, all connections are cut:
    before it is forwarded, or (`deliver`) once the server has answered it. New ones are accepted again.
    `at_cut` is called just before."""

    def __init__(self, host, port, message, nth, deliver, at_cut=lambda: None):
        self.target = (host, port)
        self.at_cut = at_cut
        self.message, self.nth, self.deliver = message, nth, deliver
        self.seen = 0
        self.awaited = None  # the client whose answer is not to come through
        self.cuts = 0
        self.pairs = {}
        self.selector = selectors.DefaultSelector()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.selector.register(self.listener, selectors.EVENT_READ)
        self.wake, self.woken = socket.socketpair()
        self.selector.register(self.woken, selectors.EVENT_READ)
        self.thread = threading.Thread(target=self._serve)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.wake.close()
        self.thread.join()

    def _serve(self):
        while True:
            for key, _ in self.selector.select():
                if key.fileobj is self.woken:
                    self._cut()
                    self.listener.close()
                    return
                if key.fileobj is self.listener:
                    self._accept()
                elif key.fileobj in self.pairs:
                    self._forward(key.fileobj)

    def _accept(self):
        client, _ = self.listener.accept()
        server = socket.create_connection(self.target)
        for one, other, from_client in ((client, server, True), (server, client, False)):
            self.pairs[one] = (other, from_client)
            self.selector.register(one, selectors.EVENT_READ)

    def _forward(self, source):
        other, from_client = self.pairs[source]
        try:
            data = source.recv(1 << 16)
        except ConnectionError:
            data = b""
        if not data:
            self._close(source)
            self._close(other)
            return
        if not from_client and other is self.awaited:
            self._cut_now()
            return
        if from_client and self.message in data:
            self.seen += 1
            if self.seen == self.nth and self.deliver:
                self.awaited = source
            elif self.seen == self.nth:
                self._cut_now()
                return
        other.sendall(data)

    def _close(self, one):
        if self.pairs.pop(one, None) is not None:
            self.selector.unregister(one)
            one.close()

    def _cut_now(self):
        self.awaited = None
        self.cuts += 1
        self.at_cut()
        self._cut()

    def _cut(self):
        for one in list(self.pairs):
            self._close(one)
