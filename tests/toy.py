"""A copy of the toy study that a test may break: change a cell, drop a column, edit the config."""

import csv
import shutil
from collections.abc import Callable
from pathlib import Path

from coverplan.core.errors import InputError, Problem
from coverplan.core.model import Study
from coverplan.inputs.study import read_study
from coverplan.sample import sample_config


class Toy:
    """The toy study in a folder of its own; every method changes the files and returns the study for the next one."""

    def __init__(self, folder: Path) -> None:
        source = sample_config()
        shutil.copytree(source.parent, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
        self.config = folder / source.name
        self.data = folder / source.stem

    def edit(self, old: str, new: str, *, name: str | None = None) -> "Toy":
        """Replace text in the config, or in a file of the data folder."""
        path = self.config if name is None else self.data / name
        text = path.read_text(encoding="utf-8")
        assert old in text, f"{path.name} does not hold '{old}'"
        path.write_text(text.replace(old, new), encoding="utf-8")
        return self

    def rows(self, name: str, change: Callable[[list[dict[str, str]]], object]) -> "Toy":
        """Change the records of a CSV table in place."""
        path = self.data / name
        with path.open(encoding="utf-8", newline="") as stream:
            records = list(csv.DictReader(stream))
        headings = list(records[0])
        change(records)
        headings += [key for record in records for key in record if key not in headings]
        headings = [heading for heading in headings if any(heading in record for record in records)]
        with path.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, list(dict.fromkeys(headings)))
            writer.writeheader()
            writer.writerows(records)
        return self

    def cell(self, name: str, row: int, column: str, value: str) -> "Toy":
        """Write one cell; the row is counted as a spreadsheet counts it."""
        return self.rows(name, lambda records: records[row - 2].update({column: value}))

    def without(self, name: str, column: str) -> "Toy":
        """Drop a column."""
        return self.rows(name, lambda records: [record.pop(column) for record in records])

    def read(self) -> Study:
        """Read it."""
        return read_study(self.config)

    def problems(self) -> list[Problem]:
        """Read it and return what is wrong; nothing when all is well."""
        try:
            self.read()
        except InputError as error:
            return list(error.problems)
        return []


def break_everything(toy: Toy) -> Toy:
    """Make the mistakes that people make, one of each kind, in one study."""
    toy.edit("year: 2020\ndata", "yaer: 2019\nyear: 2020\ndata").edit("projects.csv", "project.csv")
    toy.cell("facilities.csv", 2, "kind", "hosptial")
    toy.cell("facilities.csv", 3, "lon", "119.5")
    toy.cell("facilities.csv", 4, "lon", "24.713578").cell("facilities.csv", 4, "lat", "118.532373")
    toy.cell("facilities.csv", 5, "facility_id", "F1")
    toy.cell("people.csv", 4, "people", "-400")
    toy.cell("vehicles.csv", 3, "facility_id", "F66")
    toy.without("aeds.csv", "devices")
    edges = toy.data / "roads" / "edges.csv"
    edges.write_text(edges.read_text(encoding="utf-8").splitlines()[0] + "\n", encoding="utf-8")
    return toy


EVERY_MISTAKE = [
    ("three-bridges.yaml", 5, None, "unknown key 'yaer'", "did you mean 'year'?"),
    ("three-bridges.yaml", 15, "tables.projects", "there is no file 'project.csv'", "did you mean 'projects.csv'?"),
    ("facilities.csv", 2, "kind", "'hosptial' is not a known kind", "did you mean 'hospital'?"),
    ("facilities.csv", 3, "lon", "lies outside the study area", "km from 东岸镇"),
    ("facilities.csv", 4, "lat", "118.532373 is above 90", "are longitude and latitude swapped?"),
    ("facilities.csv", 5, "facility_id", "'F1' stands in row 2 already", "every facility_id may stand once"),
    ("people.csv", 4, "people", "-400 is below 0", None),
    ("vehicles.csv", 3, "facility_id", "'F66' is not in facilities", "did you mean 'F6'?"),
    ("aeds.csv", None, "devices", "the column is missing", "add it as 'devices' or '台数'"),
    ("roads/edges.csv", 2, None, "the road network is empty", "a network has nodes and edges"),
]
"""File, row, column, what is said and the hint for each mistake of `break_everything`, in the order they are told."""
