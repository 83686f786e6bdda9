"""Fixtures of the integration tests. See harness/ for what they hand out."""
import os
import pathlib
import resource
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from harness.backend import ScriptedBackend  # noqa: E402
from harness.process import ROOT, Router, router_binary, sanitizer_of  # noqa: E402

pytest_plugins = ["harness.tls_fixtures"]


def pytest_configure(config):
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    config.addinivalue_line("markers", "full: long; runs with script/test --full (pytest -m 'full or not full')")


def pytest_collection_modifyitems(config, items):
    if config.option.markexpr:
        return
    skipped = [item for item in items if item.get_closest_marker("full")]
    items[:] = [item for item in items if item not in skipped]
    config.hook.pytest_deselected(items=skipped)


def pytest_sessionstart(session):
    if not router_binary().exists():
        raise pytest.UsageError(f"{router_binary()} is absent: build it, or name another by LLM_ROUTER_BIN")


def pytest_report_header(config):
    return f"router: {router_binary()} ({sanitizer_of(router_binary()) or 'no sanitizer'})"


@pytest.fixture(scope="session")
def shared_data():
    """The folder of public test data beside the repository."""
    folder = pathlib.Path(os.environ.get("LLM_ROUTER_SHARED_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"the shared test data isn't there ({folder}); name it by LLM_ROUTER_SHARED_DATA")
    return folder


def _routers(factory):
    started = []

    def start(*backends, **config):
        started.append(Router(factory / f"router{len(started)}", backends, **config))
        return started[-1]

    yield start
    failure = None
    for router in started:
        try:
            router.stop()
        except AssertionError as error:
            failure = failure or error
            router.kill()
    if failure:
        raise failure


def _backends():
    made = []

    def make(*args, **options):
        options.setdefault("name", f"backend{len(made)}")
        made.append(ScriptedBackend(*args, **options))
        return made[-1]

    yield make
    for backend in made:
        backend.stop()


@pytest.fixture
def start_backend():
    """start_backend(models=[...], script=...) makes a ScriptedBackend that ends with the test."""
    yield from _backends()


@pytest.fixture
def start_router(start_backend, tmp_path):
    """start_router(backend..., **config) starts the router; it is stopped and examined at the end."""
    yield from _routers(tmp_path)


@pytest.fixture(scope="module")
def module_backends():
    yield from _backends()


@pytest.fixture(scope="module")
def module_routers(module_backends, tmp_path_factory):
    yield from _routers(tmp_path_factory.mktemp("module"))


@pytest.fixture(scope="module")
def _shared_pair(module_backends, module_routers):
    backend = module_backends(["m"])
    return module_routers(backend), backend


@pytest.fixture
def router(_shared_pair):
    """A router with one backend (`backend`), shared by the tests of a file: for what leaves no trace."""
    router, backend = _shared_pair
    backend.reset()
    yield router
    assert router.alive(), router.stderr
    assert not backend.errors, backend.errors


@pytest.fixture
def backend(_shared_pair):
    return _shared_pair[1]
