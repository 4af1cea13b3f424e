"""An HTTP proxy in front of a server that answers in its place, or lets only a part of an answer through;
with a certificate it speaks TLS to its clients."""

import http.client
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

NOT_FORWARDED = ("connection", "transfer-encoding", "content-length", "keep-alive")


class HttpProxy:
    """`with HttpProxy(server.url, answer=..., part=...) as proxy: proxy.url`

    answer(method, path)  (status, body) instead of the server's answer; None: the server is asked
    part(method, path)    what share of the body of the server's answer comes through before the connection
                          breaks, below 1; None: all of it
    `disturbed` counts the requests that met one of them.
    """

    def __init__(self, target, answer=None, part=None, certificate=None):
        self.target = urlsplit(target)
        self.answer, self.part = answer or (lambda *_: None), part or (lambda *_: None)
        self.disturbed = 0
        self.server = _Listener(("127.0.0.1", 0), _handler_of(self))
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate.file, certificate.key)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True,
                                                     do_handshake_on_connect=False)
        self.url = f"{'https' if certificate else 'http'}://127.0.0.1:{self.server.server_address[1]}"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def forward(self, method, path, headers, body):
        """The server's answer: status, headers, body."""
        connection = http.client.HTTPConnection(self.target.hostname, self.target.port, timeout=60)
        connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        for name, value in headers.items():
            if name.lower() not in ("connection", "expect", "transfer-encoding"):
                connection.putheader(name, value)
        connection.endheaders(body)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        return answer.status, answer.getheaders(), content


class _Listener(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        """A client that hangs up, or does not trust the certificate, is what tests are about."""


def _handler_of(proxy):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_):
            pass

        def pass_on(self):
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)) or None
            given = proxy.answer(self.command, self.path)
            if given is not None:
                proxy.disturbed += 1
                self.reply(given[0], [], given[1])
                return
            status, headers, content = proxy.forward(self.command, self.path, self.headers, body)
            share = proxy.part(self.command, self.path) if content else None
            if share is not None:
                proxy.disturbed += 1
            self.reply(status, headers, content, share)

        def reply(self, status, headers, content, share=None):
            self.send_response_only(status)
            length = len(content)
            for name, value in headers:
                if name.lower() == "content-length" and self.command == "HEAD":
                    length = value
                elif name.lower() not in NOT_FORWARDED:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(length))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content if share is None else content[:int(len(content) * share)])
            if share is not None:
                self.close_connection = True

        do_GET = do_HEAD = do_PUT = do_POST = do_PATCH = do_DELETE = pass_on

    return Handler
