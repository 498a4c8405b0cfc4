"""Small synthetic counties: the toy study, with people, facilities, vehicles and AEDs drawn anew for each.

    python benchmarks/counties.py FOLDER --n 1000

Everything in them is invented. County 17 is the same in every set, however many there are.
"""

import argparse
import csv
import random
import shutil
from collections.abc import Callable
from pathlib import Path

from coverplan.sample import sample_config

_CHANGED = ("people.csv", "facilities.csv", "vehicles.csv", "aeds.csv")


def build_counties(folder: Path, n: int) -> list[Path]:
    """Write `n` counties into a folder and return their configs; roads and towns are shared by all of them."""
    source = sample_config()
    data = source.parent / source.stem
    shared = folder / "shared"
    shutil.copytree(data, shared, dirs_exist_ok=True)
    text = source.read_text(encoding="utf-8").replace("three-bridges-standards.yaml", "shared/standards.yaml")
    shutil.copyfile(source.with_name("three-bridges-standards.yaml"), shared / "standards.yaml")
    configs = []
    for i in range(n):
        name = f"county-{i:04d}"
        own = folder / name
        own.mkdir(parents=True, exist_ok=True)
        draw = random.Random(i)  # noqa: S311 - invented counties are no secret
        changes: tuple[Callable[[random.Random, list[dict[str, str]]], list[dict[str, str]]], ...]
        changes = (_people, _facilities, _vehicles, _aeds)
        for file, change in zip(_CHANGED, changes, strict=True):
            _rewrite(shared / file, own / file, draw, change)
        ready = text.replace("study: three-bridges", f"study: {name}").replace("data: three-bridges", f"data: {name}")
        for file in ("areas.geojson", "projects.csv"):
            ready = ready.replace(f": {file}", f": ../shared/{file}")
        ready = ready.replace("{tables: roads}", "{tables: ../shared/roads}")
        config = folder / f"{name}.yaml"
        config.write_text(ready, encoding="utf-8")
        configs.append(config)
    return configs


def _rewrite(
    source: Path,
    to: Path,
    draw: random.Random,
    change: Callable[[random.Random, list[dict[str, str]]], list[dict[str, str]]],
) -> None:
    with source.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    headings = list(rows[0])
    with to.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, headings)
        writer.writeheader()
        writer.writerows(change(draw, rows))


def _people(draw: random.Random, rows: list[dict[str, str]]) -> list[dict[str, str]]:
    return [{**row, "people": str(round(int(row["people"]) * draw.uniform(0.3, 4.0)))} for row in rows]


def _facilities(draw: random.Random, rows: list[dict[str, str]]) -> list[dict[str, str]]:
    return [{**row, "beds": str(draw.randrange(20, 1500))} if row.get("beds") else row for row in rows]


def _vehicles(draw: random.Random, rows: list[dict[str, str]]) -> list[dict[str, str]]:
    first = rows[0]
    flags = ("true", "false")
    return [
        {**first, "vehicle_id": f"V{i}", "negative_pressure": draw.choice(flags)} for i in range(draw.randrange(1, 6))
    ]


def _aeds(draw: random.Random, rows: list[dict[str, str]]) -> list[dict[str, str]]:
    return [{**row, "devices": str(draw.randrange(1, 6))} for row in rows]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--n", type=int, default=1000)
    asked = parser.parse_args()
    build_counties(asked.folder, asked.n)
