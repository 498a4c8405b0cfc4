"""What the peers do, in their own environment: `inside.py PEER FOLDER` reads `asked.npz` and writes `PEER.npz` there.

Nothing of ours is imported. Times are CPU seconds of one thread, medians of a few runs after one that does not count;
what a peer does once, before it answers, is told apart.
"""

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

FAR = 2_000_000
"""Tenths of a second that no way takes: pandana wants a greatest distance, and counts in thousandths of it."""


def pandana(asked: Mapping[str, np.ndarray]) -> dict[str, Any]:
    """Nearest facility of every node, and every node within a limit of some."""
    import pandana as peer
    import pandas as pd

    x, y = pd.Series(asked["x"]), pd.Series(asked["y"])
    started = time.process_time()
    weights = pd.DataFrame({"w": asked["time"].astype(float)})
    network = peer.Network(x, y, pd.Series(asked["tail"]), pd.Series(asked["head"]), weights, twoway=False)
    made_s = time.process_time() - started
    places = asked["facilities"]

    def field() -> np.ndarray:
        network.set_pois("f", FAR, 1, x.iloc[places], y.iloc[places])
        return network.nearest_pois(FAR, "f", num_pois=1)[1].to_numpy()

    field_s, far = timed(field)
    reach_s, pairs = timed(lambda: network.nodes_in_range(asked["sources"].tolist(), float(asked["limit"])))
    return {
        "made_s": made_s,
        "field_s": field_s,
        "field": np.where(far >= FAR, np.inf, far),
        "reach_s": reach_s,
        "n_pairs": len(pairs),
        "sum_pairs": float(pairs["weight" if "weight" in pairs else "w"].sum()),
    }


def pyroutingkit(asked: Mapping[str, np.ndarray]) -> dict[str, Any]:
    """Every pair of some sources and some targets, by a customisable hierarchy."""
    from pyroutingkit import CCH

    ends = (asked[name].astype(np.uint32) for name in ("tail", "head"))
    at = (asked[name].astype(np.float32) for name in ("y", "x"))
    made = CCH()
    started = time.process_time()
    made.build_topology(*ends, *at, node_count=len(asked["x"]))
    made_s = time.process_time() - started
    weights = asked["time"].astype(np.uint32)
    profile_s, _ = timed(lambda: made.customize_weights(weights))
    rows, columns = (asked[name].astype(np.uint32) for name in ("rows", "columns"))
    matrix_s, far = timed(lambda: made.distances_many_to_many(rows, columns))
    return {"made_s": made_s, "profile_s": profile_s, "matrix_s": matrix_s, "matrix": far}


def osrm(asked: Mapping[str, np.ndarray], folder: Path) -> dict[str, Any]:
    """Pairs and a table by OSRM's own car profile, on its own reading of the extract."""
    import osrm as peer

    home = Path(peer.__file__).parent
    extract = folder / "extract.osm.pbf"
    started = time.perf_counter()
    for step in (
        ["osrm-extract", "-p", home / "share/profiles/car.lua", extract],
        ["osrm-contract", folder / "extract.osrm"],
    ):
        subprocess.run(
            [home / "bin" / step[0], *step[1:], "--threads", "1"], check=True, capture_output=True, cwd=folder
        )
    made_s = time.perf_counter() - started
    engine = peer.OSRM(str(folder / "extract.osrm"))

    def table(origins: np.ndarray, goals: np.ndarray, what: list[str]) -> Any:
        both = [tuple(map(float, place)) for place in np.concatenate([origins, goals])]
        n = len(origins)
        return engine.Table(
            peer.TableParameters(
                coordinates=both, sources=list(range(n)), destinations=list(range(n, len(both))), annotations=what
            )
        )

    pairs = [json.loads(str(table(*ends, ["duration", "distance"])["durations"])) for ends in one_by_one(asked)]
    metres = [json.loads(str(table(*ends, ["duration", "distance"])["distances"])) for ends in one_by_one(asked)]
    table_s, _ = timed(lambda: table(asked["rows"], asked["columns"], ["duration"]))
    return {"made_s": made_s, "table_s": table_s, "seconds": flat(pairs), "metres": flat(metres)}


def valhalla(asked: Mapping[str, np.ndarray], folder: Path) -> dict[str, Any]:
    """Do the same by Valhalla's `auto`."""
    import valhalla as peer

    tiles = folder / "tiles"
    tiles.mkdir()
    config = peer.get_config(tile_extract="", tile_dir=str(tiles), verbose=False)
    config["mjolnir"]["tile_extract"] = ""
    config["service_limits"]["auto"]["max_matrix_location_pairs"] = 10_000_000
    file = folder / "valhalla.json"
    file.write_text(json.dumps(config), encoding="utf-8")
    started = time.perf_counter()
    build = Path(peer.__file__).parent / "bin" / "valhalla_build_tiles"
    subprocess.run([build, "-c", file, folder / "extract.osm.pbf"], check=True, capture_output=True)
    made_s = time.perf_counter() - started
    engine = peer.Actor(str(file))

    def table(origins: np.ndarray, goals: np.ndarray) -> Any:
        sources, targets = ([{"lon": float(x), "lat": float(y)} for x, y in some] for some in (origins, goals))
        return engine.matrix({"sources": sources, "targets": targets, "costing": "auto"})["sources_to_targets"]

    pairs = [table(*ends)[0][0] for ends in one_by_one(asked)]
    table_s, _ = timed(lambda: table(asked["rows"], asked["columns"]), 1)
    return {
        "made_s": made_s,
        "table_s": table_s,
        "seconds": flat([pair["time"] for pair in pairs]),
        "metres": 1000 * flat([pair["distance"] for pair in pairs]),
    }


def one_by_one(asked: Mapping[str, np.ndarray]) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return the two ends of each trip."""
    return [(asked["origins"][[i]], asked["goals"][[i]]) for i in range(len(asked["origins"]))]


def flat(values: list[Any]) -> np.ndarray:
    """Return one number for each pair, NaN where the engine gave none."""
    return np.array([np.nan if value in (None, [[None]]) else np.ravel(value)[0] for value in values], dtype=float)


def timed(work: Callable[[], Any], repeat: int = 3) -> tuple[float, Any]:
    """Return the median CPU time of some work, and what came of it."""
    result, taken = work(), []
    for _ in range(repeat):
        start = time.process_time()
        work()
        taken.append(time.process_time() - start)
    return statistics.median(taken), result


def main() -> None:
    """Do what one peer is asked."""
    name, folder = sys.argv[1], Path(sys.argv[2])
    with np.load(folder / "asked.npz") as stored:
        asked = dict(stored)
    work = {"pandana": pandana, "pyroutingkit": pyroutingkit}.get(name)
    told = work(asked) if work else {"osrm": osrm, "valhalla": valhalla}[name](asked, folder)
    np.savez(folder / f"{name}.npz", **told)


if __name__ == "__main__":
    main()
