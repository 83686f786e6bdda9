"""The Debian package: what is in it, with which modes, and that it says what the programs say."""
import gzip
import shutil
import subprocess

import pytest

from harness.process import ROOT, run

FILES = {
    "./usr/bin/llm-router": "-rwxr-xr-x",
    "./usr/bin/llm-sim": "-rwxr-xr-x",
    "./etc/llm-router/config.yaml": "-rw-r-----",
    "./lib/systemd/system/llm-router.service": "-rw-r--r--",
    "./usr/share/man/man1/llm-router.1.gz": "-rw-r--r--",
    "./usr/share/man/man1/llm-sim.1.gz": "-rw-r--r--",
    "./usr/share/bash-completion/completions/llm-router": "-rw-r--r--",
    "./usr/share/zsh/vendor-completions/_llm-router": "-rw-r--r--",
    "./usr/share/fish/vendor_completions.d/llm-router.fish": "-rw-r--r--",
    "./usr/share/doc/llm-router/copyright": "-rw-r--r--",
    "./usr/share/doc/llm-router/changelog.gz": "-rw-r--r--",
    "./usr/share/doc/llm-router/configuration.md": "-rw-r--r--",
    "./usr/share/doc/llm-router/config.example.yaml": "-rw-r--r--",
}


def output(*command):
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def package():
    if not (ROOT / "build/release/llm-router").exists() or not (ROOT / "build/release/llm-sim").exists():
        pytest.skip("script/build has not been run: nothing to pack")
    if not shutil.which("dpkg-shlibdeps"):
        pytest.skip("dpkg-dev, which finds what the programs depend on, isn't there")
    return output("script/package", "--no-build").strip()


def test_contents(package):
    rows = [line.split(None, 5) for line in output("dpkg-deb", "-c", package).splitlines()]
    listed = {row[5].split(" -> ")[0]: (row[0], row[1]) for row in rows}
    for name, mode in FILES.items():
        assert listed.get(name) == (mode, "root/root"), name
    strange = [name for name in listed if not name.endswith("/") and name not in FILES and not name.startswith("./usr/share/")]
    assert not strange


def test_control(package):
    fields = dict(line.split(": ", 1) for line in output("dpkg-deb", "-f", package).splitlines() if not line.startswith(" "))
    assert fields["Package"] == "llm-router"
    assert fields["Version"] in output("build/release/llm-router", "--version")
    for library in ("libc6", "libssl3", "libstdc++6", "libyaml-cpp", "libsimdjson", "adduser"):
        assert library in fields["Depends"], library
    assert output("dpkg-deb", "-I", package, "conffiles").strip() == "/etc/llm-router/config.yaml"
    for script in ("postinst", "prerm", "postrm"):
        assert output("dpkg-deb", "-I", package, script).startswith("#!/bin/sh\nset -e")


def test_the_same_sources_make_the_same_package(package):
    first = (ROOT / package).read_bytes()
    output("script/package", "--no-build")
    assert (ROOT / package).read_bytes() == first


def test_the_configuration_that_is_installed_is_good(tmp_path):
    file = tmp_path / "config.yaml"
    file.write_bytes((ROOT / "packaging/config.yaml").read_bytes())
    file.chmod(0o640)
    done = run("check", file)
    assert done.returncode == 0 and "warning" not in done.stdout + done.stderr


def test_man_page_has_every_option_and_command(package, tmp_path):
    output("dpkg-deb", "-x", package, str(tmp_path))
    page = gzip.decompress((tmp_path / "usr/share/man/man1/llm-router.1.gz").read_bytes()).decode().replace("\\-", "-")
    for line in output("build/release/llm-router", "--help").splitlines():
        word = line.split()[0] if line.startswith("  ") and line.split() else ""
        assert word in page


def completed(*words):
    script = (f"source packaging/completions/llm-router.bash; PATH={ROOT}/build/release:$PATH; COMP_WORDS=({' '.join(words)}); "
              f"COMP_CWORD={len(words) - 1}; _llm_router llm-router; printf '%s\\n' \"${{COMPREPLY[@]}}\"")
    return output("bash", "-c", script).split()


def test_bash_completion(package):
    assert {"serve", "check"} <= set(completed("llm-router", "''"))
    assert completed("llm-router", "che") == ["check"]
    assert {"--config", "--help", "--version"} <= set(completed("llm-router", "--"))
    assert "--version" not in completed("llm-router", "serve", "--")
    assert "README.md" in completed("llm-router", "check", "READ")
    assert "README.md" in completed("llm-router", "--config", "READ")
