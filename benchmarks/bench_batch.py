"""A batch of synthetic counties against the whole Jinjiang plan: how many an hour, and how much memory.

    python benchmarks/bench_batch.py --n 1000 --jobs 2
    python benchmarks/bench_batch.py --n 60 --kill     # killed half-way and taken up again: the same bytes?

Memory is read from /proc every half second: the parent and its workers, by how many counties were done.
"""

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from counties import build_counties

ROOT = Path(__file__).resolve().parents[1]
PLAN = ROOT / "configs" / "standards"
PACKS = (PLAN / "jinjiang-14th-five-year-plan.yaml", PLAN / "jinjiang-14th-five-year-plan")


def start(folder: Path, jobs: int) -> subprocess.Popen[bytes]:
    """Begin the batch as a user would."""
    code = "import sys; from coverplan.cli import main; main(sys.argv[1:])"
    packs = [str(path) for path in PACKS]
    command = [sys.executable, "-c", code, "batch", "county-*.yaml", "--to", "result", "--jobs", str(jobs), "--packs"]
    # A session of its own, so that a kill takes the workers too, as a power cut would.
    return subprocess.Popen([*command, *packs], cwd=folder, stdout=subprocess.DEVNULL, start_new_session=True)


def family(pid: int) -> list[int]:
    """Return a process and its children."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    except OSError:
        return []
    return [pid, *(int(child) for child in children)]


def resident_mb(pid: int) -> float:
    """Return the resident memory of a process in megabytes; 0 when it is gone."""
    try:
        text = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in text.splitlines() if line.startswith("VmRSS")), 0.0)


def watch(process: subprocess.Popen[bytes], folder: Path, n: int) -> list[tuple[int, float, float]]:
    """Return (counties done, parent's MB, largest worker's MB) every half second until it ends."""
    seen = []
    records = folder / "result" / "areas"
    while process.poll() is None:
        done = sum(1 for _ in records.iterdir()) if records.is_dir() else 0
        sizes = [resident_mb(pid) for pid in family(process.pid)]
        if sizes:
            seen.append((min(done, n), sizes[0], max(sizes[1:], default=0.0)))
        time.sleep(0.5)
    return seen


def measure(folder: Path, n: int, jobs: int) -> None:
    """Run the whole batch once and print throughput and memory."""
    began = time.perf_counter()
    before = os.times()
    process = start(folder, jobs)
    seen = watch(process, folder, n)
    took = time.perf_counter() - began
    after = os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    rows = sum(1 for _ in (folder / "result" / "verdicts.csv").open(encoding="utf-8-sig")) - 1
    print(
        f"{n} counties, {rows:,} rows, {jobs} processes: {took:.0f} s wall, {cpu:.0f} s CPU, exit {process.returncode}"
    )
    print(f"{n / took * 3600:,.0f} counties an hour, {took * jobs / n:.2f} s of a process each")
    print("done   parent MB   largest worker MB (peak so far in that tenth)")
    for tenth in range(10):
        part = [row for row in seen if tenth * n / 10 <= row[0] <= (tenth + 1) * n / 10]
        if part:
            print(f"{(tenth + 1) * n // 10:5d}   {max(r[1] for r in part):9.0f}   {max(r[2] for r in part):9.0f}")


def kill_and_resume(folder: Path, n: int, jobs: int) -> None:
    """Kill the batch half-way without warning, take it up again, and compare with one that ran through."""
    process = start(folder, jobs)
    records = folder / "result" / "areas"
    while process.poll() is None and (not records.is_dir() or len(list(records.glob("*.json"))) < n // 2):
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    half = len(list(records.glob("*.json")))
    codes = [start(folder, jobs).wait()]
    resumed = {name: (folder / "result" / name).read_bytes() for name in ("verdicts.csv", "verdicts.xlsx")}
    (folder / "result").rename(folder / "killed")
    codes.append(start(folder, jobs).wait())
    same = {name: (folder / "result" / name).read_bytes() == content for name, content in resumed.items()}
    print(f"killed after {half} of {n}; resumed equals uninterrupted: {same}, exit {codes}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--n", type=int, default=1000)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--kill", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        build_counties(Path(made), asked.n)
        (kill_and_resume if asked.kill else measure)(Path(made), asked.n, asked.jobs)
