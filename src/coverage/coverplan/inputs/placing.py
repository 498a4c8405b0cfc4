"""Positions for the records of a study that bring none: from gazetteers and remembered answers, or with a provider."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from coverplan.core.errors import InputError, Problem, ProblemList
from coverplan.core.progress import SILENT, Progress
from coverplan.core.tables import cells_of
from coverplan.core.units import project
from coverplan.core.words import worst_quality
from coverplan.inputs.config import GeocodeSection
from coverplan.inputs.geocode import (
    REASONS,
    Gazetteer,
    Geocoded,
    Provider,
    embedded_gazetteer,
    geocode,
    provider_from_config,
    read_gazetteer,
)
from coverplan.inputs.records import Records

PLACED_TABLES = ("facilities", "aeds", "projects")
"""The tables whose records may come without a position, in the order in which they are placed."""
NEED_NO_PLACE = frozenset({"projects"})
"""Tables whose records may stay without one: a training programme is nowhere."""
CACHE = "geocoded.csv"
"""Where answers are remembered unless the config says otherwise, inside the data folder."""
_SERVICE = ("provider", "url", "key_env", "delay_s", "timeout_s", "tries", "pause_s", "contact", "datum")
_MOST = 25
_POSITION = frozenset({"lon", "lat", None})


class Refuse(Protocol):
    """Notes a problem at a key of the config."""

    def __call__(self, what: str, *key: str | int, hint: str | None = None) -> None:
        """Note it."""
        ...


@dataclass(frozen=True, kw_only=True)
class Placing:
    """How the records of one study are placed.

    Attributes
    ----------
    asked
        Whether the config asks for it at all.
    gazetteer, cache
        The study's own list of places, and where answers are remembered (which need not be there yet).
    county
        Of records that do not say it themselves.
    """

    asked: bool
    gazetteer: Path | None
    cache: Path
    county: str
    config: str

    @property
    def files(self) -> list[Path]:
        """What is read."""
        return [path for path in (self.gazetteer, self.cache) if path is not None and path.is_file()] * self.asked

    def lists(self) -> list[Gazetteer]:
        """Return the gazetteers in the order in which they are asked."""
        own = [read_gazetteer(self.gazetteer)] if self.gazetteer is not None else []
        return [*own, embedded_gazetteer()]


def find_placing(section: GeocodeSection | None, data: Path, *, name: str, config: str, refuse: Refuse) -> Placing:
    """Look whether what the config says about placing can be meant, and find its files.

    Parameters
    ----------
    section
        The `geocode` part of the config, if any.
    data
        The folder in which files are looked for.
    name
        The study's name: the county, unless the config names another.
    config
        How messages call the config.
    """
    given = section or GeocodeSection()
    gazetteer = data / given.gazetteer if given.gazetteer is not None else None
    if gazetteer is not None and not gazetteer.is_file():
        refuse(
            f"there is no file '{given.gazetteer}'", "geocode", "gazetteer", hint="it is looked for in the data folder"
        )
        gazetteer = None
    cache, county = data / (given.cache or CACHE), given.county or name
    return Placing(asked=section is not None, gazetteer=gazetteer, cache=cache, county=county, config=config)


def service(section: GeocodeSection | None, *, provider: str | None = None) -> Provider | None:
    """Make the online provider that a config or the command asks for; None when neither does.

    Raises
    ------
    InputError
        When its key is not in the environment, or a setting makes no sense.
    """
    given = (section or GeocodeSection()).model_dump(exclude_none=True)
    settings = {name: given[name] for name in _SERVICE if name in given}
    if provider is not None and provider != settings.get("provider"):
        # Address, key and pace belong to the provider that the config names.
        settings = {"provider": provider}
    return provider_from_config(settings)


def place_missing(
    tables: Mapping[str, Records], placing: Placing, *, crs: str, problems: ProblemList, notes: ProblemList
) -> dict[str, Records]:
    """Place every record that brings no position, without asking anybody; what cannot be placed is a problem.

    Parameters
    ----------
    tables
        What was read, by table; `areas` are where a place must lie.
    crs
        The study's CRS.
    problems
        Takes records without a position: those that no list knows, and all of them when the config does not ask for
        placing. Projects may stay without one.
    notes
        Takes records whose place a person should look at, and projects that are nowhere.

    Returns
    -------
    dict of Records
        The tables with `lon`, `lat`, geometry and `position_quality` (or `quality`) of the records that were placed.
    """
    done = dict(tables)
    for name in PLACED_TABLES:
        records = tables.get(name)
        if records is None:
            continue
        if name == "projects" and "facilities" in done:
            records = done[name] = at_their_facilities(records, done["facilities"], problems)
        missing = without_position(records, problems)
        if not missing.any():
            continue
        if not placing.asked:
            if name not in NEED_NO_PLACE:
                _refuse_missing(records, missing, placing, problems)
            continue
        try:
            found = place(records, missing, placing, areas=tables.get("areas"))
        except InputError as error:
            problems.extend(error.problems)
            continue
        done[name] = _filled(records, missing, found, crs)
        _tell(records, missing, found, placing, problems=problems, notes=notes)
    return done


def at_their_facilities(projects: Records, facilities: Records, problems: ProblemList) -> Records:
    """Put projects without a position where the first of their facilities stands that has one.

    Parameters
    ----------
    projects, facilities
        As they were read; `facility_ids` may hold identifiers or names.
    problems
        A project whose position is told to be wrong already stays as it is.
    """
    placed = gpd.GeoDataFrame(facilities.frame)
    placed = placed[placed.geometry.notna() & placed["facility_id"].notna()]
    placed = placed.drop_duplicates("facility_id").reset_index(drop=True)
    names = placed["name"].drop_duplicates(keep=False)
    at = {**{name: i for i, name in names.items()}, **{key: i for i, key in placed["facility_id"].items()}}
    missing = without_position(projects, problems)
    frame = gpd.GeoDataFrame(projects.frame).copy()
    found = {
        record: next((at[cell] for cell in cells_of(cells) if cell in at), None)
        for record, cells in frame.loc[missing, "facility_ids"].items()
    }
    here = {record: row for record, row in found.items() if row is not None}
    rows, stand = list(here), placed.loc[list(here.values())]
    quality = stand["position_quality"].fillna(stand["quality"])
    for name, values in (("lon", stand["lon"]), ("lat", stand["lat"]), ("position_quality", quality)):
        frame.loc[rows, name] = values.to_numpy()
    frame.loc[rows, "geometry"] = gpd.GeoSeries(stand.geometry.to_numpy(), index=rows, crs=frame.crs)
    return replace(projects, frame=frame)


def without_position(records: Records, problems: ProblemList) -> npt.NDArray[np.bool_]:
    """Say which records bring no position; those whose position is told to be wrong already are not among them."""
    frame = records.frame
    missing = (frame["lon"].isna() & frame["lat"].isna()).to_numpy(bool, copy=True)
    if not missing.any():
        return missing
    here = [p for p in problems if (p.file, p.sheet) == (records.file, records.sheet) and p.column in _POSITION]
    if any(p.row is None and p.column is not None for p in here):
        return np.zeros_like(missing)
    told = {p.row for p in here}
    return missing & np.array([records.row(record) not in told for record in frame.index], dtype=bool)


def place(
    records: Records,
    missing: npt.NDArray[np.bool_],
    placing: Placing,
    *,
    areas: Records | None = None,
    provider: Provider | None = None,
    corrections: pd.DataFrame | None = None,
    progress: Progress = SILENT,
) -> Geocoded:
    """Place some records of a table; rows of the answer and of its problems are those of the records' file."""
    frame = pd.DataFrame(records.frame.loc[missing].drop(columns="geometry"))
    ground = None if areas is None else gpd.GeoDataFrame(areas.frame)
    if ground is not None:
        ground = ground[ground.geometry.notna() & ground.geometry.is_valid]
        # A service knows a town by its official code or its name, not by a key of the study's own.
        names = ground.dropna(subset=["area_id", "name"]).drop_duplicates("area_id").set_index("area_id")["name"]
        official = {key: key for key in names.index if embedded_gazetteer().named(key) != key}
        frame = frame.assign(town=frame["area_id"].map({**names, **official}).fillna(frame["area_id"]))
    found = geocode(
        frame.reset_index(drop=True),
        gazetteer=placing.lists(),
        provider=provider,
        cache=placing.cache,
        study_area=None if ground is None or ground.empty else ground,
        county=placing.county,
        corrections=corrections,
        file=records.file,
        first_row=0,
        progress=progress,
    )
    rows = [records.row(record) for record in frame.index]
    told = [replace(p, row=None if p.row is None else rows[p.row], sheet=records.sheet) for p in found.problems]
    review = found.review.assign(row=[rows[number] for number in found.review["row"]])
    return replace(found, problems=tuple(told), review=review)


