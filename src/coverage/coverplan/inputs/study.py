"""A study from its config: every table read, checked and placed; everything that is wrong is said at once."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from coverplan.core.errors import InputError, Problem, ProblemList, did_you_mean
from coverplan.core.model import Clock, Population, RoadSource, Study
from coverplan.core.tables import INPUT_TABLES
from coverplan.core.units import WGS84, local_crs, metric_crs
from coverplan.inputs.config import StudyConfig, TableSource, TablesSection, read_config
from coverplan.inputs.people.section import find_people, finish_people, make_people, people_table
from coverplan.inputs.places import check_overlaps, place_in_areas, resolve_references
from coverplan.inputs.placing import Placing, find_placing, place_missing
from coverplan.inputs.records import Records, as_seen, empty_table, unread
from coverplan.inputs.road_source import find_roads, near_name, road_files
from coverplan.inputs.sources import Source, find_sources, read_source
from coverplan.inputs.speeds import study_profiles
from coverplan.inputs.yaml import Lines

COUNTED = "counted"
"""The population of a study that names none: everybody in its people table."""
_EMPTY_IS_WRONG = {"areas": "no areas", "people": "no demand points"}


@dataclass(frozen=True, kw_only=True)
class _Desk:
    """One config on its way in."""

    path: Path
    config: StudyConfig
    lines: Lines
    problems: ProblemList
    notes: ProblemList

    @property
    def data(self) -> Path:
        return self.path.parent / self.config.data

    @property
    def named(self) -> dict[str, TableSource]:
        """Where the tables stand, by table."""
        people = people_table(self.config)
        named = self.config.tables.named
        return named if people is None else {**named, "people": people}

    def refuse(self, what: str, *key: str | int, hint: str | None = None) -> None:
        """Note a problem at a key of the config."""
        column = ".".join(str(step) for step in key)
        self.problems.add(what, file=self.lines.file, row=self.lines.line(*key), column=column, hint=hint)

    def refused(self, *key: str) -> bool:
        """Say whether something is wrong at a key of the config or below it."""
        column = ".".join(key)
        at = (p.column or "" for p in self.problems if p.file == self.lines.file)
        return any(place == column or place.startswith(f"{column}.") for place in at)


def read_study(config: str | Path, *, notes: ProblemList | None = None) -> Study:
    """Read a study: its config, every table it names, and whether they fit together.

    Parameters
    ----------
    config
        The study's YAML file; the paths in it are relative to it, those of tables and roads to its `data` folder.
    notes
        Takes what is worth saying and stops nothing: encodings, columns that are left aside, demand points outside
        the area they name.

    Returns
    -------
    Study
        Positions in one projected CRS (`crs: auto` takes the UTM zone of the areas, else of the people), `area_id`
        filled in by location where it was empty, speed profiles with the config's changes, and the SHA-256 of every
        file.

    Raises
    ------
    InputError
        With every problem of the config and of all tables, each with its file, row, column and a hint.

    Examples
    --------
    >>> from coverplan.sample import sample_config
    >>> study = read_study(sample_config())
    >>> study.crs, len(study.facilities), int(study.people["people"].sum())
    ('EPSG:32650', 6, 25800)
    """
    desk = _open_desk(Path(config), ProblemList() if notes is None else notes)
    path, settings, lines, problems, notes = desk.path, desk.config, desk.lines, desk.problems, desk.notes
    roads = find_roads(settings, desk.data, desk.refuse, problems)
    standards = _standards(desk)
    people_files = find_people(settings, desk.data, desk.refuse, refused=[p.column for p in problems])
    profiles, speed_files = study_profiles(settings, lines, path.parent, problems, notes)
    sources = _sources(desk)
    placing = _placing(desk)
    crs, tables = _read_tables(desk, sources)
    tables = place_missing(tables, placing, crs=crs, problems=problems, notes=notes)
    tables = _with_people(desk, people_files, tables, roads)
    tables = _fit_together(desk, tables, crs)
    tables = _with_finished_people(desk, people_files, tables)
    populations, default = _populations(desk, tables)
    if problems:
        said = [as_seen(problem, tables.values()) for problem in problems]
        raise InputError(_in_order(said, [lines.file, *(source.called for source in sources.values())]))
    frames = {
        name: tables[name].frame.reset_index(drop=True) if name in tables else empty_table(INPUT_TABLES[name], crs)
        for name in TablesSection.model_fields
    }
    assert roads is not None, "the config was checked for its roads"  # noqa: S101 - a slip of ours, not of the user
    return Study(
        study_id=str(settings.study),
        name=str(settings.name),
        name_en=settings.name_en or str(settings.name),
        crs=crs,
        year=int(settings.year or 0),
        areas=gpd.GeoDataFrame(frames["areas"]),
        facilities=gpd.GeoDataFrame(frames["facilities"]),
        people=gpd.GeoDataFrame(frames["people"]),
        vehicles=frames["vehicles"],
        aeds=gpd.GeoDataFrame(frames["aeds"]),
        projects=frames["projects"],
        indicators=frames["indicators"],
        zones=gpd.GeoDataFrame(frames["zones"]),
        roads=roads,
        profiles=profiles,
        clock=Clock(**settings.clock.model_dump()),
        populations=populations,
        default_population=default,
        standards=standards,
        options=MappingProxyType({"outside_m": f"{settings.checks.outside_m:g}", **settings.options}),
        inputs=_hashes(
            path,
            sources,
            tables,
            [*people_files.values(), *placing.files, *road_files(roads), *speed_files, *standards],
        ),
        config=path,
    )


@dataclass(frozen=True, kw_only=True)
class Unplaced:
    """The tables of a study as they were read, before anything is placed or fitted together.

    Attributes
    ----------
    config
        The settings.
    placing
        How records without a position are to be placed.
    data
        The folder that tables and roads are named from.
    crs
        Of every geometry.
    """

    config: StudyConfig
    data: Path
    crs: str
    placing: Placing
    tables: Mapping[str, Records]

    def ground(self, table: str) -> gpd.GeoDataFrame:
        """Return the areas or the people, with sound geometry; empty when the study names none."""
        held = self.tables.get(table)
        frame = gpd.GeoDataFrame(empty_table(INPUT_TABLES[table], self.crs) if held is None else held.frame)
        return frame[frame.geometry.notna() & frame.geometry.is_valid]

    def placed(self) -> dict[str, Records]:
        """Return the tables with what can be placed without asking anybody."""
        aside = ProblemList()
        return place_missing(self.tables, self.placing, crs=self.crs, problems=aside, notes=aside)


def read_unplaced(config: str | Path, *, notes: ProblemList | None = None, without_roads: bool = False) -> Unplaced:
    """Read the config and the tables of a study whose records still lack positions; what `geocode` begins with.

    Parameters
    ----------
    config, notes
        As in `read_study`.
    without_roads
        Whether the config need not name roads yet, because they are about to be made.

    Raises
    ------
    InputError
        With every problem of the config and of the tables.
    """
    desk = _open_desk(Path(config), ProblemList() if notes is None else notes)
    placing = _placing(desk)
    crs, tables = _read_tables(desk, _sources(desk))
    problems = [p for p in desk.problems if not (without_roads and p.file == desk.lines.file and p.column == "roads")]
    if problems:
        raise InputError(problems)
    return Unplaced(config=desk.config, placing=placing, data=desk.data, crs=crs, tables=tables)


def study_placing(config: str | Path) -> Placing:
    """Return how the records of a study are placed: its gazetteers and its county.

    Raises
    ------
    InputError
        When there is no such config.
    """
    return _placing(_open_desk(Path(config), ProblemList()))


def _open_desk(path: Path, notes: ProblemList) -> _Desk:
    problems = ProblemList()
    if not path.is_file():
        siblings = [p.name for p in path.parent.glob("*.y*ml")] if path.parent.is_dir() else []
        problems.add("there is no such config file", file=str(path), hint=did_you_mean(path.name, siblings))
        problems.raise_if_any()
    settings, lines = read_config(path, problems)
    return _Desk(path=path, config=settings, lines=lines, problems=problems, notes=notes)


def _placing(desk: _Desk) -> Placing:
    name, config = desk.config.name or "", desk.lines.file
    return find_placing(desk.config.geocode, desk.data, name=name, config=config, refuse=desk.refuse)


def _in_order(problems: Iterable[Problem], files: Iterable[str]) -> list[Problem]:
    """Put problems in the order in which a person mends them: config first, then file by file, row by row."""
    found = list(problems)
    rank = {file: i for i, file in enumerate(dict.fromkeys(files))}
    sheets = {sheet: i for i, sheet in enumerate(dict.fromkeys(problem.sheet for problem in found))}

    def place(problem: Problem) -> tuple[int, str, int, float]:
        whole_file = -1.0 if problem.column is None or "missing" in problem.what else np.inf
        row = whole_file if problem.row is None else float(problem.row)
        return rank.get(problem.file or "", len(rank)), problem.file or "", sheets[problem.sheet], row

    return sorted(found, key=place)


def _sources(desk: _Desk) -> dict[str, Source]:
    """Find the tables; a folder or file that is not there is the config's mistake."""
    if not desk.data.is_dir():
        folders = [p.name for p in desk.data.parent.glob("*") if p.is_dir()]
        hint = did_you_mean(desk.data.name, folders) or "the path is relative to the config file"
        desk.refuse(f"there is no folder '{desk.config.data}'", "data", hint=hint)
        return {}
    keys = {} if desk.config.tables.people else {"people": ("people", "table")}
    named = {name: source for name, source in desk.named.items() if not desk.refused(*keys.get(name, ("tables", name)))}
    return find_sources(named, desk.data, desk.refuse, keys=keys)


