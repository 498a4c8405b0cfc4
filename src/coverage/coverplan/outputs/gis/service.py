"""Service areas: what is within a rule's limit by road, drawn for the eye."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from coverplan.core.units import SECONDS_PER_MINUTE
from coverplan.outputs.maps.surfaces import delay_s
from coverplan.outputs.review.cells import fit
from coverplan.standards.fields import counted_facilities, field_key, missing
from coverplan.standards.findings import Assessment
from coverplan.standards.params import ReachParams, ResponseParams
from coverplan.travel.isochrones.study import isochrones


def service_areas(assessment: Assessment) -> gpd.GeoDataFrame:
    """Draw what is within the limit by road, for every distinct question of minutes that a rule asks.

    Returns
    -------
    GeoDataFrame
        In the study's CRS: the rules, their limit and the travel time it leaves, how many facilities count, the area.
    """
    study = assessment.study
    rules: dict[tuple[Any, ...], list[str]] = {}
    asked: dict[tuple[Any, ...], ReachParams | ResponseParams] = {}
    for verdict in assessment.verdicts:
        params = verdict.default.reading.params
        if not isinstance(params, ReachParams | ResponseParams) or not _is_drawn(assessment, params):
            continue
        travel_s = params.limit.inside - delay_s(study, params)
        key = (*field_key(params), travel_s)
        rules.setdefault(key, []).append(verdict.rule.rule_id)
        asked.setdefault(key, params)
    parts = [_service_area(assessment, params, travel_s=key[-1], rules=rules[key]) for key, params in asked.items()]
    empty = gpd.GeoDataFrame({"rules": [], "travel_min": []}, geometry=[], crs=study.crs)
    if not parts:
        return empty
    return gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), crs=study.crs)


def _is_drawn(assessment: Assessment, params: ReachParams | ResponseParams) -> bool:
    by = params.by if isinstance(params, ReachParams) else "time"
    if by != "time" or missing(assessment.study, params) is not None:
        return False
    return params.limit.inside > delay_s(assessment.study, params)


def _service_area(
    assessment: Assessment, params: ReachParams | ResponseParams, *, travel_s: float, rules: list[str]
) -> gpd.GeoDataFrame:
    counted, _ = counted_facilities(assessment.study, params)
    minutes = travel_s / SECONDS_PER_MINUTE
    drawn = isochrones(
        assessment.study,
        assessment.network,
        limits_min=[minutes],
        facilities=counted,
        profile=params.profile,
        toward=params.toward,
    )
    frame = pd.DataFrame(
        {
            "rules": [fit("; ".join(rules))],
            "limit_min": [params.limit.value],
            "travel_min": [minutes],
            "facilities": [len(counted)],
            "profile": [params.profile],
            "toward": [params.toward],
            "area_km2": drawn["area_km2"].to_numpy(),
        }
    )
    return gpd.GeoDataFrame(frame, geometry=multipolygons(drawn.geometry), crs=assessment.study.crs)


def multipolygons(shapes: gpd.GeoSeries) -> np.ndarray:
    """Make every outline a multipolygon, as a layer holds one kind of shape."""
    return np.array(
        [shapely.MultiPolygon([part for part in shapely.get_parts(one) if part.area > 0]) for one in shapes],
        dtype=object,
    )
