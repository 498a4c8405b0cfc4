"""What the planner answers while stations are dragged: one user, then twenty at once, against a real server.

    python benchmarks/bench_serve.py                       # the embedded study and Auckland
    python benchmarks/bench_serve.py jinjiang --seconds 20 --users 40

The server runs in a process of its own on 127.0.0.1; users are threads of this one, each with a connection and a desk
of its own, and a hand that moves on as soon as the last answer is there. Before anything is timed, a drag is held
against the edit it would become. Every answer is checked for what it should be; one error is one too many.
"""

import argparse
import multiprocessing
import os
import statistics
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection

import httpx
import numpy as np
from graphs import ROOT


def put_up(study_name: str, pipe: Connection) -> None:
    """Serve a study, and tell the port."""
    import coverplan as cp
    from coverplan.app.planner import Planner
    from coverplan.app.run import serve, take_place

    packs, routers = None, None
    if study_name == "auckland":
        import bench_try

        study, network, router, pack = bench_try.auckland()
        packs, routers = (pack,), {"ambulance": router}
    else:
        study = cp.read_study(ROOT / f"configs/{study_name}.yaml")
        network = cp.build_network(study)
    cp.warm_up()
    with tempfile.TemporaryDirectory() as folder:
        planner = Planner.of(study, network, scenarios=folder, packs=packs, routers=routers)
        place = take_place(port=0)
        serve(planner, place, ready=lambda: pipe.send(place.port))


class User:
    """Somebody who drags a station about."""

    def __init__(self, port: int, seed: int) -> None:
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30)
        self.state = self.client.post("/api/desks", json={}).json()
        points = self.client.get("/api/ground").json()["points"]
        rng = np.random.default_rng(seed)
        self.stations = [one for one in self.state["facilities"] if one["kind"] == "ems_station" and one["movable"]]
        self.station = self.stations[seed % len(self.stations)]
        self.at = np.array(self.station["at"])
        self.goal = np.array([points["lon"], points["lat"]]).T[rng.integers(len(points["lon"]))]
        self.points, self.rng, self.n = points, rng, 0
        self.took: list[float] = []
        self.server: list[float] = []
        self.errors = 0

    def move(self) -> None:
        """Move the pointer about a place where people live, and after a while to another."""
        if self.n % 25 == 0:
            row = self.rng.integers(len(self.points["lon"]))
            self.goal = np.array([self.points["lon"][row], self.points["lat"][row]])
        self.at = self.goal + self.rng.normal(scale=0.0005, size=2)
        self.n += 1

    def drag(self) -> None:
        """Ask once, and hold the answer against what it should be."""
        self.move()
        body = {"facility_id": self.station["facility_id"], "at": self.at.round(6).tolist(), "seq": self.n}
        began = time.perf_counter()
        answer = self.client.post(f"/api/desks/{self.state['desk_id']}/drag", json=body)
        self.took.append((time.perf_counter() - began) * 1000)
        if answer.status_code != 200 or answer.json()["seq"] != self.n:
            self.errors += 1
        else:
            self.server.append(answer.json()["ms"])

    def check(self) -> None:
        """Hold a drag against the edit that it would become."""
        at = self.goal.round(5).tolist()
        desk = f"/api/desks/{self.state['desk_id']}"
        shown = self.client.post(f"{desk}/drag", json={"facility_id": self.station["facility_id"], "at": at}).json()
        edits = {"edits": [{"move": {"facility": self.station["facility_id"], "at": at}}]}
        if self.client.post(f"{desk}/edits", json=edits).json()["figures"] != shown["figures"]:
            raise SystemExit("a drag and its edit say different things")
        self.client.post(f"{desk}/undo", json={})


def quantiles(took: list[float]) -> str:
    """Write median, 95th percentile and the longest in milliseconds."""
    cut = statistics.quantiles(took, n=100)
    return f"p50 {cut[49]:6.1f}  p95 {cut[94]:6.1f}  longest {max(took):6.1f} ms"


def edits_of(user: User, repeat: int) -> list[float]:
    """Time edits: the station let go somewhere, again and again."""
    took = []
    for _ in range(repeat):
        user.move()
        edit = {"edits": [{"move": {"facility": user.station["facility_id"], "at": user.at.round(6).tolist()}}]}
        began = time.perf_counter()
        user.client.post(f"/api/desks/{user.state['desk_id']}/edits", json=edit).raise_for_status()
        took.append((time.perf_counter() - began) * 1000)
    return took


def measure(study_name: str, *, users: int, seconds: float) -> None:
    """Put a study up, and time one user and many."""
    ours, theirs = multiprocessing.get_context("spawn").Pipe()
    server = multiprocessing.get_context("spawn").Process(target=put_up, args=(study_name, theirs))
    began = time.perf_counter()
    server.start()
    try:
        port = ours.recv()
        print(f"{study_name}: ready after {time.perf_counter() - began:.1f} s")
        crowd = [User(port, seed) for seed in range(users)]
        crowd[0].check()
        alone = crowd[0]
        for _ in range(20):
            alone.drag()
        alone.took.clear()
        alone.server.clear()
        for _ in range(200):
            alone.drag()
        print(f"  one user, a drag      {quantiles(alone.took)}   (in the server: {quantiles(alone.server)})")
        print(f"  one user, an edit     {quantiles(edits_of(alone, 20))}")
        for user in crowd:
            user.drag()
            user.took.clear()
            user.server.clear()
        stop = threading.Event()

        def work(user: User) -> None:
            while not stop.is_set():
                user.drag()

        with ThreadPoolExecutor(users) as pool:
            told = [pool.submit(work, user) for user in crowd]
            time.sleep(seconds)
            stop.set()
            for one in told:
                one.result()
        took = [ms for user in crowd for ms in user.took]
        errors = sum(user.errors for user in crowd)
        rate = len(took) / seconds
        print(f"  {users} users at once    {quantiles(took)}   {rate:,.0f} answers/s, {errors} errors")
    finally:
        server.terminate()
        server.join()


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("studies", nargs="*", default=["jinjiang", "auckland"])
    parser.add_argument("--users", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=8.0)
    given = parser.parse_args()
    print(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}")
    for name in given.studies:
        measure(name, users=given.users, seconds=given.seconds)


if __name__ == "__main__":
    main()
