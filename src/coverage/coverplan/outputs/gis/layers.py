"""What the layers hold: towns with verdicts, people with times, gaps, facilities, roads, service areas."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

import coverplan
from coverplan.access.coverage import TOTAL
from coverplan.core.datum import from_wgs84
from coverplan.core.errors import Cancelled
from coverplan.core.progress import SILENT, Progress
from coverplan.core.tables import INPUT_TABLES
from coverplan.core.units import WGS84
from coverplan.core.words import DATUMS, ROAD_CLASSES
from coverplan.inputs.select import active_facilities
from coverplan.outputs.gis.places import gap_positions
from coverplan.outputs.gis.service import multipolygons, service_areas
from coverplan.outputs.phrases import Both, both, notice
from coverplan.outputs.review.cells import fit
from coverplan.standards.findings import Assessment, Verdict
from coverplan.standards.gaps import gaps
from coverplan.standards.summary import summary

Geometry = Literal["Point", "MultiPolygon", "LineString", "none"]
Datum = Literal["wgs84", "gcj02", "bd09"]

SHIFTED = (
    'GEOGCRS["{name}: positions of Chinese base maps, not WGS 84",DATUM["{name}",ELLIPSOID["WGS 84",6378137,'
    '298.257223563,LENGTHUNIT["metre",1]]],PRIMEM["Greenwich",0,ANGLEUNIT["degree",0.0174532925199433]],'
    'CS[ellipsoidal,2],AXIS["geodetic latitude (Lat)",north,ORDER[1]],AXIS["geodetic longitude (Lon)",east,ORDER[2]],'
    'ANGLEUNIT["degree",0.0174532925199433]]'
)
"""A coordinate system that says what the numbers are; on a Chinese base map they fall where they should."""


@dataclass(frozen=True, kw_only=True, eq=False)
class ResultLayer:
    """A layer or a table: its name, what it is called, what it is, and its rows.

    `verdict_columns` names, for rules that have them, the columns of a town's status or of a person's minutes; the
    first is what QGIS shows unless asked for another.
    """

    name: str
    title: Both
    about: str
    frame: pd.DataFrame
    geometry: Geometry = "none"
    verdict_columns: tuple[tuple[str, Both], ...] = ()


def result_layers(
    assessment: Assessment, *, datum: Datum = "wgs84", progress: Progress = SILENT
) -> tuple[ResultLayer, ...]:
    """Return an assessment as layers in degrees, first the one that is drawn on top.

    Layers: ``gaps``, ``facilities``, ``aeds``, ``people``, ``roads``, ``service_areas``, ``areas``; tables:
    ``verdicts``, ``vehicles``, ``projects``, ``about``. Figures are those of `standards.summary.summary`, by the
    reading that decides; endless times are empty, and the column of the reason says why.

    Parameters
    ----------
    assessment
        What `coverplan.assess` returned.
    datum
        `wgs84`, or a datum of Chinese base maps; then every layer has a column `datum`, and its coordinate system
        says so by name.
    progress
        Told what is being made.

    Raises
    ------
    Cancelled
        When the progress says so.
    """
    makers = (_gaps, _facilities, _aeds, _people, _roads, _service_areas, _areas, _verdicts, _vehicles, _projects)
    made: list[ResultLayer] = []
    for done, make in enumerate(makers):
        if progress.cancelled():
            raise Cancelled("stopped while layers were made")
        progress.message(f"making {make.__name__.strip('_').replace('_', ' ')}")
        layer = make(assessment)
        if len(layer.frame):
            made.append(_in_degrees(layer, datum))
        progress.advance(done + 1, len(makers))
    return (*made, _about(assessment, datum))


def _in_degrees(layer: ResultLayer, datum: Datum) -> ResultLayer:
    """Turn a layer into degrees of a datum."""
    if layer.geometry == "none":
        return layer
    frame = gpd.GeoDataFrame(layer.frame).to_crs(WGS84)
    about = layer.about
    if datum != "wgs84":
        shifted = shapely.transform(
            np.asarray(frame.geometry.array, dtype=object),
            lambda at: np.column_stack(from_wgs84(at[:, 0], at[:, 1], datum)),
        )
        name = DATUMS[datum].en
        frame = frame.drop(columns="geometry").assign(datum=datum)
        frame = gpd.GeoDataFrame(
            frame, geometry=gpd.GeoSeries(shifted, index=frame.index, crs=SHIFTED.format(name=name))
        )
        about = f"{about} Positions are in {name}, not in WGS-84; 坐标为{DATUMS[datum].zh}，不是WGS-84。"
    return ResultLayer(
        name=layer.name,
        title=layer.title,
        about=about,
        frame=frame,
        geometry=layer.geometry,
        verdict_columns=layer.verdict_columns,
    )


def column_stems(rule_ids: Iterable[str]) -> dict[str, str]:
    """Return, for each rule, how its columns begin: letters, digits and underscores, no two alike in any case.

    Examples
    --------
    >>> column_stems(["JJ-117", "jj 117", "急救-1"])
    {'JJ-117': 'JJ_117', 'jj 117': 'jj_117_2', '急救-1': '急救_1'}
    """
    stems: dict[str, str] = {}
    taken: set[str] = set()
    for rule_id in rule_ids:
        stem = re.sub(r"\W+", "_", rule_id)[:40] or "rule"
        number = 2
        base = stem
        while stem.casefold() in taken:
            stem, number = f"{base}_{number}", number + 1
        taken.add(stem.casefold())
        stems[rule_id] = stem
    return stems


def _stems(assessment: Assessment) -> dict[str, str]:
    return column_stems(verdict.rule.rule_id for verdict in assessment.verdicts)


def _named(verdict: Verdict) -> Both:
    rule = verdict.rule
    return both(fit(f"{rule.rule_id} {rule.name_zh}", most=80), fit(f"{rule.rule_id} {rule.name_en}", most=80))


def _declared(frame: pd.DataFrame, table: str) -> pd.DataFrame:
    """Keep the declared columns that hold something; positions are the geometry's."""
    names = [name for name in INPUT_TABLES[table].names if name in frame and bool(frame[name].notna().any())]
    kept = frame[[name for name in names if name not in {"lon", "lat", "datum"}]].reset_index(drop=True)
    return _texts(kept)


