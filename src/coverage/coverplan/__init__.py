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
    "Scenario": "scenarios.edits",
    "Site": "planning.sites",
    "Variation": "planning.uncertainty.variation",
    "WhatIf": "travel.whatif",
    "apply": "scenarios.apply",
    "apply_roads": "scenarios.apply",
    "assess": "standards.assess",
    "build_graph": "roads.speeds",
    "build_network": "roads.build",
    "build_router": "travel.router",
    "build_trial": "planning.ground",
    "building_order": "planning.order",
    "calibrate": "travel.calibrate.calibration",
    "clip_around": "roads.clip",
    "compare": "planning.compare",
    "coverage_probability": "planning.uncertainty.chance",
    "default_profiles": "roads.profiles",
    "diff": "outputs.compare_runs",
    "download_roads": "roads.download",
    "explain": "standards.explain",
    "gaps": "standards.gaps",
    "geocode": "inputs.geocode",
    "grow": "inputs.people.growth",
    "isochrones": "travel.isochrones.study",
    "merge_facilities": "inputs.merge",
    "people_from_census": "inputs.people.census",
    "people_from_raster": "inputs.people.raster",
    "rank_sites": "planning.ranked",
    "reach": "travel.reach",
    "read_network": "roads.store",
    "read_osm": "roads.osm",
    "read_osm_facilities": "roads.osm_facilities",
    "read_scenario": "scenarios.read",
    "read_sites": "planning.sites",
    "read_study": "inputs.study",
    "read_trips": "travel.calibrate.trips",
    "robust_rank": "planning.uncertainty.robust",
    "run_batch": "batch.run",
    "sample_config": "sample",
    "share_of_week": "travel.periods",
    "site": "planning.siting.site",
    "straight_line": "travel.times",
    "study_in": "scenarios.timeline",
    "summary": "standards.summary",
    "timeline": "planning.years",
    "travel_matrix": "travel.matrix",
    "travel_times": "travel.times",
    "try_sites": "planning.trial",
    "warm_up": "travel.warm",
    "write_comparison_map": "outputs.maps.swipe",
    "write_layers": "outputs.gis.files",
    "write_map": "outputs.maps.assessment",
    "write_network": "roads.store",
    "write_report": "outputs.report.door",
    "write_run": "outputs.runs",
    "write_tables": "outputs.tables",
    "write_timeline_map": "outputs.maps.timeline",
    "write_verdict_book": "outputs.books",
    "write_workbook": "outputs.workbook",
}

__all__ = ["__version__", *sorted(_HOMES)]  # noqa: PLE0604 - the names are the keys above

if TYPE_CHECKING:
    from coverplan.batch.run import run_batch as run_batch
    from coverplan.core.errors import InputError as InputError
    from coverplan.inputs.geocode import geocode as geocode
    from coverplan.inputs.merge import merge_facilities as merge_facilities
    from coverplan.inputs.people.census import people_from_census as people_from_census
    from coverplan.inputs.people.growth import grow as grow
    from coverplan.inputs.people.raster import people_from_raster as people_from_raster
    from coverplan.inputs.study import read_study as read_study
    from coverplan.outputs.books import write_verdict_book as write_verdict_book
    from coverplan.outputs.compare_runs import diff as diff
    from coverplan.outputs.gis.files import write_layers as write_layers
    from coverplan.outputs.maps.assessment import write_map as write_map
    from coverplan.outputs.maps.swipe import write_comparison_map as write_comparison_map
    from coverplan.outputs.maps.timeline import write_timeline_map as write_timeline_map
    from coverplan.outputs.report.door import write_report as write_report
    from coverplan.outputs.runs import write_run as write_run
    from coverplan.outputs.tables import write_tables as write_tables
    from coverplan.outputs.workbook import write_workbook as write_workbook
    from coverplan.planning.compare import compare as compare
    from coverplan.planning.ground import build_trial as build_trial
    from coverplan.planning.order import building_order as building_order
    from coverplan.planning.ranked import rank_sites as rank_sites
    from coverplan.planning.sites import Site as Site
    from coverplan.planning.sites import read_sites as read_sites
    from coverplan.planning.siting.site import site as site
    from coverplan.planning.trial import try_sites as try_sites
    from coverplan.planning.uncertainty.chance import coverage_probability as coverage_probability
    from coverplan.planning.uncertainty.robust import robust_rank as robust_rank
    from coverplan.planning.uncertainty.variation import Variation as Variation
    from coverplan.planning.years import timeline as timeline
    from coverplan.roads.build import build_network as build_network
    from coverplan.roads.clip import clip_around as clip_around
    from coverplan.roads.download import download_roads as download_roads
    from coverplan.roads.osm import read_osm as read_osm
    from coverplan.roads.osm_facilities import read_osm_facilities as read_osm_facilities
    from coverplan.roads.profiles import default_profiles as default_profiles
    from coverplan.roads.speeds import build_graph as build_graph
    from coverplan.roads.store import read_network as read_network
    from coverplan.roads.store import write_network as write_network
    from coverplan.sample import sample_config as sample_config
    from coverplan.scenarios.apply import apply as apply
    from coverplan.scenarios.apply import apply_roads as apply_roads
    from coverplan.scenarios.edits import Scenario as Scenario
    from coverplan.scenarios.read import read_scenario as read_scenario
    from coverplan.scenarios.timeline import study_in as study_in
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
    from coverplan.travel.warm import warm_up as warm_up
    from coverplan.travel.whatif import WhatIf as WhatIf


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'coverplan' has no attribute '{name}'")
    value = getattr(import_module(f"coverplan.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return list(__all__)
