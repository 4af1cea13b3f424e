"""Running children, taking their wall time and peak memory, and the shape of a result."""

import json
import statistics
import subprocess
import sys
from pathlib import Path

PEERS = Path(__file__).resolve().parent / "peers"


class Mismatch(Exception):
    """Two sides did not compute the same."""


# A child's peak memory begins with that of the process it was started from (Linux keeps the mark over exec),
# so each is started from an interpreter that has loaded nothing.
LAUNCHER = """
import os, sys, time
start = time.perf_counter()
pid = os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ)
_, status, usage = os.wait4(pid, 0)
exit_code = os.waitstatus_to_exitcode(status)
print("\\n", time.perf_counter() - start, usage.ru_maxrss / 1024, exit_code, file=sys.stderr)
"""


class Measured:
    """One finished child: seconds (wall), peak_mb (largest process of its tree), answer (last JSON line)."""

    def __init__(self, command, folder):
        words = [str(part) for part in command]
        done = subprocess.run([sys.executable, "-S", "-E", "-c", LAUNCHER, *words], cwd=folder, text=True,
                              stdin=subprocess.DEVNULL, capture_output=True, errors="replace", check=True)
        *said, figures = done.stderr.splitlines()
        seconds, peak_mb, status = figures.split()
        if status != "0":
            shown = "\n".join(said)[-3000:] + done.stdout[-500:]
            raise RuntimeError(f"{' '.join(words)}: exit {status}\n{shown}")
        self.seconds, self.peak_mb = float(seconds), float(peak_mb)
        self.answer = last_json(done.stdout)


def last_json(text):
    for line in reversed(text.strip().splitlines()):
        if line.startswith("{"):
            try:
                return json.loads(line)
            except json.JSONDecodeError:
                return {}
    return {}


class Bench:
    """What a case needs: the programs, a scratch folder, how often to repeat."""

    def __init__(self, build, scratch, repeat, scale):
        self.tidemill, self.learners = build / "tidemill", build / "bench_learners"
        self.transfer, self.workflow = build / "bench_transfer", build / "bench_workflow"
        self.scratch, self.repeat, self.scale = scratch, repeat, scale

    def rows(self, count):
        return max(1000, int(count * self.scale))

    def folder(self, name):
        path = self.scratch / name
        path.mkdir(parents=True, exist_ok=True)
        return path

    def run(self, *command):
        return Measured(command, self.folder("output"))

    def peer(self, script, *arguments):
        return self.run(sys.executable, PEERS / script, *arguments)

    def interleaved(self, sides, seconds=lambda measured: measured.seconds):
        """{side: (median seconds, median peak MB, last Measured)}; `sides`: {name: function that runs it}."""
        runs = {name: [] for name in sides}
        for _ in range(self.repeat):
            for name, start in sides.items():
                runs[name].append(start())
                print(f"  {name} {seconds(runs[name][-1]):.3f} s", file=sys.stderr, flush=True)
        return {name: (statistics.median(map(seconds, done)),
                       statistics.median(one.peak_mb for one in done), done[-1])
                for name, done in runs.items()}


def result(medians, ours="tidemill", **more):
    """The JSON of a case: ratio = the fastest peer's time / ours."""
    time_ours, peak_ours, _ = medians[ours]
    peers = {name: {"time": round(seconds, 4), "peak_mb": round(peak, 1),
                    "ratio": round(seconds / time_ours, 2)}
             for name, (seconds, peak, _) in medians.items() if name != ours}
    return {"unit": "s", "ours": round(time_ours, 4), "peak_mb": round(peak_ours, 1), "peers": peers,
            "ratio": round(min(peer["time"] for peer in peers.values()) / time_ours, 2), **more}


def megabytes(size):
    return "" if size is None else f"{size:.0f} MB"


def markdown_table(results):
    lines = ["| case | side | time | peak memory | peer's time / ours |", "|---|---|---|---|---|"]
    for one in results:
        memory = megabytes(one["peak_mb"])
        lines.append(f"| {one['name']} | **tidemill** | {one['ours']:.3f} s | {memory} | |")
        for name, peer in one["peers"].items():
            times, memory = f"{peer['time']:.3f} s", megabytes(peer["peak_mb"])
            lines.append(f"| | {name} | {times} | {memory} | {peer['ratio']:.1f} |")
        if "note" in one:
            lines.append(f"| | {one['note']} | | | |")
    return "\n".join(lines)
