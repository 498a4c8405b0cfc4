"""Service radii as shapes for the page: circles as the crow flies, beside the area within the same distance by road."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import shapely

from coverplan.core.units import METRES_PER_KM
from coverplan.outputs.maps.isochrones import BUFFER_CELLS, light, outline
from coverplan.outputs.maps.layers import Data, positions, rings
from coverplan.outputs.maps.surfaces import cell_size
from coverplan.outputs.phrases import both
from coverplan.standards.fields import counted_facilities
from coverplan.standards.findings import Assessment, Verdict
from coverplan.standards.params import ReachParams
from coverplan.travel.field import node_field
from coverplan.travel.isochrones.outlines import outlines

if TYPE_CHECKING:
    from coverplan.travel.router import Router

_MOST = 4
_MOST_CIRCLES = 120


def radii(assessment: Assessment, router_of: Callable[[str], Router], *, cell_m: float | None = None) -> list[Data]:
    """Return the radii that the rules set in kilometres, the first four: circles, and the area within it by road.

    Rules that count the same facilities within the same distance share one entry. Circles show how far the crow flies
    from each facility, the area how far a car comes; the two are one text read in two ways. `cell_m` is how finely the
    area is drawn, in metres; chosen by the size of the study when not given.
    """
    if not len(assessment.study.areas):
        return []
    found: dict[str, Data] = {}
    for verdict, params in _asked(assessment):
        key = repr((params.kinds, params.tiers, params.with_vehicle, sorted(params.where.items()), params.limit.value))
        if key in found:
            found[key]["rules"] = [*dict.fromkeys([*found[key]["rules"], verdict.rule.rule_id])]
        elif len(found) < _MOST:
            entry = _drawn(assessment, verdict, params, router_of, cell_m or cell_size(assessment.study))
            if entry is not None:
                found[key] = entry
    return list(found.values())


def _asked(assessment: Assessment) -> Iterator[tuple[Verdict, ReachParams]]:
    for verdict in assessment.verdicts:
        for finding in verdict.findings:
            params = finding.reading.params
            if isinstance(params, ReachParams) and params.limit.unit == "km" and finding.status != "no_data":
                yield verdict, params


def _drawn(
    assessment: Assessment, verdict: Verdict, params: ReachParams, router_of: Callable[[str], Router], cell_m: float
) -> Data | None:
    study = assessment.study
    counted, _ = counted_facilities(study, params, verdict.rule.book)
    if not 0 < len(counted) <= _MOST_CIRCLES:
        return None
    router = router_of(params.profile)
    doors = router.snaps(counted)
    field = node_field(router.graph, doors, toward=params.toward, weight="distance")
    metres = params.limit.value * METRES_PER_KM
    drawn: Any = outlines(
        assessment.network, router.graph, doors, field, limits=[metres], cell_m=cell_m, buffer_m=BUFFER_CELLS * cell_m
    ).areas[0, 0]
    by_road = light([shapely.intersection(shapely.make_valid(drawn), outline(assessment))], cell_m)[0]
    rule = verdict.rule
    return {
        "id": f"radius-{rule.rule_id}",
        "title": both(f"{rule.name_zh} {params.limit.value:g} 公里", f"{rule.name_en}, {params.limit.value:g} km"),
        "metres": metres,
        "centres": positions(counted.geometry, study.crs),
        "names": [both(str(name), "") for name in counted["name"]],
        "rings": rings(by_road, study.crs),
        "rules": [rule.rule_id],
    }
