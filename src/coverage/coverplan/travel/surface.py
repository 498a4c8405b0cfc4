"""Travel times on a regular grid over the study's areas, for drawing; by the same engine as every other time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from coverplan.core.model import Study, Toward
from coverplan.inputs.select import active_facilities
from coverplan.roads.network import Bool, Float, Network
from coverplan.travel.nearest import find_nearest
from coverplan.travel.router import Router, build_router

if TYPE_CHECKING:
    import geopandas as gpd


@dataclass(frozen=True, kw_only=True, eq=False)
class Surface:
    """Times at the centres of a grid of square cells.

    Attributes
    ----------
    x0, y0 : float
        Lower left corner of the grid, in metres of the study's CRS.
    cell_m : float
        Side of a cell.
    seconds : (ny, nx) float64
        Travel time of the cell whose lower left corner is ``(x0 + j * cell_m, y0 + i * cell_m)``, so the first row is
        the southernmost. NaN outside the study's areas, `inf` where no facility is reached.
    """

    x0: float
    y0: float
    cell_m: float
    seconds: Float

    @property
    def shape(self) -> tuple[int, int]:
        """Number of rows (south to north) and columns (west to east)."""
        ny, nx = self.seconds.shape
        return ny, nx


def travel_surface(
    study: Study,
    network: Network,
    *,
    kinds: str | Iterable[str] = (),
    tiers: str | Iterable[str] = (),
    profile: str = "drive",
    toward: Toward = "facility",
    cell_m: float = 150.0,
    router: Router | None = None,
) -> Surface:
    """Compute travel times over the study's areas, one per grid cell whose centre lies in them.

    For display: what is covered is decided at the demand points (`travel_times`). Arguments are those of
    `travel_times`; `cell_m` is the side of a cell. Corners of the grid lie on whole multiples of it.

    Raises
    ------
    InputError
        When a kind, tier or profile is unknown.
    """
    facilities = active_facilities(study, kinds=kinds, tiers=tiers)
    using = router or build_router(study, network, profile)
    x0, y0, inside = _grid(study.areas, cell_m)
    row, column = np.nonzero(inside)
    cells = using.snaps_at(x0 + (column + 0.5) * cell_m, y0 + (row + 0.5) * cell_m)
    seconds = np.full(inside.shape, np.nan)
    seconds[inside] = find_nearest(using.graph, cells, using.snaps(facilities), toward=toward, weight="time").value
    return Surface(x0=x0, y0=y0, cell_m=cell_m, seconds=seconds)


def _grid(areas: gpd.GeoDataFrame, cell_m: float) -> tuple[float, float, Bool]:
    """Return the lower left corner of a grid over areas, and which of its cells have their centre inside one."""
    left, bottom, right, top = areas.total_bounds
    i0, j0 = np.floor([left / cell_m, bottom / cell_m])
    nx, ny = np.ceil([right / cell_m, top / cell_m]).astype(int) - np.array([i0, j0], dtype=int)
    x = (i0 + np.arange(nx) + 0.5) * cell_m
    y = (j0 + np.arange(ny) + 0.5) * cell_m
    inside = np.zeros((ny, nx), dtype=bool)
    for area in areas.geometry:
        # Only the cells of the area's own box are asked, which makes many towns as cheap as one.
        west, south, east, north = area.bounds
        columns = slice(*np.searchsorted(x, [west, east]) + np.array([0, 1]))
        rows = slice(*np.searchsorted(y, [south, north]) + np.array([0, 1]))
        shapely.prepare(area)
        inside[rows, columns] |= shapely.intersects_xy(area, *np.meshgrid(x[columns], y[rows]))
    return float(i0 * cell_m), float(j0 * cell_m), inside
