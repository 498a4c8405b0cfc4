"""Make the tables of the embedded study again.

    python data/jinjiang/generate.py [folder]

Reads the hand-written facts in `sources/` and writes the tables beside this file, or into the folder that is named.
The same sources give the same files, byte for byte.
"""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from generator.bends import bend  # noqa: E402
from generator.carriageways import split_carriageways  # noqa: E402
from generator.land import build_land  # noqa: E402
from generator.motorways import add_motorways  # noqa: E402
from generator.people import build_people  # noqa: E402
from generator.places import Siting, build_aeds, build_facilities, build_indicators, build_projects, build_vehicles  # noqa: E402
from generator.roads import build_streets  # noqa: E402
from generator.write import write_areas, write_roads, write_table  # noqa: E402

from coverplan.core import tables  # noqa: E402 - the generator's own folder must be on the path first


def main(folder: Path) -> None:
    """Make every table and write it into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    land = build_land()
    straight, axes = build_streets(land)
    roads = bend(add_motorways(split_carriageways(straight, land), axes))
    siting = Siting(land, roads)
    write_areas(folder / "areas.geojson", land)
    write_roads(folder / "roads", roads)
    write_table(folder / "people.csv", tables.PEOPLE, build_people(land, roads))
    write_table(folder / "facilities.csv", tables.FACILITIES, build_facilities(land, siting))
    write_table(folder / "vehicles.csv", tables.VEHICLES, build_vehicles())
    write_table(folder / "aeds.csv", tables.AEDS, build_aeds(land, siting))
    write_table(folder / "projects.csv", tables.PROJECTS, build_projects())
    write_table(folder / "indicators.csv", tables.INDICATORS, build_indicators())


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE)
