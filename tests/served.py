"""A planner on the toy county, and a real server for it, for the tests of the planner."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import uvicorn

import coverplan as cp
from coverplan.app.guard import Gate
from coverplan.app.planner import Planner
from coverplan.app.run import take_place
from coverplan.app.server import create_app

STATION = "F6"
"""The toy county's own ambulance station on the east bank."""


def toy_planner(folder: Path) -> Planner:
    """Return a planner for the toy county that keeps its scenarios in a folder."""
    study = cp.read_study(cp.sample_config())
    return Planner.of(study, cp.build_network(study), scenarios=folder, compiled=False)


@contextmanager
def running(planner: Planner, *, token: str | None = None, host: str = "127.0.0.1") -> Iterator[httpx.Client]:
    """Serve a planner on a free port, and give a client that speaks to it."""
    place = take_place("127.0.0.1", 0, token=token)
    gate = Gate(host=host, token=token)
    config = uvicorn.Config(create_app(planner, gate), log_level="error", lifespan="off", timeout_graceful_shutdown=2)
    server = uvicorn.Server(config)
    server.capture_signals = _no_signals  # type: ignore[method-assign] - signals belong to the main thread
    thread = threading.Thread(target=server.run, kwargs={"sockets": [place.taken]}, daemon=True)
    thread.start()
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{place.port}", timeout=60) as client:
            _wait(client)
            yield client
    finally:
        server.should_exit = True
        thread.join(timeout=20)
        place.taken.close()


@contextmanager
def _no_signals() -> Iterator[None]:
    yield


def _wait(client: httpx.Client) -> None:
    # The socket listens already, so the first request waits until the server answers.
    client.get("/api/health")


def begin(client: httpx.Client) -> str:
    """Begin a desk, and return its identifier."""
    answer = client.post("/api/desks", json={})
    assert answer.status_code == 201, answer.text
    return answer.json()["desk_id"]


def finished(client: httpx.Client, answer: httpx.Response) -> dict:
    """Ask for a job until it has ended."""
    assert answer.status_code == 202, answer.text
    job = answer.json()
    pause = threading.Event()
    while job["status"] == "running":
        pause.wait(0.05)
        job = client.get(f"/api/jobs/{job['job_id']}").json()
    return job
