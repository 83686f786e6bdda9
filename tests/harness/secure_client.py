"""A client on a socket that was connected elsewhere: by TLS, by a unix socket."""
import socket
import ssl

from harness.client import Client


class ConnectedClient(Client):
    def __init__(self, connected, host="router"):
        connected.settimeout(60)
        self.socket, self.buffer, self.host, self.ended = connected, b"", host, False

    def ask(self, method, path, body=None, headers=None):
        self.request(method, path, body, headers)
        return self.response(method)


def over_tls(port, authority, alpn=("http/1.1",), version=None, host="127.0.0.1"):
    context = ssl.create_default_context(cafile=authority.certificate)
    if alpn:
        context.set_alpn_protocols(list(alpn))
    if version:
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version = context.maximum_version = version
    plain = socket.create_connection((host, port), timeout=60)
    return ConnectedClient(context.wrap_socket(plain, server_hostname="localhost"))


def over_unix(path):
    plain = socket.socket(socket.AF_UNIX)
    plain.connect(str(path))
    return ConnectedClient(plain)
