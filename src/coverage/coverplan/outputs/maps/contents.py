"""Everything a map page shows, as plain data that JSON can hold."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from html import escape
from typing import TYPE_CHECKING, Literal

from coverplan.core import words
from coverplan.core.progress import SILENT, Progress
from coverplan.outputs.maps import layers, panel, results
from coverplan.outputs.maps.catchments import catchments, communities
from coverplan.outputs.maps.facilities import GROUPS, facility_layers
from coverplan.outputs.maps.isochrones import isochrone_bands
from coverplan.outputs.maps.layers import MOST_FEATURES, Data
from coverplan.outputs.maps.points import BEYOND as POINT_BEYOND
from coverplan.outputs.maps.points import UNREACHED as POINT_UNREACHED
from coverplan.outputs.maps.points import demand_points
from coverplan.outputs.maps.radius import radii
from coverplan.outputs.maps.raster import BEYOND, OUTSIDE, STEPS_PER_MINUTE, UNREACHED, Raster
from coverplan.outputs.maps.surfaces import SurfacePlan, draw, farthest, measure, plan_surfaces
from coverplan.outputs.maps.tiles import TILES
from coverplan.outputs.phrases import both, notice, of_word
from coverplan.standards.gaps import gaps
from coverplan.travel.router import Router, build_router

if TYPE_CHECKING:
    from coverplan.standards.findings import Assessment

Language = Literal["zh", "en"]

_MOST_GAPS = 300
_FEWEST_GAPS = 30
_MOST_GAPS_IN_ALL = 1500


@dataclass(frozen=True, kw_only=True, eq=False)
class Measured:
    """An assessment with the times of its surfaces; what a page is drawn from."""

    assessment: Assessment
    surfaces: tuple[tuple[SurfacePlan, Raster], ...]
    router_of: Callable[[str], Router]
    cell_m: float | None = None


def measure_surfaces(assessment: Assessment, *, cell_m: float | None = None, progress: Progress = SILENT) -> Measured:
    """Compute the surfaces of a map; `cell_m` is the side of a cell in metres, chosen by the area when not given."""

    @cache
    def router_of(profile: str) -> Router:
        return build_router(assessment.study, assessment.network, profile)

    plans = plan_surfaces(assessment)
    surfaces = []
    for done, plan in enumerate(plans):
        progress.message(f"drawing {plan.title['en'].lower()}")
        raster = measure(assessment, plan, cell_m=cell_m, router=router_of(plan.params.profile))
        surfaces.append((plan, raster))
        progress.advance(done + 1, len(plans))
    return Measured(assessment=assessment, surfaces=tuple(surfaces), router_of=router_of, cell_m=cell_m)


def scales(measured: Iterable[Measured]) -> dict[str, float]:
    """Return the longest time of each surface over several maps, in seconds, so that they share one legend."""
    found: dict[str, float] = {}
    for one in measured:
        for plan, raster in one.surfaces:
            found[plan.surface_id] = max(found.get(plan.surface_id, 0.0), farthest(raster))
    return found


def page_data(
    measured: Measured,
    *,
    lang: Language,
    made_on: date,
    scale: Mapping[str, float] | None = None,
    progress: Progress = SILENT,
) -> Data:
    """Return everything the page shows, as plain data that JSON can hold.

    Parameters
    ----------
    measured
        What `measure_surfaces` returned.
    lang
        The language that comes first.
    made_on
        The date on the map.
    scale
        The longest time of each surface that its legend must hold (`scales`); each map's own when not given.
    progress
        Told what is being drawn.
    """
    assessment, study = measured.assessment, measured.assessment.study
    facilities = facility_layers(study)
    uncovered = _uncovered(assessment, most_in_all=MOST_FEATURES - sum(len(layer["rows"]) for layer in facilities))
    told = {verdict.rule.rule_id: results.towns(assessment, verdict.default) for verdict in assessment.verdicts}
    towns = {rule_id: one for rule_id, one in told.items() if results.tells_towns_apart(one)}
    plans = [plan for plan, _ in measured.surfaces]
    surface_of = {rule_id: plan.surface_id for plan in plans for rule_id in plan.rule_ids}
    shown = {
        verdict.rule.rule_id: {
            "surface": surface_of.get(verdict.rule.rule_id),
            "towns": verdict.rule.rule_id in towns,
            "gaps": uncovered.get(verdict.rule.rule_id, {}).get("total", 0),
        }
        for verdict in assessment.verdicts
    }
    return {
        **panel.page_words(),
        "lang": lang,
        "page_title": escape(f"{study.name} {study.name_en} · {panel.WORDS['title'][lang]}"),
        "name": both(study.name, study.name_en),
        "year": study.year,
        "date": made_on.isoformat(),
        "notice": notice(assessment),
        "verdicts": panel.verdicts(assessment, lang=lang, shown=shown),
        "systems": [
            system for name, word in words.SYSTEMS.items() for system in [{"id": name, "title": of_word(word)}]
        ],
        "sources": panel.sources(assessment),
        "attribution": panel.attribution(assessment),
        "bounds": layers.bounds(study),
        "areas": layers.areas(study) if len(study.areas) else [],
        "zones": layers.zones(study),
        "roads": layers.roads(study, assessment.network),
        "groups": GROUPS,
        "facilities": facilities,
        "gaps": uncovered,
        "causes": {name: of_word(word) for name, word in words.CAUSES.items()},
        "towns": towns,
        "town_systems": results.systems(assessment, list(towns)),
        "steps": results.step_legend(),
        **_themes(measured, scale or scales([measured]), progress),
        "points": demand_points(assessment),
        "tiles": list(TILES),
        "codes": {
            "per_minute": STEPS_PER_MINUTE,
            "beyond": BEYOND,
            "unreached": UNREACHED,
            "outside": OUTSIDE,
            "point_beyond": POINT_BEYOND,
            "point_unreached": POINT_UNREACHED,
        },
        "start": _start(plans, shown, facilities),
    }


def _themes(measured: Measured, scale: Mapping[str, float], progress: Progress) -> Data:
    """Return the surfaces, isochrones, catchments and radii."""
    assessment = measured.assessment
    surfaces, rings, grids = [], [], []
    for plan, raster in measured.surfaces:
        drawn = draw(assessment, plan, raster=raster, farthest_s=scale[plan.surface_id])
        router = measured.router_of(plan.params.profile)
        progress.message(f"drawing the isochrones of {plan.title['en'].lower()}")
        surfaces.append({**drawn.data, "image": drawn.image, "corners": [list(corner) for corner in drawn.bounds]})
        rings.append(isochrone_bands(assessment, plan, drawn.colours, router=router, cell_m=measured.cell_m))
        progress.message(f"drawing the catchments of {plan.title['en'].lower()}")
        grids.append(catchments(assessment, plan, router, cell_m=measured.cell_m))
    groups = communities(assessment, measured.router_of, cell_m=measured.cell_m) if measured.surfaces else None
    return {
        "surfaces": surfaces,
        "isochrones": [one for one in rings if one],
        "catchments": [one for one in [*grids, groups] if one],
        "radii": radii(assessment, measured.router_of, cell_m=measured.cell_m),
    }


def _uncovered(assessment: Assessment, *, most_in_all: int) -> dict[str, Data]:
    """Return each rule's uncovered places, no more of each than the page can bear in all."""
    listed = {str(rule_id): rows for rule_id, rows in gaps(assessment).groupby("rule_id", sort=False)}
    most_in_all = min(most_in_all, _MOST_GAPS_IN_ALL)
    most = max(_FEWEST_GAPS, min(_MOST_GAPS, most_in_all // max(1, len(listed))))
    known = results.known_positions(assessment)
    found: dict[str, Data] = {}
    for verdict in assessment.verdicts:
        rows = listed.get(verdict.rule.rule_id)
        if rows is not None:
            places = results.places(assessment, verdict.default, rows, most=most, known=known)
            if places["rows"]:
                found[verdict.rule.rule_id] = places
    return found


def _start(plans: list[SurfacePlan], shown: Mapping[str, Data], facilities: list[Data]) -> Data:
    """Choose what is shown when the page opens: the first surface and the rule it belongs to."""
    theme = plans[0].surface_id if plans else "none"
    rule = plans[0].rule_ids[0] if plans and plans[0].rule_ids else next(iter(shown), None)
    visible = [layer["id"] for layer in facilities if layer["show"]]
    return {"theme": theme, "rule": rule, "shown": [*visible, "gaps", "roads", "water", "outlines", "names"]}