def _texts(frame: pd.DataFrame) -> pd.DataFrame:
    """Take what no file can hold out of texts."""
    changed = {
        name: frame[name].map(fit, na_action="ignore")
        for name in frame.columns
        if not (pd.api.types.is_numeric_dtype(frame[name].dtype) or pd.api.types.is_bool_dtype(frame[name].dtype))
    }
    return frame.assign(**changed)


def _finite(values: Any) -> np.ndarray:
    numbers = pd.to_numeric(pd.Series(values)).to_numpy(dtype=float, na_value=np.nan)
    return np.where(np.isfinite(numbers), numbers, np.nan)


def _areas(assessment: Assessment) -> ResultLayer:
    """Towns, with the status, figure, limit and what is missing of every rule that is told town by town."""
    study, stems = assessment.study, _stems(assessment)
    told = summary(assessment)
    told = told[told["is_default"] & (told["area_id"] != TOTAL)]
    frame = _declared(study.areas, "areas")
    ids = study.areas["area_id"].to_numpy()
    columns: dict[str, Any] = {}
    shown: list[tuple[str, Both]] = []
    for verdict in assessment.verdicts:
        rows = told[told["rule_id"] == verdict.rule.rule_id].drop_duplicates("area_id").set_index("area_id")
        rows = rows.reindex(ids)
        if not rows["status"].isin(["met", "not_met", "measured"]).any():
            continue
        stem = stems[verdict.rule.rule_id]
        columns |= {f"{stem}_{name}": rows[name].fillna("").to_numpy(dtype=object) for name in ("status",)}
        columns |= {f"{stem}_{name}": _finite(rows[name]) for name in ("figure", "limit", "shortfall")}
        shown.append((f"{stem}_status", _named(verdict)))
    lived = study.people.groupby("area_id")["people"].sum().reindex(ids).fillna(0).to_numpy(dtype="int64")
    full = pd.concat([frame, pd.DataFrame({"people": lived, **columns})], axis=1)
    return ResultLayer(
        name="areas",
        title=both("镇街", "Towns"),
        about="Towns and the verdicts told town by town: RULE_status, RULE_figure, RULE_limit, RULE_shortfall.",
        frame=gpd.GeoDataFrame(full, geometry=multipolygons(study.areas.geometry), crs=study.crs),
        geometry="MultiPolygon",
        verdict_columns=_telling(shown, full),
    )


