"""Who is within so many minutes, or kilometres, of the nearest facility."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from coverplan.access.coverage import TOTAL
from coverplan.core.words import PROFILES, UNITS
from coverplan.roads.network import Bool, Float, Int64
from coverplan.standards.checks.bench import Bench, Outcome, no_data
from coverplan.standards.checks.points import Crowd, count_crowd, outcome, weights_of, within_text
from coverplan.standards.chosen import Need, Region, missing_for, regions
from coverplan.standards.fields import keeps
from coverplan.standards.params import ReachParams, WordBook
from coverplan.standards.rules import Reading, Rule
from coverplan.standards.wording import count, limit_zh, percent, shown

if TYPE_CHECKING:
    from coverplan.core.model import Study

_NO_WORDS = WordBook()
_NAMES = {
    "median": ("half of the residents are within", "半数居民在"),
    "p90": ("nine in ten residents are within", "九成居民在"),
    "mean": ("the mean resident is at", "居民平均为"),
    "max": ("the farthest resident is at", "最远居民为"),
}


def check_reach(bench: Bench, rule: Rule, reading: Reading, params: ReachParams) -> Outcome:
    """Return the share of the people (places, area), or a statistic, within the limit of the nearest facility."""
    unit = f"share_{params.of}" if params.statistic == "share" else params.limit.unit
    field, region = bench.fields.ask(params, rule.book), regions(bench.study, params.only_in)
    need = field if isinstance(field, Need) else region if isinstance(region, Need) else _more_needs(bench, params)
    if need is not None or isinstance(field, Need) or isinstance(region, Need):
        return no_data(bench, rule, reading, need or Need(en="", zh=""), unit=unit)
    people = weights_of(bench, params, region)
    parts = _parts(bench, rule, params, inside=keeps(field.value, params), people=people, region=region)
    crowd = count_crowd(bench, rule, params, field.value, people, parts=parts)
    en, zh = _text(crowd, reading, params)
    return outcome(
        bench,
        rule,
        reading,
        params,
        field=field,
        value=field.value,
        people=people,
        statements=(en, f"{reading.zh}：{zh}"),
        crowd=crowd,
        notes=_how(params),
        unit=f"share_{params.of}",
    )


def _more_needs(bench: Bench, params: ReachParams) -> Need | None:
    if params.of == "places" and bench.study.people["place_id"].isna().all():
        return missing_for(bench.study, "people", {}, _NO_WORDS, amount="place_id")
    if params.of == "area" and not len(bench.study.areas):
        return missing_for(bench.study, "areas", {}, _NO_WORDS)
    return None


def _parts(
    bench: Bench, rule: Rule, params: ReachParams, *, inside: Bool, people: Int64, region: Region | None
) -> pd.DataFrame | None:
    """Count the places, or the pieces of ground, inside the limit; None where people are counted."""
    if params.of == "places":
        table = pd.DataFrame(
            {"place": bench.study.people["place_id"].to_numpy(), "area": bench.people["area_id"].to_numpy(),
             "inside": inside}
        )  # fmt: skip
        table = table[(people > 0) & table["place"].notna()]
        # A place with one house outside is not inside; its area is that of its first point.
        by_place = table.groupby("place").agg(inside=("inside", "all"), area=("area", "first"))
        return _summed(by_place["inside"].to_numpy(dtype=bool), by_place["area"].to_numpy(dtype=object))
    if params.of == "area":
        grid = ground(bench.study, params.cell_m)
        if region is not None:
            grid = grid[region.holds(grid["area_id"], grid["geometry"])].reset_index(drop=True)
        field = bench.fields.ask_at(grid, params, rule.book)
        return _summed(keeps(field.value, params), grid["area_id"].to_numpy(dtype=object))
    return None


def _summed(inside: Bool, area: np.ndarray) -> pd.DataFrame:
    rows = pd.DataFrame({"area_id": area, "inside": inside.astype(int), "whole": 1}).groupby("area_id").sum()
    rows.loc[TOTAL] = [int(inside.sum()), len(inside)]
    return rows


def ground(study: Study, cell_m: float) -> gpd.GeoDataFrame:
    """Return the middles of square cells that lie in an area of the study: `point_id`, `area_id`, geometry."""
    west, south, east, north = study.areas.total_bounds
    xs = np.arange(np.floor(west / cell_m) + 0.5, east / cell_m) * cell_m
    ys = np.arange(np.floor(south / cell_m) + 0.5, north / cell_m) * cell_m
    grid: tuple[Float, Float] = np.meshgrid(xs, ys)
    points = np.atleast_1d(np.asarray(shapely.points(grid[0].ravel(), grid[1].ravel()), dtype=object))
    area, point = shapely.STRtree(points).query(study.areas.geometry.to_numpy(), predicate="covers")
    first = pd.DataFrame({"point": point, "area": area}).drop_duplicates("point").sort_values("point")
    ids = study.areas["area_id"].to_numpy()[first["area"]]
    shapes = points[first["point"].to_numpy()]
    table = {"point_id": [f"g{i}" for i in first["point"]], "area_id": ids}
    return gpd.GeoDataFrame(table, geometry=shapes, crs=study.crs)


def _text(crowd: Crowd, reading: Reading, params: ReachParams) -> tuple[str, str]:
    limit, total = params.limit, crowd.total
    zh = f"在{limit_zh(limit.value, limit.unit)}以内"
    if params.statistic != "share":
        figure = total["figure"]
        name_en, name_zh = _NAMES[params.statistic]
        length = shown(figure, apart_from=(limit.value,))
        far = f"{count(total['people_outside'])} of {count(total['people'])} people are beyond {limit}"
        far_zh = (
            f"{count(total['people'])}人中{count(total['people_outside'])}人超出{limit_zh(limit.value, limit.unit)}"
        )
        if params.statistic in {"median", "p90"}:
            name_zh += f"{length}{UNITS[limit.unit].zh}以内"
        else:
            name_zh += f"{length}{UNITS[limit.unit].zh}"
        return f"{name_en} {length} {UNITS[limit.unit].en} {reading.en}; {far}", f"{name_zh}；{far_zh}"
    if params.of == "people":
        inside = f"within {limit.value:g} {UNITS[limit.unit].en} {reading.en}", zh
        return within_text(total, inside, ("not", "不在其内"))
    share, n, whole = percent(total["share"]), count(total["inside"]), count(total["whole"])
    if params.of == "places":
        en = f"{n} of {whole} villages and communities ({share} %) are wholly within {limit} {reading.en}"
        return en, f"{whole}个村社中{n}个（{share}%）全部居民{zh}"
    return f"{share} % of the area is within {limit} {reading.en}", f"{share}%的面积{zh}"


def _how(params: ReachParams) -> tuple[str, ...]:
    extra = (f"The area is tested on a grid of {params.cell_m:g} m.",) if params.of == "area" else ()
    if params.by == "line":
        return ("Straight lines in the study's projected coordinates.", *extra)
    way = "toward the facility" if params.toward == "facility" else "from the facility to the people"
    what = "Travel time" if params.by == "time" else "Shortest way by road"
    return (f"{what}, profile {PROFILES[params.profile].en}, {way}, door to door.", *extra)
