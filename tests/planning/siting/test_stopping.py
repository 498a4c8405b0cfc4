"""Whole processes: Ctrl-C in the middle of a search, and a machine without highspy."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import pytest

PROBLEMS = """
import json, sys
import numpy as np
from coverplan.planning.siting import problems as ask
from coverplan.planning.siting.rules import Rules
from coverplan.planning.siting.solve import solve

def square(n, m, seed):
    rng = np.random.default_rng(seed)
    points, sites = rng.random((n, 2)), rng.random((m, 2))
    away = np.hypot(points[:, None, 0] - sites[None, :, 0], points[:, None, 1] - sites[None, :, 1])
    return away, rng.integers(1, 50, n).astype(float)
"""

LONG = """
from coverplan.core.progress import Silent

class Telling(Silent):
    def message(self, text):
        print(text, flush=True)

away, people = square(3000, 400, 3)
plan = solve(ask.mclp(away < 0.07, people, p=30), time_limit=500, progress=Telling())
print(json.dumps({"status": plan.status, "objective": plan.objective, "bound": plan.bound, "seconds": plan.seconds,
                  "sites": len(plan.sites)}))
"""

SHORT = """
away, people = square(60, 15, 4)
near, room = away < 0.25, np.full(15, people.sum() / 4)
plans = [solve(problem) for problem in (
    ask.lscp(away < 0.45),
    ask.lscp_b(away < 0.45, people),
    ask.mclp(near, people, p=4),
    ask.mclp(near, people, rules=Rules(n_candidates=15, most=5, apart=np.array([[0, 1], [2, 3]]), budget=4)),
    ask.bacop2(near, people, first=0.7, p=5),
    ask.mexclp(near, people, busy=0.3, p=6),
    ask.p_median(away, people, p=4),
    ask.p_center(away, p=4),
    ask.capacitated_p_median(away, people, room, p=6),
)]
from coverplan.planning.siting import mip
told = [[plan.model, plan.status, plan.objective, plan.bound] for plan in plans]
print(json.dumps({"direct": mip.highspy is not None, "plans": told}))
"""

WITHOUT = """
import sys

class Nothing:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] == "highspy":
            raise ImportError("there is no build of highspy for this machine")

sys.meta_path.insert(0, Nothing())
"""


def _run(code: str) -> dict:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for one process")
def test_ctrl_c_returns_the_best_plan_so_far() -> None:
    """A real Ctrl-C after the first plan ends the search soon, with that plan or a better one and an honest bound."""
    with subprocess.Popen([sys.executable, "-c", PROBLEMS + LONG], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        told = ""
        for line in process.stdout:
            if line.startswith("best so far"):
                told = line
                process.send_signal(signal.SIGINT)
                break
        rest = process.stdout.read().splitlines()
    assert told
    assert process.returncode == 0
    plan = json.loads(rest[-1])
    assert plan["status"] == "cancelled"
    assert 0 < plan["objective"] < plan["bound"]
    assert plan["sites"] == 30
    assert plan["seconds"] < 400


def test_without_highspy_the_results_are_the_same() -> None:
    """Where highspy cannot be imported SciPy solves the programs: every model has the same value, proved."""
    here, there = _run(PROBLEMS + SHORT), _run(textwrap.dedent(WITHOUT) + PROBLEMS + SHORT)
    assert (here["direct"], there["direct"]) == (True, False)
    assert len(here["plans"]) == 9
    for ours, theirs in zip(here["plans"], there["plans"], strict=True):
        assert ours[:2] == theirs[:2] == [ours[0], "optimal"]
        assert ours[2:] == pytest.approx(theirs[2:], rel=1e-7)


@pytest.mark.skipif(os.name == "nt", reason="Windows has neither pseudo-terminals nor SIGINT for one process")
def test_ctrl_c_in_the_command_shows_the_plan_and_says_so(root: Path, tmp_path: Path) -> None:
    """`coverplan site` in a terminal: Ctrl-C during the search shows the sites, the gap, and that it was stopped."""
    import pty  # only where there is one

    problem = tmp_path / "problem.yaml"
    problem.write_text(
        f"study: {(root / 'configs' / 'jinjiang.yaml').as_posix()}\nmodel: mexclp\nbusy: 0.3\nlimit: 4 min\np: 40\n"
        "candidates: {areas: [青阳街道, 梅岭街道, 池店镇], spacing_m: 400}\ntime_limit_s: 500\n",
        encoding="utf-8",
    )
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "coverplan", "site", str(problem)]
    with subprocess.Popen(command, stdin=theirs, stdout=subprocess.PIPE, stderr=theirs, text=True) as process:
        os.close(theirs)
        shown = b""
        while b"best so far" not in shown:
            shown = shown[-200:] + os.read(ours, 1000)
        process.send_signal(signal.SIGINT)
        watcher = threading.Thread(target=_drain, args=(ours,), daemon=True)
        watcher.start()
        assert process.stdout is not None
        told = " ".join(process.stdout.read().split())
    os.close(ours)
    assert process.returncode == 0
    assert "(stopped on request)" in told
    assert "gap" in told
    assert "solved" in told


def _drain(terminal: int) -> None:
    """Read what the progress bar still writes, lest it wait for a reader."""
    with contextlib.suppress(OSError):  # the other end is closed
        while os.read(terminal, 1000):
            pass
