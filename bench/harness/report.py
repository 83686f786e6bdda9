"""Medians over the rounds, and the table that README.md shows."""

import datetime
import os
import re
from statistics import median

LIMITS = {300: 0.90, 8192: 0.50, 204800: 0.35, "token": 1.05, "calls": 4.3, "rss": 14.0}


def size(body):
    return f"{body // 1024} KiB" if body >= 1024 else f"{body} B"


def circumstances(options):
    """When and on what the figures were taken."""
    with open("/proc/cpuinfo") as f:
        model = re.search(r"model name\s*:\s*(.*)", f.read())
    processor = model.group(1).strip() if model else "unknown processor"
    return (f"{datetime.date.today()}, {os.cpu_count()} cores ({processor}), "
            f"Linux {os.uname().release.split('-')[0]}; {options.rounds} rounds of {options.seconds} s, "
            f"`--headers {options.headers}`.")


def middle(samples, key):
    values = [s[key] for s in samples if s and s.get(key) is not None]
    return median(values) if values else None


def number(value, digits=1):
    return "–" if value is None else f"{value:.{digits}f}"


class Report:
    """Samples by (measure, body) and peer; printed as Markdown."""

    def __init__(self, labels):
        self.labels = labels  # peer name -> what the table calls it
        self.samples = {}

    def add(self, measure, peer, sample):
        self.samples.setdefault(measure, {}).setdefault(peer, []).append(sample)

    def value(self, measure, peer, key):
        return middle(self.samples.get(measure, {}).get(peer, []), key)

    def row(self, title, measure, key, digits=1):
        cells = [number(self.value(measure, peer, key), digits) for peer in self.labels]
        return f"| {title} | " + " | ".join(cells) + " |"

    def added_row(self, title, measure, key):
        direct = self.value(measure, "direct", key)
        values = [self.value(measure, peer, key) for peer in self.labels]
        cells = [number(None if v is None or direct is None else v - direct, 0) for v in values]
        return f"| {title} | " + " | ".join(cells) + " |"

    def table(self, bodies):
        lines = ["| | " + " | ".join(self.labels.values()) + " |", "|---|" + "---:|" * len(self.labels)]
        for body in bodies:
            lines.append(self.row(f"CPU µs per request, {size(body)}", ("request", body), "cpu_us"))
            lines.append(self.row("… of that in user space", ("request", body), "user_us"))
        lines.append(self.row("CPU µs per token", "streams", "cpu_us"))
        lines.append(self.row("… of that in user space", "streams", "user_us"))
        for body in bodies:
            lines.append(self.row(f"requests/s, {size(body)}", ("request", body), "per_second", 0))
        for body in bodies:
            for p in ("p50", "p99"):
                lines.append(self.added_row(f"added latency µs, {size(body)}, {p}",
                                            ("latency", body), f"{p}_us"))
        for name, title in (("first_event", "first token"), ("delay", "each token")):
            for p in ("p50", "p99"):
                lines.append(self.added_row(f"added latency µs, {title}, {p}", "streams",
                                            f"{name}_{p}_us"))
        lines.append(self.row("system calls per request, 300 B", "counters", "calls", 2))
        lines.append(self.row("instructions in user space, 300 B", "counters", "instructions", 0))
        lines.append(self.row("RSS MiB, 64 connections, 300 B", "rss", "rss_mib"))
        return "\n".join(line for line in lines if not re.fullmatch(r"\| [^|]* (\| – )+\|", line))

    def verdicts(self, bodies):
        """Ratios against HAProxy and the limits that this project has set itself."""
        checks = [(f"CPU per request, {size(b)}", ("request", b), "cpu_us", LIMITS.get(b)) for b in bodies]
        checks.append(("CPU per token", "streams", "cpu_us", LIMITS["token"]))
        lines = ["| against HAProxy | ratio | limit | |", "|---|---:|---:|---|"]
        for title, measure, key, limit in checks:
            ours, peer = self.value(measure, "ours", key), self.value(measure, "haproxy", key)
            if ours is None or peer is None or limit is None:
                continue
            # Rounds are compared one by one: what disturbed both in a round cancels out.
            pairs = zip(self.samples[measure]["ours"], self.samples[measure]["haproxy"])
            ratio = median(a[key] / b[key] for a, b in pairs)
            lines.append(f"| {title} | {ratio:.2f} | {limit:.2f} | {'ok' if ratio <= limit else 'OVER'} |")
        for title, measure, key, limit in (("system calls per request", "counters", "calls", LIMITS["calls"]),
                                           ("RSS MiB", "rss", "rss_mib", LIMITS["rss"])):
            value = self.value(measure, "ours", key)
            if value is not None:
                lines.append(f"| {title} (absolute) | {value:.2f} | {limit:.2f} | "
                             f"{'ok' if value <= limit else 'OVER'} |")
        return "\n".join(lines)

    def text(self, bodies):
        parts = [self.table(bodies)]
        if "ours" in self.labels and "haproxy" in self.labels:
            parts.append(self.verdicts(bodies))
        if self.disturbance() > 0.1:
            parts.append(f"Disturbed: up to {self.disturbance():.0%} of the proxy's core went to "
                         "other work while requests were measured.")
        return "\n\n".join(parts)

    def disturbance(self):
        """The largest share of the proxy's core that went to somebody else."""
        shares = [s["others"] for measure, by_peer in self.samples.items() if measure[0] == "request"
                  for samples in by_peer.values() for s in samples]
        return max(shares, default=0.0)
