"""Facility planning and coverage for health services.

Records are read and checked, put on a road network, measured, held against the targets of the plan, and written as
maps and tables. The public names are flat and load on first use, so that importing the package costs nothing:

>>> import coverplan as cp
>>> study = cp.read_study(cp.sample_config())
>>> study.name_en
'Three Bridges (toy county)'
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_HOMES = {
    "InputError": "core.errors",
    "WhatIf": "travel.whatif",
    "assess": "standards.assess",
    "build_graph": "roads.speeds",
    "build_network": "roads.build",
    "build_router": "travel.router",
    "calibrate": "travel.calibrate.calibration",
    "default_profiles": "roads.profiles",
    "explain": "standards.explain",
    "gaps": "standards.gaps",
    "geocode": "inputs.geocode",
    "grow": "inputs.people.growth",
    "isochrones": "travel.isochrones.study",
    "people_from_census": "inputs.people.census",
    "people_from_raster": "inputs.people.raster",
    "reach": "travel.reach",
    "read_study": "inputs.study",
    "read_trips": "travel.calibrate.trips",
    "sample_config": "sample",
    "share_of_week": "travel.periods",
    "straight_line": "travel.times",
    "summary": "standards.summary",
    "travel_matrix": "travel.matrix",
    "travel_times": "travel.times",
    "write_map": "outputs.maps",
    "write_run": "outputs.runs",
    "write_tables": "outputs.tables",
}

__all__ = ["__version__", *sorted(_HOMES)]  # noqa: PLE0604 - the names are the keys above

if TYPE_CHECKING:
    from coverplan.core.errors import InputError as InputError
    from coverplan.inputs.geocode import geocode as geocode
    from coverplan.inputs.people.census import people_from_census as people_from_census
    from coverplan.inputs.people.growth import grow as grow
    from coverplan.inputs.people.raster import people_from_raster as people_from_raster
    from coverplan.inputs.study import read_study as read_study
    from coverplan.outputs.maps import write_map as write_map
    from coverplan.outputs.runs import write_run as write_run
    from coverplan.outputs.tables import write_tables as write_tables
    from coverplan.roads.build import build_network as build_network
    from coverplan.roads.profiles import default_profiles as default_profiles
    from coverplan.roads.speeds import build_graph as build_graph
    from coverplan.sample import sample_config as sample_config
    from coverplan.standards.assess import assess as assess
    from coverplan.standards.explain import explain as explain
    from coverplan.standards.gaps import gaps as gaps
    from coverplan.standards.summary import summary as summary
    from coverplan.travel.calibrate.calibration import calibrate as calibrate
    from coverplan.travel.calibrate.trips import read_trips as read_trips
    from coverplan.travel.isochrones.study import isochrones as isochrones
    from coverplan.travel.matrix import travel_matrix as travel_matrix
    from coverplan.travel.periods import share_of_week as share_of_week
    from coverplan.travel.reach import reach as reach
    from coverplan.travel.router import build_router as build_router
    from coverplan.travel.times import straight_line as straight_line
    from coverplan.travel.times import travel_times as travel_times
    from coverplan.travel.whatif import WhatIf as WhatIf


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'coverplan' has no attribute '{name}'")
    value = getattr(import_module(f"coverplan.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return list(__all__)