def _read_tables(desk: _Desk, sources: Mapping[str, Source]) -> tuple[str, dict[str, Records]]:
    """Read every table; the one that decides the CRS comes first, in degrees."""
    first = "areas" if "areas" in sources else "people"
    crs = _given_crs(desk)
    tables: dict[str, Records] = {}
    for name in sorted(sources, key=lambda name: name != first):
        records = read_source(sources[name], crs=crs or WGS84, problems=desk.problems, notes=desk.notes)
        if crs is None:
            crs = _local_crs(records.frame)
            records = replace(records, frame=gpd.GeoDataFrame(records.frame).to_crs(crs))
        tables[name] = records
    return crs or local_crs(117, 30), {name: tables[name] for name in sources}


def _given_crs(desk: _Desk) -> str | None:
    if desk.config.crs == "auto":
        return None
    try:
        return metric_crs(desk.config.crs)
    except ValueError as error:
        desk.refuse(str(error), "crs", hint="write auto, or a projected CRS in metres such as EPSG:32650")
        return None


def _local_crs(frame: pd.DataFrame) -> str:
    shapes = gpd.GeoDataFrame(frame).geometry.dropna()
    if shapes.empty:
        return local_crs(117, 30)
    # The median, because one position may be wrong.
    west, south, east, north = np.median(shapely.bounds(shapes.to_numpy()), axis=0)
    return local_crs((west + east) / 2, (south + north) / 2)


