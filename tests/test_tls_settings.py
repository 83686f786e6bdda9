"""`tls` of a backend: whom the router trusts and as whom it comes; and the word by which an operator reads why not."""
import ssl
import warnings

import pytest

from harness import openai_wire as wire
from harness.process import run
from harness.tls import Authority
from harness.wait import until


def trusting(backend, **tls):
    return {**backend.config(), "tls": {key: str(value) if key != "verify" else value for key, value in tls.items()}}


def chained(authority, folder):
    """A certificate by way of an intermediate authority, which is sent along."""
    between = authority.intermediate("between")
    certificate, key = between.issue("chained")
    chain = folder / "chain.pem"
    chain.write_text(certificate.read_text() + between.certificate.read_text())
    return (chain, key), between


def with_lists(authority, folder, *lists):
    bundle = folder / "bundle.pem"
    bundle.write_text(authority.certificate.read_text() + "".join(lists))
    return bundle


def check_refused(router, backend, word):
    """By discovery, so that the operator's view shows it."""
    state = until(lambda: router.endpoints()["secure0"]["last_error"], "the refusal")
    assert state.startswith(f"TLS: {word} ("), state
    assert not backend.list_requests and not backend.requests


def test_authority_of_its_own(start_router, start_tls_backend, authority, certificate):
    router = start_router(trusting(start_tls_backend(certificate), ca=authority.certificate))
    assert router.post(wire.CHAT, wire.chat()).status == 200


def test_it_replaces_the_system_s(start_trusting_router, start_tls_backend, authority, certificate, tmp_path):
    backend = start_tls_backend(certificate)
    other = Authority(tmp_path / "other")
    check_refused(start_trusting_router(trusting(backend, ca=other.certificate), ready=False), backend, "unknown authority")


def test_own_certificate_of_a_backend(start_router, start_tls_backend, authority):
    """What `verify: false` is too often taken for."""
    pair = authority.self_signed("pinned", "/CN=localhost", "subjectAltName=DNS:localhost")
    router = start_router(trusting(start_tls_backend(pair), ca=pair[0]))
    assert router.post(wire.CHAT, wire.chat()).status == 200


def test_server_name(start_router, start_tls_backend, authority):
    backend = start_tls_backend(authority.issue("inner", "DNS:models.internal"))
    router = start_router(trusting(backend, ca=authority.certificate, server_name="models.internal"))
    assert router.post(wire.CHAT, wire.chat()).status == 200
    assert set(backend.server_names) == {"models.internal"}


def test_no_verification_is_said_aloud(start_router, start_tls_backend, authority):
    backend = start_tls_backend(authority.issue("stale", "DNS:elsewhere.test", days=-1))
    router = start_router(trusting(backend, verify=False))
    assert router.post(wire.CHAT, wire.chat()).status == 200
    assert "NOT VERIFIED" in router.stderr and '"level":"warn"' in router.stderr


def test_certificate_of_the_router(start_router, start_tls_backend, authority, certificate):
    backend = start_tls_backend(certificate)
    backend.context.verify_mode = ssl.CERT_REQUIRED
    backend.context.load_verify_locations(authority.certificate)
    own, key = authority.issue("router")
    router = start_router(trusting(backend, ca=authority.certificate, certificate=own, key=key))
    assert router.post(wire.CHAT, wire.chat()).status == 200


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_certificate_of_the_router_is_missing(start_router, start_tls_backend, authority, certificate, version):
    backend = start_tls_backend(certificate, version=version)
    backend.context.verify_mode = ssl.CERT_REQUIRED
    backend.context.load_verify_locations(authority.certificate)
    router = start_router(trusting(backend, ca=authority.certificate), ready=False)
    assert until(lambda: router.endpoints()["secure0"]["last_error"], "the refusal")
    assert not backend.list_requests


FAULTY = {
    "expired": lambda authority: authority.issue("expired", days=-1),
    "wrong host": lambda authority: authority.issue("wrong", "DNS:elsewhere.test"),
    "self-signed": lambda authority: authority.self_signed("alone", "/CN=localhost", "subjectAltName=DNS:localhost"),
    "unknown authority": lambda authority: Authority(authority.folder / "stranger").issue("stranger"),
}


@pytest.mark.parametrize("word", FAULTY)
def test_faulty_certificate(start_router, start_tls_backend, authority, word):
    backend = start_tls_backend(FAULTY[word](authority))
    check_refused(start_router(trusting(backend, ca=authority.certificate), ready=False), backend, word)


def test_only_tls_1_0(start_router, start_tls_backend, authority, certificate):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        backend = start_tls_backend(certificate, version=ssl.TLSVersion.TLSv1)
    check_refused(start_router(trusting(backend, ca=authority.certificate), ready=False), backend, "protocol too old")


def test_chain_that_is_not_revoked(start_router, start_tls_backend, authority, tmp_path):
    pair, between = chained(authority, tmp_path)
    bundle = with_lists(authority, tmp_path, authority.revocation_list(), between.revocation_list())
    router = start_router(trusting(start_tls_backend(pair), ca=bundle))
    assert router.post(wire.CHAT, wire.chat()).status == 200


@pytest.mark.parametrize("which", ["leaf", "intermediate"])
def test_revoked_chain(start_router, start_tls_backend, authority, tmp_path, which):
    pair, between = chained(authority, tmp_path)
    lists = (authority.revocation_list(*[between.certificate] * (which == "intermediate")),
             between.revocation_list(*[pair[0]] * (which == "leaf")))
    backend = start_tls_backend(pair)
    router = start_router(trusting(backend, ca=with_lists(authority, tmp_path, *lists)), ready=False)
    check_refused(router, backend, "revoked")


def test_an_authority_without_a_list(start_router, start_tls_backend, authority, tmp_path):
    """Who has lists wants to know: what can't be looked up is refused."""
    pair, _ = chained(authority, tmp_path)
    backend = start_tls_backend(pair)
    router = start_router(trusting(backend, ca=with_lists(authority, tmp_path, authority.revocation_list())), ready=False)
    check_refused(router, backend, "no revocation list")


@pytest.mark.parametrize("content", [None, "no PEM"])
def test_file_that_is_no_authority(tmp_path, content):
    path = tmp_path / "ca.pem"
    if content:
        path.write_text(content)
    config = tmp_path / "config.yaml"
    config.write_text("listen: 127.0.0.1:0\nadmin: {listen: 127.0.0.1:0}\n"
                      f"backends: [{{name: secret, url: 'https://localhost', tls: {{ca: {path}}}}}]\n")
    done = run("serve", "--config", config)
    assert done.returncode == 1 and "backend secret" in done.stderr and str(path) in done.stderr
