"""Backends behind TLS, and certificates made when they are needed, so that none runs out in the repository."""
import socket
import ssl
import subprocess
import time

from harness.backend import Connection, Ended, ScriptedBackend


class Authority:
    """A certificate authority in a folder; by the `openssl` command line."""

    def __init__(self, folder, name="authority"):
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.certificate, self.key = folder, folder / f"{name}.pem", folder / f"{name}.key"
        self.self_signed(name, f"/CN={name}", "basicConstraints=critical,CA:TRUE")

    def self_signed(self, name, subject, extension):
        certificate, key = self.folder / f"{name}.pem", self.folder / f"{name}.key"
        self._openssl("req", "-x509", *self._new_key(key), "-days", "2", "-subj", subject, "-addext", extension, "-out", certificate)
        return certificate, key

    def issue(self, name, subject_alternative_name="DNS:localhost", days=2, more=""):
        """The paths of a certificate and its key. With negative days it has expired."""
        certificate, key = self.folder / f"{name}.pem", self.folder / f"{name}.key"
        request, extensions = self.folder / f"{name}.csr", self.folder / f"{name}.ext"
        extensions.write_text(f"subjectAltName={subject_alternative_name}\n{more}\n")
        self._openssl("req", "-new", *self._new_key(key), "-subj", f"/CN={name}", "-out", request)
        self._openssl("x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", self.key, "-CAcreateserial",
                      "-extfile", extensions, "-days", days, "-out", certificate)
        return certificate, key

    def intermediate(self, name):
        """An authority whose certificate this one has issued."""
        issued = Authority.__new__(Authority)
        issued.folder = self.folder
        issued.certificate, issued.key = self.issue(name, more="basicConstraints=critical,CA:TRUE")
        return issued

    def revocation_list(self, *revoked):
        """The text of a list that names these certificates."""
        settings, database = self.folder / "crl.cnf", self.folder / "crl.index"
        settings.write_text(f"[ca]\ndefault_ca=x\n[x]\ndatabase={database}\ndefault_md=sha256\ndefault_crl_days=2\n")
        serials = [self._openssl("x509", "-in", each, "-noout", "-serial").split("=")[1].strip() for each in revoked]
        database.write_text("".join(f"R\t491231235959Z\t240101000000Z\t{serial}\tunknown\t/CN=x\n" for serial in serials))
        return self._openssl("ca", "-gencrl", "-config", settings, "-cert", self.certificate, "-keyfile", self.key)

    @staticmethod
    def _new_key(path):
        return "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", path

    @staticmethod
    def _openssl(*arguments):
        done = subprocess.run(["openssl", *map(str, arguments)], capture_output=True, text=True, stdin=subprocess.DEVNULL)
        assert done.returncode == 0, f"openssl {arguments}: {done.stderr}"
        return done.stdout


class _PeekableSocket:
    """A TLS socket whose bytes can be looked at before they are read."""

    def __init__(self, secured):
        self.secured, self.ahead = secured, b""

    def __getattr__(self, name):
        return getattr(self.secured, name)

    def recv(self, size, flags=0):
        if not self.ahead:
            self.ahead = self.secured.recv(size)
        data = self.ahead[:size]
        if not flags & socket.MSG_PEEK:
            self.ahead = self.ahead[size:]
        return data


class _TlsConnection(Connection):
    resumed = False     # the handshake was a short one
    version = None

    def run(self):
        try:
            self.socket = _PeekableSocket(self.backend.context.wrap_socket(self.socket, server_side=True))
            self.resumed, self.version = self.socket.session_reused, self.socket.version()
        except OSError as error:
            self.backend.refusals.append(error)
            self.ended = time.monotonic()
            return
        super().run()


class TlsBackend(ScriptedBackend):
    """A ScriptedBackend behind TLS. Its exchange.fin() is a truncation: FIN without close_notify."""

    def __init__(self, certificate, models=("m",), host="localhost", version=None, **options):
        self.host, self.refusals, self.server_names = host, [], []
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(*certificate)
        self.context.set_alpn_protocols(["http/1.1"])
        self.context.sni_callback = lambda _socket, name, _context: self.server_names.append(name)
        if version:
            self.context.set_ciphers("ALL:@SECLEVEL=0")
            self.context.minimum_version = self.context.maximum_version = version
        super().__init__(models, **options)

    def config(self):
        return {**super().config(), "url": f"https://{self.host}:{self.port}{self.path}"}

    def _accept(self, listener):
        while True:
            try:
                connected, _ = listener.accept()
            except OSError:
                return
            with self.lock:
                self.connections.append(_TlsConnection(self, connected, len(self.connections)))


def close_notify(exchange):
    """Ends a connection as TLS wants it."""
    try:
        exchange.socket.settimeout(5)
        exchange.socket.unwrap()
    except OSError:
        pass
    raise Ended
