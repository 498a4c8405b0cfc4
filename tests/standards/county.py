"""A county drawn in text, whose every verdict under the Jinjiang pack can be worked out in the head.

::

    A---B---C---D        o (off the road, outside every area)

    E---F                (an island)

One character is 750 m, so A to B is 3 km. People: A 1, B 2, C 4, D 8, E 16, and 32 at o, which lies 4 km from the
nearest road. At A stand a primary health centre and an ambulance station with its vehicles, at C a hospital of the
second level. Cars go 10 m/s, ambulances 20 m/s, walkers 1 m/s. West are A, B, E; east are C, D.
"""

from dataclasses import replace

import pandas as pd

from coverplan.core import tables
from coverplan.core.model import Clock, Population, Study
from scenes import Scene, draw, study

PEOPLE = {"A": 1, "B": 2, "C": 4, "D": 8, "E": 16, (12_000.0, 5_500.0): 32}
FACILITIES = {
    "A": {"kind": "chc", "tier": "primary"},
    "C": {"kind": "hospital", "tier": "secondary"},
    ("AB", 0): {"kind": "ems_station"},
}
AREAS = {"west": (-100.0, -100.0, 4_500.0, 3_000.0), "east": (4_500.0, -100.0, 12_000.0, 3_000.0)}


def scene() -> Scene:
    """Return the roads."""
    return draw("A---B---C---D\n\nE---F", step_m=750)


def county(*, people: dict | None = None, facilities: dict | None = None) -> Study:
    """Return the county, its crews answering in 7 minutes before the wheels roll, and 70,000 people on paper."""
    plain = study(scene(), people or PEOPLE, facilities or FACILITIES, areas=AREAS)
    return replace(
        plain,
        clock=Clock(call_handling_s=300, turnout_s=120),
        populations={
            "resident": Population(name="resident", people=70_000, year=2020, source="made up"),
            "resident_2025": Population(name="resident_2025", people=95_000, year=2025, source="made up"),
        },
        vehicles=fleet(
            ("v1", "f2", True, "emergency"), ("v2", "f2", False, "emergency"), ("v3", "f2", True, "transfer")
        ),
        aeds=plain.aeds.reindex(range(2)).assign(
            aed_id=["a1", "a2"], devices=[3, 4], area_id=["west", "east"], quality="official", source="made up"
        ),
    )


def fleet(*rows: tuple[str, str, bool, str]) -> pd.DataFrame:
    """Return a vehicle table: id, base, negative pressure, duty."""
    names = ["vehicle_id", "facility_id", "negative_pressure", "duty"]
    table = pd.DataFrame([dict(zip(names, row, strict=True)) for row in rows], columns=names)
    return table.assign(source="made up", quality="official").reindex(columns=list(tables.VEHICLES.names))
