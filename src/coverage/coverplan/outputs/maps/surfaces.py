"""Which travel-time surfaces a map shows, and each of them as a picture with its legend."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from coverplan.core.model import Study
from coverplan.core.units import SECONDS_PER_MINUTE
from coverplan.outputs.maps.raster import Band, Raster, bands, half_minutes, packed, picture, to_raster
from coverplan.outputs.phrases import Both, both
from coverplan.standards.fields import counted_facilities, field_key, missing
from coverplan.standards.findings import Assessment
from coverplan.standards.params import Limit, ReachParams, ResponseParams
from coverplan.travel.router import Router
from coverplan.travel.surface import travel_surface

TimeParams = ReachParams | ResponseParams

_CELLS = 45_000
_CELL_STEP_M = 25.0
_SMALLEST_CELL_M, _LARGEST_CELL_M = 50.0, 1000.0
_USUAL_LIMIT = Limit(value=15, unit="min")


@dataclass(frozen=True, kw_only=True)
class SurfacePlan:
    """A surface to be drawn: whose times, from when the clock runs, and the rules that hold people against it."""

    surface_id: str
    title: Both
    verb: Both
    params: TimeParams
    limits_s: tuple[float, ...]
    rule_ids: tuple[str, ...]

    @property
    def by_rule(self) -> bool:
        """Whether a rule sets its limit; else the limit is only the usual one and is not marked."""
        return bool(self.rule_ids)


@dataclass(frozen=True, kw_only=True, eq=False)
class DrawnSurface:
    """A surface for the page: its picture as a `data:` address, its corners as (lat, lon), and the data beside it."""

    surface_id: str
    image: str
    bounds: tuple[tuple[float, float], tuple[float, float]]
    data: dict[str, Any]
    colours: tuple[Band, ...]


def plan_surfaces(assessment: Assessment) -> tuple[SurfacePlan, ...]:
    """Choose the surfaces of a map: emergency response, and driving to care.

    Each follows the first rule that measures it (its facilities, direction and clock); where no rule does, all
    ambulance bases or all institutions count. One that the study has no facilities for is left out, and so are both
    where there are no areas to colour.
    """
    if not len(assessment.study.areas):
        return ()
    response = _plan(
        assessment,
        "response",
        both("急救响应时间", "Emergency response"),
        both("急救响应", "response"),
        ResponseParams(limit=_USUAL_LIMIT),
    )
    care = _plan(
        assessment,
        "care",
        both("驾车就医时间", "Driving to care"),
        both("驾车就医", "driving to care"),
        ReachParams(limit=_USUAL_LIMIT, kinds=("care",)),
    )
    return tuple(plan for plan in (response, care) if missing(assessment.study, plan.params) is None)


def _plan(assessment: Assessment, surface_id: str, title: Both, verb: Both, usual: TimeParams) -> SurfacePlan:
    asked = [
        (verdict.rule.rule_id, params)
        for verdict in assessment.verdicts
        for params in [verdict.default.reading.params]
        if isinstance(params, type(usual)) and params.limit.unit == "min" and params.profile == usual.profile
    ]
    leading = asked[0][1] if asked else usual
    same = [(rule_id, params) for rule_id, params in asked if _question(params) == _question(leading)]
    return SurfacePlan(
        surface_id=surface_id,
        title=title,
        verb=verb,
        params=leading,
        limits_s=tuple(dict.fromkeys([leading.limit.inside, *(params.limit.inside for _, params in same)])),
        rule_ids=tuple(rule_id for rule_id, _ in same),
    )


def _question(params: TimeParams) -> tuple[Any, ...]:
    return (*field_key(params), params.clock if isinstance(params, ResponseParams) else "")


def delay_s(study: Study, params: TimeParams) -> float:
    """Return what passes before the wheels roll, from when the rule's clock starts; 0 for people who travel."""
    if not isinstance(params, ResponseParams) or params.clock == "wheels":
        return 0.0
    handling = study.clock.call_handling_s if params.clock == "call" else 0.0
    return handling + study.clock.turnout_s