def _with_people(
    desk: _Desk, files: Mapping[str, Path], tables: dict[str, Records], roads: RoadSource | None
) -> dict[str, Records]:
    """Add the people that are made from a raster or a census, where the areas are sound."""
    areas = tables.get("areas")
    if areas is None or areas.frame.empty or any(problem.file == areas.file for problem in desk.problems):
        return tables
    frame = gpd.GeoDataFrame(areas.frame).reset_index(drop=True)
    made = make_people(desk.config, files, frame, roads=roads, problems=desk.problems, notes=desk.notes)
    return tables if made is None else {**tables, "people": made}


def _with_finished_people(desk: _Desk, files: Mapping[str, Path], tables: dict[str, Records]) -> dict[str, Records]:
    """Check and fill in groups of people, and let them grow."""
    if "people" not in tables:
        return tables
    areas = tables.get("areas")
    people = finish_people(
        desk.config,
        files,
        tables["people"],
        None if areas is None else gpd.GeoDataFrame(areas.frame),
        problems=desk.problems,
        notes=desk.notes,
    )
    return {**tables, "people": people}


def _fit_together(desk: _Desk, tables: dict[str, Records], crs: str) -> dict[str, Records]:
    """Check the tables against one another; what could not be read is not held against the others."""
    problems = desk.problems
    for name, nothing in _EMPTY_IS_WRONG.items():
        if name in tables and tables[name].complete and tables[name].frame.empty:
            problems.add(f"the table holds {nothing}", file=tables[name].file, hint="it has a heading and no rows")
    people = tables.get("people")
    if (
        people is not None
        and people.complete
        and len(people.frame)
        and not (people.frame["people"].fillna(1) > 0).any()
    ):
        problems.add("nobody lives here: every number is 0", file=people.file, column="people")
    if "areas" in tables:
        check_overlaps(tables["areas"], problems)
    refused = {name for name in TablesSection.model_fields if desk.refused("tables", name)}
    missing = (set(desk.named) | refused) - set(tables)
    absent = {name: unread(INPUT_TABLES[name], crs=crs, file=name) for name in missing}
    tables = {name: r for name, r in resolve_references({**absent, **tables}, problems).items() if name in tables}
    if "areas" in missing or ("areas" in tables and tables["areas"].frame.empty):
        return tables
    return place_in_areas(tables, crs=crs, outside_m=desk.config.checks.outside_m, problems=problems, notes=desk.notes)


