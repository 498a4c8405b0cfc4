"""Isochrone bands as shapes for the page: the same limits and colours as the surface they go with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from coverplan.core.units import SECONDS_PER_MINUTE
from coverplan.outputs.maps.layers import Data, rings
from coverplan.outputs.maps.surfaces import SurfacePlan, cell_size, css, delay_s, legend, unit_of
from coverplan.outputs.phrases import both
from coverplan.standards.fields import counted_facilities
from coverplan.standards.findings import Assessment
from coverplan.travel.isochrones.study import isochrones

if TYPE_CHECKING:
    from collections.abc import Sequence

    from coverplan.outputs.maps.raster import Band
    from coverplan.travel.router import Router

BUFFER_CELLS = 3
"""How far an outline runs from its road, in cells of the map: wide enough that blocks between streets close."""

_MOST_VERTICES = 9000
_LEAST_CELLS = 12


def isochrone_bands(
    assessment: Assessment,
    plan: SurfacePlan,
    colours: Sequence[Band],
    *,
    router: Router | None = None,
    cell_m: float | None = None,
) -> Data | None:
    """Return the areas around the roads that are within each band of a surface, the longest first; None if empty.

    They are for the eye: what is covered is decided at the demand points. The areas are cut at the study's outline.
    `cell_m` is how finely they are drawn, in metres; chosen by the size of the area when not given.
    """
    study, delay = assessment.study, delay_s(assessment.study, plan.params)
    ends = [band for band in colours if np.isfinite(band.upper_s) and band.upper_s > delay]
    counted, _ = counted_facilities(study, plan.params)
    if not ends or not len(counted):
        return None
    cell_m = cell_m or cell_size(study)
    areas = isochrones(
        study,
        assessment.network,
        limits_min=[(band.upper_s - delay) / SECONDS_PER_MINUTE for band in ends],
        facilities=counted,
        profile=plan.params.profile,
        toward=plan.params.toward,
        cell_m=cell_m,
        buffer_m=BUFFER_CELLS * cell_m,
        router=router,
    )
    inside = outline(assessment)
    shapes = light([shapely.intersection(area, inside) for area in areas.geometry], cell_m)
    rows = [
        {"colour": css(band.colour), "upper": band.upper_s / SECONDS_PER_MINUTE, "rings": rings(shape, study.crs)}
        for band, shape in zip(ends, shapes, strict=True)
    ]
    return {
        "id": f"{plan.surface_id}-rings",
        "title": both(f"{plan.verb['zh']}等时圈", f"Isochrones, {plan.verb['en']}"),
        "verb": plan.verb,
        "unit": unit_of(study, plan.params),
        "bands": legend(plan, tuple(colours), has_unreached=False)[: len(colours) - 1],
        "rows": [row for row in reversed(rows) if row["rings"]],
    }


def outline(assessment: Assessment) -> shapely.Geometry:
    """Return the study's area as one shape."""
    return shapely.union_all(np.asarray(assessment.study.areas.geometry.array, dtype=object))


def light(shapes: Sequence[shapely.Geometry], cell_m: float) -> list[shapely.Geometry]:
    """Simplify outlines drawn on cells until a page bears them: no specks, no pinholes, few vertices."""
    whole = [_without_specks(shape, _LEAST_CELLS * cell_m**2) for shape in shapes]
    for share in (0.3, 0.5, 0.8, 1.2, 2.0):
        simple = [shapely.simplify(shape, share * cell_m) for shape in whole]
        if sum(int(shapely.get_num_coordinates(shape)) for shape in simple) <= _MOST_VERTICES:
            break
    return simple


def _without_specks(shape: shapely.Geometry, least_m2: float) -> shapely.Geometry:
    polygons = [part for part in shapely.get_parts(shape) if isinstance(part, shapely.Polygon)]
    kept = [
        shapely.Polygon(
            polygon.exterior, [hole for hole in polygon.interiors if shapely.Polygon(hole).area >= least_m2]
        )
        for polygon in polygons
        if polygon.area >= least_m2
    ]
    return shapely.MultiPolygon(kept)