def _telling(shown: list[tuple[str, Both]], frame: pd.DataFrame) -> tuple[tuple[str, Both], ...]:
    """Put the columns first that tell rows apart: a map of one colour says little."""
    return tuple(sorted(shown, key=lambda one: frame[one[0]].nunique() < 2))


def _people(assessment: Assessment) -> ResultLayer:
    """People with the minutes or kilometres of every rule that measures them, and whether they are covered."""
    study, stems = assessment.study, _stems(assessment)
    frame = _declared(study.people, "people")
    columns: dict[str, Any] = {}
    shown: list[tuple[str, Both]] = []
    for verdict in assessment.verdicts:
        points = assessment.points.get(verdict.default.key)
        if points is None:
            continue
        points = points.set_index("point_id").reindex(study.people["point_id"])
        stem = f"{stems[verdict.rule.rule_id]}"
        columns[f"{stem}_{verdict.default.point_unit}"] = _finite(points["value"])
        columns[f"{stem}_within"] = points["within"].fillna(value=False).to_numpy(dtype=bool)
        columns[f"{stem}_reason"] = points["reason"].fillna("").to_numpy(dtype=object)
        shown.append((f"{stem}_within", _named(verdict)))
    full = pd.concat([frame, pd.DataFrame(columns)], axis=1)
    return ResultLayer(
        name="people",
        title=both("人口点", "People"),
        about="Demand points with RULE_min or RULE_km, RULE_within and, where nothing is reached, RULE_reason.",
        frame=gpd.GeoDataFrame(full, geometry=study.people.geometry.to_numpy(), crs=study.crs),
        geometry="Point",
        verdict_columns=_telling(shown, full),
    )


def _facilities(assessment: Assessment) -> ResultLayer:
    """Facilities, whether they serve in the base year, and how many vehicles stand there."""
    study = assessment.study
    serving = set(active_facilities(study)["facility_id"])
    based = study.vehicles["facility_id"].value_counts() if len(study.vehicles) else pd.Series(dtype="int64")
    ids = study.facilities["facility_id"]
    frame = _declared(study.facilities, "facilities").assign(
        serves=ids.isin(serving).to_numpy(dtype=bool), vehicles=ids.map(based).fillna(0).to_numpy(dtype="int64")
    )
    return ResultLayer(
        name="facilities",
        title=both("设施", "Facilities"),
        about="Facilities as recorded; serves: counts in the base year; vehicles: how many stand there.",
        frame=gpd.GeoDataFrame(frame, geometry=study.facilities.geometry.to_numpy(), crs=study.crs),
        geometry="Point",
    )


def _aeds(assessment: Assessment) -> ResultLayer:
    """Defibrillators in public places."""
    aeds = assessment.study.aeds
    return ResultLayer(
        name="aeds",
        title=both("自动体外除颤仪", "AEDs"),
        about="Defibrillators in public places, as recorded.",
        frame=gpd.GeoDataFrame(_declared(aeds, "aeds"), geometry=aeds.geometry.to_numpy(), crs=assessment.study.crs),
        geometry="Point",
    )