def _filled(records: Records, missing: npt.NDArray[np.bool_], found: Geocoded, crs: str) -> Records:
    """Write what was found into the records."""
    frame = gpd.GeoDataFrame(records.frame).copy()
    where = frame.index[missing]
    lon, lat = (found.placed[name].to_numpy(float) for name in ("lon", "lat"))
    x, y = project(lon, lat, crs)
    known = np.isfinite(x) & np.isfinite(y)
    frame.loc[where, "lon"], frame.loc[where, "lat"] = lon, lat
    frame.loc[where[known], "geometry"] = gpd.GeoSeries(shapely.points(x[known], y[known]), index=where[known], crs=crs)
    quality = found.placed["position_quality"].to_numpy(dtype=object)
    if "position_quality" in frame:
        frame.loc[where[known], "position_quality"] = quality[known]
    else:
        own = frame.loc[where[known], "quality"].fillna("official")
        frame.loc[where[known], "quality"] = [worst_quality(pair) for pair in zip(own, quality[known], strict=True)]
    return replace(records, frame=frame)


def _refuse_missing(records: Records, missing: npt.NDArray[np.bool_], placing: Placing, problems: ProblemList) -> None:
    hint = "give lon and lat, or let it be placed by its name: add 'geocode: {}' to the config"
    count = int(missing.sum())
    if count == len(records.frame) and "lon" not in records.headings and count > 1:
        what = f"none of the {count} records has a position"
        hint = "add columns lon and lat, or let them be placed by their names: add 'geocode: {}' to the config"
        problems.add(what, file=records.file, sheet=records.sheet, column="lon", hint=hint)
        return
    rows = records.frame.loc[missing]
    for record, name in zip(rows.index[:_MOST], rows["name"].head(_MOST), strict=True):
        what = f"'{name}' has no position"
        problems.add(what, file=records.file, sheet=records.sheet, row=records.row(record), column="lon", hint=hint)
    if count > _MOST:
        what = f"the same mistake stands in {count - _MOST} more row{'' if count == _MOST + 1 else 's'}"
        problems.add(what, file=records.file, sheet=records.sheet, column="lon")


