"""What the kernel says of a running proxy: CPU time, memory, system calls."""

import os
import re
import shutil
import signal
import subprocess
import tempfile


def tree(pid):
    """The process and all its descendants (nginx works in a child)."""
    found = [pid]
    for parent in found:
        try:
            with open(f"/proc/{parent}/task/{parent}/children") as f:
                found.extend(int(child) for child in f.read().split())
        except FileNotFoundError:
            pass
    return found


def cpu_seconds(pid):
    """Time on a CPU, user and system, of every thread of the tree; nanosecond resolution."""
    total = 0
    for process in tree(pid):
        for thread in os.listdir(f"/proc/{process}/task"):
            with open(f"/proc/{process}/task/{thread}/schedstat") as f:
                total += int(f.read().split()[0])
    return total / 1e9


def user_and_system_ticks(pid):
    user = system = 0
    for process in tree(pid):
        with open(f"/proc/{process}/stat") as f:
            fields = f.read().rpartition(")")[2].split()
        user += int(fields[11])
        system += int(fields[12])
    return user, system


def core_busy_seconds(core):
    """All time that a core wasn't idle, to tell a quiet measurement from a disturbed one."""
    with open("/proc/stat") as f:
        for line in f:
            if line.startswith(f"cpu{core} "):
                ticks = [int(x) for x in line.split()[1:9]]
                return (sum(ticks) - ticks[3] - ticks[4]) / os.sysconf("SC_CLK_TCK")
    raise LookupError(core)


def rss_mib(pid):
    total = 0
    for process in tree(pid):
        with open(f"/proc/{process}/status") as f:
            total += int(re.search(r"VmRSS:\s+(\d+) kB", f.read()).group(1))
    return total / 1024


class Counters:
    """Counts a process tree's system calls and, where the machine has the counter, instructions in
    user space: `with Counters(pid) as c: ...`, then `c.calls` and `c.instructions`, None if unknown.
    perf costs the proxy next to nothing; strace, the way out where perf may not look, stops it at
    each call, which changes how events bunch up."""

    def __init__(self, pid):
        self.pids = tree(pid)
        self.calls = self.instructions = None

    def __enter__(self):
        self.report = tempfile.NamedTemporaryFile(mode="r", prefix="bench-counters-")
        self.tracer = self._start()
        return self

    def __exit__(self, *_):
        self.tracer.send_signal(signal.SIGINT)
        self.tracer.wait()
        text = self.report.read()
        self.calls = self._find(r"^(\d+),.*sys_enter", text) or self._find(
            r"^100\.00\s+\S+\s+\S+\s+(\d+)", text)
        self.instructions = self._find(r"^(\d+),.*instructions", text)

    @staticmethod
    def _find(pattern, text):
        found = re.search(pattern, text, re.M)
        return int(found.group(1)) if found else None

    def _start(self):
        perf = ["perf", "stat", "-x,", "-o", self.report.name, "-e",
                "raw_syscalls:sys_enter,instructions:u"]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        if shutil.which("perf") and subprocess.run([*perf, "true"], **quiet).returncode == 0:
            return subprocess.Popen([*perf, "-p", ",".join(map(str, self.pids))], **quiet)
        attach = [x for pid in self.pids for x in ("-p", str(pid))]
        return subprocess.Popen(["strace", "-c", "-f", "-o", self.report.name, *attach], **quiet)