def _standards(desk: _Desk) -> tuple[Path, ...]:
    paths = tuple(desk.path.parent / name for name in desk.config.standards)
    for i, (path, name) in enumerate(zip(paths, desk.config.standards, strict=True)):
        if name and not path.is_file():
            hint = near_name(path) or "the path is relative to the config file"
            desk.refuse(f"there is no file '{name}'", "standards", i, hint=hint)
    return paths


def _populations(desk: _Desk, tables: Mapping[str, Records]) -> tuple[Mapping[str, Population], str]:
    """Make the denominators; a study that names none divides by the people of its table."""
    named = {
        name: Population(name=name, people=p.people, year=p.year, source=p.source)
        for name, p in desk.config.populations.items()
    }
    default = desk.config.default_population
    if not named and default is None:
        total = float(tables["people"].frame["people"].sum()) if "people" in tables else 0.0
        counted = Population(name=COUNTED, people=total, year=desk.config.year, source="sum of the people table")
        return MappingProxyType({COUNTED: counted}), COUNTED
    if default is None and len(named) > 1:
        hint = f"add default_population: one of {', '.join(named)}"
        desk.refuse("several populations and no word on which one counts", "populations", hint=hint)
    elif default is not None and default not in named:
        desk.refuse(
            f"'{default}' is not among the populations", "default_population", hint=did_you_mean(default, named)
        )
    return MappingProxyType(named), default or next(iter(named))


def _hashes(
    config: Path, sources: Mapping[str, Source], tables: Mapping[str, Records], files: list[Path]
) -> Mapping[str, str]:
    """Name everything that was read, files relative to the config, with the SHA-256 of its content."""
    paths = [source.path for source in sources.values() if source.path is not None]
    hashes = {_relative(path, config.parent): _sha256(path) for path in [config, *paths, *files]}
    database = {source.called: tables[name].content for name, source in sources.items() if source.path is None}
    return MappingProxyType({**hashes, **database})


def _relative(path: Path, folder: Path) -> str:
    try:
        return Path(os.path.relpath(path, folder)).as_posix()
    except ValueError:  # another drive on Windows
        return path.name


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
