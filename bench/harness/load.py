"""Runs one load through one proxy and says what it cost."""

import json
import os
import subprocess
import threading
import time

from . import peers, process


class Meter:
    """Reads the proxy's CPU clocks at two moments."""

    def __init__(self, pid):
        self.pid = pid
        self.before = self._read()

    def _read(self):
        return (process.cpu_seconds(self.pid), process.user_and_system_ticks(self.pid),
                process.core_busy_seconds(peers.PROXY_CORE))

    def stop(self):
        cpu, (user, system), busy = self._read()
        cpu0, (user0, system0), busy0 = self.before
        ticks = max(1, user - user0 + system - system0)
        spent = cpu - cpu0
        return {"cpu": spent, "user_share": (user - user0) / ticks,
                "others": max(0.0, busy - busy0 - spent)}


def wrk(script, port, body, seconds, connections=64, headers="plain"):
    env = dict(os.environ, BENCH_BODY=str(body), BENCH_MODEL=peers.MODEL, BENCH_KEY=peers.KEY,
               BENCH_HEADERS=headers)
    load = peers.start(
        peers.LOAD_CORE, "wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", script,
        "--timeout", "20s", f"http://127.0.0.1:{port}/v1/chat/completions",
        env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    out, _ = load.communicate()
    for line in out.splitlines():
        if line.startswith("RESULT "):
            result = json.loads(line.removeprefix("RESULT "))
            if result["errors"]:
                raise RuntimeError(f"wrk saw {result['errors']} failed requests on port {port}")
            return result
    raise RuntimeError(f"wrk: {out}")


def requests(script, peer, body, seconds, headers):
    """CPU, rate and memory at 64 connections, as fast as it goes."""
    wrk(script, peer.port, body, 1, headers=headers)
    meter, rss = Meter(peer.pid), []
    sampler = threading.Timer(seconds / 2, lambda: rss.append(process.rss_mib(peer.pid)))
    sampler.start()
    result = wrk(script, peer.port, body, seconds, headers=headers)
    spent = meter.stop()
    sampler.join()
    return {
        "cpu_us": spent["cpu"] / result["requests"] * 1e6,
        "user_us": spent["cpu"] * spent["user_share"] / result["requests"] * 1e6,
        "per_second": result["requests"] / result["seconds"],
        "core_use": spent["cpu"] / result["seconds"],
        "others": spent["others"] / result["seconds"],
        "rss_mib": rss[0],
    }


def latency(script, peer, body, seconds, headers):
    """One connection, so that nothing waits but for the proxy's own work."""
    result = wrk(script, peer.port, body, seconds, connections=1, headers=headers)
    return {"p50_us": result["p50_us"], "p99_us": result["p99_us"]}


def counters(script, peer, body, seconds, headers):
    """System calls and instructions per request."""
    with process.Counters(peer.pid) as found:
        time.sleep(0.3)  # lets the tracer attach; an idle proxy does next to nothing meanwhile
        result = wrk(script, peer.port, body, seconds, headers=headers)
    return {name: None if count is None else count / result["requests"]
            for name, count in (("calls", found.calls), ("instructions", found.instructions))}


def streams(program, peer, count, rate, seconds):
    """CPU per token and the tokens' delay, with `count` paced streams open."""
    load = peers.start(
        peers.LOAD_CORE, program, "--target", f"127.0.0.1:{peer.port}", "--model", peers.MODEL,
        "--key", peers.KEY, "--streams", count, "--rate", rate, "--seconds", seconds,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    meter = spent = result = None
    for line in load.stdout:
        if line == "window\n":
            meter = Meter(peer.pid)
        elif line == "end\n":
            spent = meter.stop()
        else:
            result = json.loads(line)
    if load.wait() != 0 or result is None or result["errors"]:
        raise RuntimeError(f"streams through {peer.label}: {result} {load.stderr.read()}")
    return {
        "cpu_us": spent["cpu"] / result["events"] * 1e6,
        "user_us": spent["cpu"] * spent["user_share"] / result["events"] * 1e6,
        "per_second": result["events"] / seconds,
        "others": spent["others"] / seconds,
        **{f"{name}_{p}_us": result[f"{name}_us"][p]
           for name in ("first_event", "delay") for p in ("p50", "p99")},
    }
