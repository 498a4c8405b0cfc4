"""Who is nearest where: catchments as coloured grids, and the areas of medical communities beside them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from coverplan.core.model import Study, Toward
from coverplan.core.tables import cells_of
from coverplan.inputs.select import active_facilities
from coverplan.outputs.maps.layers import Data, named, records, text
from coverplan.outputs.maps.png import Rgba, png_uri
from coverplan.outputs.maps.raster import OUTSIDE, UNREACHED, Raster, packed, to_raster
from coverplan.outputs.maps.surfaces import SurfacePlan, cell_size, css, placed
from coverplan.outputs.phrases import Both, amount, both
from coverplan.standards.fields import counted_facilities
from coverplan.standards.findings import Assessment
from coverplan.standards.wording import percent
from coverplan.travel.field import nearest
from coverplan.travel.surface import Surface, travel_surface

if TYPE_CHECKING:
    from coverplan.travel.router import Router

Ints = npt.NDArray[np.int64]

# Told apart by lightness as well as by hue, all light enough to carry dark symbols; neighbours never share one.
COLOURS = (
    (160, 196, 226),
    (250, 214, 150),
    (108, 172, 156),
    (196, 160, 208),
    (242, 240, 196),
    (214, 138, 112),
    (126, 142, 190),
    (186, 190, 194),
)
_BORDER: Rgba = (70, 80, 95, 200)
_OPACITY = 215
_MOST_HUBS = 250
_FEWEST_HUBS = 2


def catchments(
    assessment: Assessment, plan: SurfacePlan, router: Router, *, cell_m: float | None = None
) -> Data | None:
    """Return the catchment of every facility that a surface counts; None with fewer than two, or too many to tell.

    `cell_m` is the side of a cell of the grid, in metres; chosen by the size of the area when not given.
    """
    counted, _ = counted_facilities(assessment.study, plan.params)
    title = both(f"{plan.verb['zh']}最近机构", f"Catchments, {plan.verb['en']}")
    return _grid(
        assessment,
        counted.reset_index(drop=True),
        router,
        toward=plan.params.toward,
        grid_id=f"{plan.surface_id}-catchments",
        title=title,
        cell_m=cell_m,
    )


def communities(
    assessment: Assessment, router_of: Callable[[str], Router], *, cell_m: float | None = None
) -> Data | None:
    """Return the medical communities: each town's own lead hospital beside the one that most of its people reach first.

    A town belongs to the lead hospital that names it as served, else to that of the community to which most of the
    town's own institutions belong. None with fewer than two lead hospitals.

    Returns
    -------
    dict
        The grid of the nearest lead hospital as in `catchments`, and `towns`, one per area: index of its own and of its
        nearest lead hospital among the hubs, None where there is none; whether they differ; lines of the tooltip.
    """
    study = assessment.study
    serving = active_facilities(study)
    leads = serving[serving["role"] == "lead"].reset_index(drop=True)
    if len(leads) < _FEWEST_HUBS or not len(study.areas) or not len(study.people):
        return None
    router = router_of("drive")
    grid = _grid(
        assessment,
        leads,
        router,
        toward="facility",
        grid_id="communities-nearest",
        title=both("最近的牵头医院", "Nearest lead hospital"),
        cell_m=cell_m,
    )
    if grid is None:
        return None
    near = nearest(router.graph, router.people_snaps, router.snaps(leads), toward="facility", weight="time").facility
    own = own_hubs(study, leads)
    towns = _towns(study, leads, own, near)
    return {**grid, "towns": towns, "hub_colours": [css(COLOURS[i % len(COLOURS)]) for i in range(len(leads))]}


def own_hubs(study: Study, leads: pd.DataFrame) -> dict[str, int]:
    """Return the lead hospital that each area belongs to, as its row in `leads`; areas without one are left out."""
    ids = dict(zip(study.areas["name"], study.areas["area_id"], strict=True))
    found: dict[str, int] = {}
    for index, cell in enumerate(leads.get("serves", [])):
        for word in cells_of(cell):
            found.setdefault(str(ids.get(word, word)), index)
    if found:
        return found
    lead_of = {text(name): i for i, name in reversed(list(enumerate(leads["community"]))) if text(name)}
    serving = active_facilities(study).dropna(subset=["community", "area_id"])
    for area_id, names in serving.groupby("area_id")["community"]:
        most = str(names.value_counts(sort=True).index[0])
        if most in lead_of:
            found[str(area_id)] = lead_of[most]
    return found


def _towns(study: Study, leads: pd.DataFrame, own: dict[str, int], near: npt.NDArray[np.int32]) -> list[Data]:
    people = pd.DataFrame(
        {"area_id": study.people["area_id"].to_numpy(), "people": study.people["people"].to_numpy(), "near": near}
    )
    names = [named(row) for row in records(leads)]
    by_area = {str(area): part for area, part in people.groupby("area_id")}
    return [_town(by_area.get(area_id), own.get(area_id), names) for area_id in study.areas["area_id"].astype(str)]


def _town(part: pd.DataFrame | None, own: int | None, names: Sequence[Both]) -> Data:
    reached = None if part is None else part[part["near"] >= 0]
    totals = None if reached is None else np.bincount(reached["near"], weights=reached["people"], minlength=len(names))
    near = None if totals is None or not totals.any() else int(totals.argmax())
    lines: list[Both] = []
    lines.append(
        _said("所属牵头医院", "belongs to", names[own]) if own is not None else both("无所属", "belongs to none")
    )
    if near is not None:
        lines.append(_said("多数居民最近的牵头医院", "nearest for most people", names[near]))
    if part is not None and own is not None and part["people"].sum() > 0:
        share = percent(float(part.loc[part["near"] == own, "people"].sum()) / float(part["people"].sum()))
        lines.append(both(f"{share}%的居民离所属医院最近", f"own one is nearest for {share}% of people"))
    return {"own": own, "near": near, "differs": own is not None and near is not None and own != near, "lines": lines}


def _said(zh: str, en: str, name: Both) -> Both:
    return both(f"{zh}：{name['zh']}", f"{en}: {name['en'] or name['zh']}")


def _grid(
    assessment: Assessment,
    hubs: gpd.GeoDataFrame,
    router: Router,
    *,
    toward: Toward,
    grid_id: str,
    title: Both,
    cell_m: float | None,
) -> Data | None:
    study = assessment.study
    if not _FEWEST_HUBS <= len(hubs) <= _MOST_HUBS or not len(study.areas):
        return None
    raster = _owners(assessment, hubs, router, toward, cell_m or cell_size(study))
    outside, unreached = np.isnan(raster.seconds), np.isinf(raster.seconds)
    owner = np.where(outside | unreached, -1, raster.seconds).astype(np.int64)
    colour = colouring(owner, len(hubs))
    (south, west), (north, east) = raster.bounds
    found = nearest(router.graph, router.people_snaps, router.snaps(hubs), toward=toward, weight="time").facility
    weights = study.people["people"].to_numpy(dtype=np.float64)
    people = np.bincount(found[found >= 0], weights=weights[found >= 0], minlength=len(hubs))
    return {
        "id": grid_id,
        "title": title,
        "image": _picture(owner, outside, colour),
        "corners": [[south, west], [north, east]],
        "grid": packed(np.where(outside, OUTSIDE, np.where(unreached, UNREACHED, owner)).astype(np.uint8)),
        **placed(raster),
        "hubs": [
            {"name": named(row), "colour": css(COLOURS[colour[i]]), "people": amount(float(people[i]), "people")}
            for i, row in enumerate(records(hubs))
        ],
    }


def _owners(assessment: Assessment, hubs: gpd.GeoDataFrame, router: Router, toward: Toward, cell_m: float) -> Raster:
    """Return the index of the nearest hub on a grid: NaN outside the areas, inf where none is reached."""
    study = assessment.study
    surface = travel_surface(
        replace(study, facilities=hubs),
        assessment.network,
        profile=router.profile.name,
        toward=toward,
        cell_m=cell_m,
        router=router,
    )
    row, column = np.nonzero(~np.isnan(surface.seconds))
    cells = router.snaps_at(surface.x0 + (column + 0.5) * cell_m, surface.y0 + (row + 0.5) * cell_m)
    owner = nearest(router.graph, cells, router.snaps(hubs), toward=toward, weight="time").facility
    values = np.full(surface.seconds.shape, np.nan)
    values[row, column] = np.where(owner >= 0, owner, np.inf)
    return to_raster(Surface(x0=surface.x0, y0=surface.y0, cell_m=cell_m, seconds=values), study.crs)


def colouring(owner: Ints, n_hubs: int) -> list[int]:
    """Choose a colour for every hub so that neighbours on the grid differ where the colours suffice.

    Examples
    --------
    >>> colouring(np.array([[0, 0, 1], [2, 2, 1]]), 3)
    [0, 1, 2]
    """
    beside: dict[int, set[int]] = defaultdict(set)
    for one, other in ((owner[:, :-1], owner[:, 1:]), (owner[:-1], owner[1:])):
        met = (one != other) & (one >= 0) & (other >= 0)
        for a, b in np.unique(np.column_stack([one[met], other[met]]), axis=0).tolist():
            beside[a].add(b)
            beside[b].add(a)
    chosen: dict[int, int] = {}
    for hub in sorted(range(n_hubs), key=lambda hub: -len(beside[hub])):
        taken = [chosen[other] for other in beside[hub] if other in chosen]
        chosen[hub] = min(range(len(COLOURS)), key=lambda code: (taken.count(code), code))
    return [chosen[hub] for hub in range(n_hubs)]


def _picture(owner: Ints, outside: npt.NDArray[np.bool_], colour: Sequence[int]) -> str:
    palette: list[Rgba] = [(*one, _OPACITY) for one in COLOURS]
    border, unreached, clear = len(palette), len(palette) + 1, len(palette) + 2
    palette += [_BORDER, (225, 225, 225, _OPACITY), (255, 255, 255, 0)]
    index = np.where(owner >= 0, np.array([*colour, 0])[owner], unreached)
    edge = np.zeros(owner.shape, dtype=bool)
    edge[:, :-1] |= (owner[:, :-1] != owner[:, 1:]) & ~outside[:, 1:]
    edge[:-1] |= (owner[:-1] != owner[1:]) & ~outside[1:]
    index = np.where(outside, clear, np.where(edge, border, index))
    return png_uri(index.astype(np.uint8), palette)