def _tell(
    records: Records,
    missing: npt.NDArray[np.bool_],
    found: Geocoded,
    placing: Placing,
    *,
    problems: ProblemList,
    notes: ProblemList,
) -> None:
    """Say what was placed, what should be looked at, and what could not be placed."""
    said = {"file": records.file, "sheet": records.sheet}
    counts = found.counts
    placed = counts["placed"] + counts["check"]
    nowhere = found.review[found.review["status"] == "open"]
    if records.table.name in NEED_NO_PLACE and len(nowhere):
        names = "、".join(nowhere["name"].head(3))
        what = f"{len(nowhere)} of {len(records.frame)} {records.table.name} have no position: {names}"
        notes.add(f"{what}{' ...' if len(nowhere) > 3 else ''}", **said)
    notes.add(f"{placed} of {int(missing.sum())} records without a position are placed by their names", **said)
    problems.extend(found.problems)
    refused = {problem.row for problem in found.problems}
    hint = f"coverplan geocode {placing.config} --review review.xlsx"
    for row in found.review.to_dict("records"):
        if row["row"] in refused:
            continue
        why = REASONS.get(row["reason"], ("", "no list knows a place of that name"))[1]
        if row["status"] == "check":
            notes.add(f"'{row['name']}': {why}", row=row["row"], column="lon", hint=hint, **said)
        elif records.table.name not in NEED_NO_PLACE:
            what = f"'{row['name']}' has no position: {why}"
            problems.add(what, row=row["row"], column="lon", hint=hint, **said)


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What came of placing one table: its name, how many of its records brought no position, and the answers."""

    table: str
    missing: int
    found: Geocoded

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Points that are no results, and providers that could not be asked."""
        return self.found.problems


def ask(
    tables: Mapping[str, Records],
    placing: Placing,
    *,
    provider: Provider | None = None,
    corrections: pd.DataFrame | None = None,
    progress: Progress = SILENT,
) -> tuple[Asked, ...]:
    """Place what brings no position, with a provider for what no list knows, and remember the answers.

    Parameters
    ----------
    tables
        What was read, by table.
    provider
        The online service; None asks nobody.
    corrections
        What a person filled into a review list.

    Returns
    -------
    tuple of Asked
        One for each table with records that bring no position.
    """
    nothing: Any = ProblemList()
    tables, done = dict(tables), []
    for name in PLACED_TABLES:
        records = tables.get(name)
        if records is not None and name == "projects" and "facilities" in tables:
            records = at_their_facilities(records, tables["facilities"], nothing)
        missing = None if records is None else without_position(records, nothing)
        if records is None or missing is None or not missing.any():
            continue
        found = place(
            records,
            missing,
            placing,
            areas=tables.get("areas"),
            provider=provider,
            corrections=corrections,
            progress=progress,
        )
        done.append(Asked(table=name, missing=int(missing.sum()), found=found))
        tables[name] = _filled(records, missing, found, str(gpd.GeoDataFrame(records.frame).crs))
    return tuple(done)
