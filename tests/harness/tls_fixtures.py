"""Fixtures of the tests behind TLS: an authority, its good certificate, backends, and routers that trust them."""
import shutil

import pytest

from harness.tls import Authority, TlsBackend


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    if not shutil.which("openssl"):
        pytest.skip("the openssl command, which makes the certificates, isn't there")
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def certificate(authority):
    return authority.issue("good")


@pytest.fixture
def start_tls_backend():
    made = []

    def make(*args, **options):
        options.setdefault("name", f"secure{len(made)}")
        made.append(TlsBackend(*args, **options))
        return made[-1]

    yield make
    for backend in made:
        backend.stop()
        assert not backend.errors, backend.errors


@pytest.fixture
def start_trusting_router(start_router, authority):
    """A router of one worker, so that connections are where one expects them."""
    return lambda *backends, **config: start_router(*backends, workers=1, env={"SSL_CERT_FILE": str(authority.certificate)}, **config)


@pytest.fixture
def pair(start_trusting_router, start_tls_backend, certificate):
    """A backend that is trusted, found by its own list of models, and its router."""
    backend = start_tls_backend(certificate)
    return start_trusting_router(backend), backend