def _gaps(assessment: Assessment) -> ResultLayer:
    """Put each row of the gap list its people live."""
    listed = gaps(assessment).reset_index(drop=True)
    where = gap_positions(assessment, listed)
    frame = _texts(listed.assign(**{name: _finite(listed[name]) for name in ("value", "over", "closes_count")}))
    return ResultLayer(
        name="gaps",
        title=both("缺口", "Gaps"),
        about="The gap list of the readings that decide; rows that mean everything together have no position.",
        frame=gpd.GeoDataFrame(frame, geometry=where.to_numpy(), crs=assessment.study.crs),
        geometry="Point",
    )


def _roads(assessment: Assessment) -> ResultLayer:
    """List the road network edge by edge."""
    network = assessment.network
    counts = np.diff(network.shape_start)
    vertices = np.column_stack([network.shape_x_m, network.shape_y_m])
    lines = shapely.linestrings(vertices, indices=np.repeat(np.arange(network.n_edges), counts))
    classes = np.array(list(ROAD_CLASSES), dtype=object)
    frame = pd.DataFrame(
        {
            "road_class": classes[network.edge_class],
            "name": pd.Series(network.edge_name, dtype="object").fillna("").map(fit),
            "length_m": network.edge_length_dm / 10,
            "drive_forward": network.drive_forward,
            "drive_backward": network.drive_backward,
            "kph_forward": network.kph_forward,
            "kph_backward": network.kph_backward,
        }
    )
    credit = f" {network.attribution}." if network.attribution else ""
    return ResultLayer(
        name="roads",
        title=both("道路", "Roads"),
        about=f"The road network: {fit(network.source)}.{credit}",
        frame=gpd.GeoDataFrame(frame, geometry=lines, crs=network.crs),
        geometry="LineString",
    )


def _service_areas(assessment: Assessment) -> ResultLayer:
    """Draw what is within the limit by road, for every distinct question of minutes that a rule asks."""
    return ResultLayer(
        name="service_areas",
        title=both("服务范围", "Service areas"),
        about="Around the roads within a rule's limit, for the eye; who is covered is decided at the demand points.",
        frame=service_areas(assessment),
        geometry="MultiPolygon",
    )


def _verdicts(assessment: Assessment) -> ResultLayer:
    """Take over the summary row by row: every reading, for everybody and for every town."""
    told = summary(assessment)
    endless = {name: _finite(told[name]) for name in told.columns if pd.api.types.is_float_dtype(told[name].dtype)}
    return ResultLayer(
        name="verdicts",
        title=both("结论表", "Verdicts"),
        about="Every finding: area_id is 'all' for everybody; is_default marks the reading that decides.",
        frame=_texts(told.assign(**endless)),
    )


def _vehicles(assessment: Assessment) -> ResultLayer:
    """List the vehicles."""
    frame = _declared(assessment.study.vehicles, "vehicles")
    return ResultLayer(name="vehicles", title=both("救护车", "Vehicles"), about="Vehicles as recorded.", frame=frame)


def _projects(assessment: Assessment) -> ResultLayer:
    """List the projects."""
    frame = _declared(assessment.study.projects, "projects")
    return ResultLayer(name="projects", title=both("项目", "Projects"), about="Projects as recorded.", frame=frame)


def _about(assessment: Assessment, datum: Datum) -> ResultLayer:
    study, network = assessment.study, assessment.network
    told = notice(assessment)
    facts = {
        "study": f"{study.name} {study.name_en}",
        "year": str(study.year),
        "datum": DATUMS[datum].en,
        "quality": assessment.quality,
        "notice": f"{told['zh']} {told['en']}" if told else "",
        "roads": "; ".join(part for part in (network.source, network.date, network.attribution) if part),
        "made_with": f"coverplan {coverplan.__version__}",
    }
    frame = pd.DataFrame({"key": list(facts), "value": [fit(value) for value in facts.values()]})
    return ResultLayer(name="about", title=both("说明", "About"), about="What these layers are.", frame=frame)