def cell_size(study: Study) -> float:
    """Choose a cell so that the areas have about 45,000 of them, between 50 m and 1 km."""
    side = float(np.sqrt(study.areas.geometry.area.sum() / _CELLS))
    return float(np.clip(_CELL_STEP_M * np.ceil(side / _CELL_STEP_M), _SMALLEST_CELL_M, _LARGEST_CELL_M))


def measure(
    assessment: Assessment, plan: SurfacePlan, *, cell_m: float | None = None, router: Router | None = None
) -> Raster:
    """Compute a surface on a grid: seconds from when the rule's clock starts."""
    study, params = assessment.study, plan.params
    counted, _ = counted_facilities(study, params)
    surface = travel_surface(
        replace(study, facilities=counted),
        assessment.network,
        profile=params.profile,
        toward=params.toward,
        cell_m=cell_size(study) if cell_m is None else cell_m,
        router=router,
    )
    raster = to_raster(surface, study.crs)
    return replace(raster, seconds=raster.seconds + delay_s(study, params))


def farthest(raster: Raster) -> float:
    """Return the longest time of a surface, in seconds."""
    return float(raster.seconds[np.isfinite(raster.seconds)].max(initial=0.0))


def draw(
    assessment: Assessment,
    plan: SurfacePlan,
    *,
    cell_m: float | None = None,
    router: Router | None = None,
    raster: Raster | None = None,
    farthest_s: float | None = None,
) -> DrawnSurface:
    """Draw a surface in bands.

    Parameters
    ----------
    assessment, plan
        What to draw.
    cell_m, router
        As in `measure`, which is asked when no `raster` is given.
    raster
        The times, when they are known already.
    farthest_s
        The longest time that the bands must hold, so that several maps share one legend; that of the surface itself
        when not given.
    """
    study = assessment.study
    raster = measure(assessment, plan, cell_m=cell_m, router=router) if raster is None else raster
    colours = bands(plan.limits_s[0], farthest_s=farthest(raster) if farthest_s is None else farthest_s)
    return DrawnSurface(
        surface_id=plan.surface_id,
        image=picture(raster, colours),
        bounds=raster.bounds,
        data=_data(study, plan, raster, colours),
        colours=colours,
    )


def _data(study: Study, plan: SurfacePlan, raster: Raster, colours: Iterable[Band]) -> dict[str, Any]:
    return {
        "id": plan.surface_id,
        "title": plan.title,
        "verb": plan.verb,
        "unit": unit_of(study, plan.params),
        "bands": legend(plan, tuple(colours), has_unreached=bool(np.isinf(raster.seconds).any())),
        "grid": packed(half_minutes(raster.seconds)),
        **placed(raster),
    }


def placed(raster: Raster) -> dict[str, Any]:
    """Return where a grid lies, as the page reads it."""
    ny, nx = raster.seconds.shape
    return {"nx": nx, "ny": ny, "west": raster.west_m, "north": raster.north_m, "pixel": raster.pixel_m}


def unit_of(study: Study, params: TimeParams) -> Both:
    """Say what the bands count, and what of it passes before departure."""
    delay = delay_s(study, params)
    if not delay:
        return both("分钟", "minutes")
    minutes = f"{delay / SECONDS_PER_MINUTE:g}"
    return both(f"分钟，含受理与出动 {minutes} 分钟", f"minutes, {minutes} of them before departure")


def legend(plan: SurfacePlan, colours: tuple[Band, ...], *, has_unreached: bool) -> list[dict[str, Any]]:
    """Return the bands of a surface in words, the rule's limit marked."""
    rows: list[dict[str, Any]] = []
    lower = 0.0
    for band in colours:
        upper = band.upper_s / SECONDS_PER_MINUTE
        label = f"> {lower:g}" if np.isinf(upper) else f"{lower:g}–{upper:g}"
        is_limit = plan.by_rule and band.upper_s == plan.limits_s[0]
        rows.append({"colour": css(band.colour), "label": label, "over": band.over, "limit": is_limit})
        lower = upper
    if has_unreached:
        rows.append({"colour": None, "label": both("无路可达", "not reached"), "over": True, "limit": False})
    return rows


def css(colour: tuple[int, int, int]) -> str:
    """Write a colour as the page wants it.

    Examples
    --------
    >>> css((255, 0, 16))
    '#ff0010'
    """
    return "#" + "".join(f"{part:02x}" for part in colour)
