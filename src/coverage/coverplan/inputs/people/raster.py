"""Demand points from a population raster: cells clipped to the study's areas, whole people, the total kept."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, get_args

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from coverplan.core.errors import ProblemList
from coverplan.core.progress import SILENT, Progress
from coverplan.core.units import FloatArray, IntArray, unproject
from coverplan.inputs.people.cells import gather, merge
from coverplan.inputs.people.demand import Demand, account, area_of, people_table
from coverplan.inputs.people.grid import Grid, Window, in_degrees, open_grid
from coverplan.inputs.people.rounding import FINE, round_half_up, round_over_ground, to_fine

Values = Literal["people", "people_per_km2"]
VALUES: tuple[str, ...] = get_args(Values)
"""What the cells of a raster may hold."""
_TOO_MANY = 8e9
_CROWDED_PER_KM2 = 60_000.0
"""Denser than any city district; a raster that says so of a whole study is one of people per square km."""
_UNCOVERED_SHARE = 0.001
_LOT = 2_000_000
"""So many cells are kept before they are put together."""


def people_from_raster(
    path: str | Path,
    areas: gpd.GeoDataFrame,
    *,
    crs: str,
    cell_m: float | None = None,
    values: Values = "people",
    progress: Progress = SILENT,
) -> Demand:
    """Make demand points from a raster of people, such as WorldPop's or GHSL's.

    Every cell whose centre lies in an area (on its border counts) and that holds people becomes a demand point at its
    centre. With `cell_m` the cells are put together to squares of that side on a grid in `crs`, each area by itself,
    and the point stands at the centre of gravity of its people; the number of points falls, nobody is lost.

    The total of the clip is rounded to the nearest whole person; area by area, square by square and cell by cell it
    is then shared out by the largest remainder (`round_over_ground`), so that every area and every square of cells
    ends at its own sum rounded up or down. Cells that come out at nobody make no point.

    Parameters
    ----------
    path
        A raster that GDAL reads, in any CRS, of any size: it is read block by block, and only around the areas. A
        .zip with one GeoTIFF in it will do.
    areas
        `area_id` and polygons, in any CRS.
    crs
        The study's projected CRS, metres.
    cell_m
        Side of the squares, metres; without it, or below the raster's own cell, every cell is a point.
    values
        What a cell holds: people, or people per square km. The latter are multiplied with the cell's size on the
        ellipsoid.
    progress
        Is told how many blocks are done.

    Returns
    -------
    Demand
        Points called after area and cell, quality `estimated`. Cells without data, NaN, zero and a single negative
        value that the file does not declare as no data (-99999) hold nobody. `outside` counts the people of the
        rectangle around the areas whose cell centre lies in none of them.

    Raises
    ------
    InputError
        When there is no such file, it is no raster, has no CRS or place, does not reach the areas, holds negative
        people, or nobody lives in the clip.

    Examples
    --------
    >>> import coverplan as cp
    >>> study = cp.read_study(cp.sample_config())
    >>> told = people_from_raster("worldpop_2020.tif", study.areas, crs=study.crs)
    Traceback (most recent call last):
    ...
    coverplan.core.errors.InputError: 1 problem
      worldpop_2020.tif: there is no such file
    """
    if cell_m is not None and not cell_m > 0:
        raise ValueError("cell_m is a length in metres")
    problems, notes = ProblemList(), ProblemList()
    areas = gpd.GeoDataFrame(areas.to_crs(crs)).reset_index(drop=True)
    with open_grid(path, crs=crs, problems=problems, notes=notes) as grid:
        problems.raise_if_any()
        assert grid is not None, "what cannot be opened is a problem"  # noqa: S101 - a slip of ours, not of the user
        window = grid.window(areas)
        if window is None:
            _refuse_elsewhere(grid, areas, problems)
        else:
            clip = _Clip(grid, areas, cell_m=cell_m, per_km2=values == "people_per_km2")
            clip.run(window, progress)
            grid.odd.report(grid.file, problems, notes)
            clip.judge(problems, notes)
            clip.note_gaps(window, notes)
        problems.raise_if_any()
        return clip.demand(notes)  # pyright: ignore[reportPossiblyUnboundVariable] - no window is a problem


def _refuse_elsewhere(grid: Grid, areas: gpd.GeoDataFrame, problems: ProblemList) -> None:
    west, south, east, north = areas.total_bounds
    lon, lat = unproject(np.array([west, east, west, east]), np.array([south, south, north, north]), grid.crs)
    hint = f"the raster covers {grid.extent()}; the study {in_degrees(lon, lat)}"
    problems.add("the raster and the study do not overlap", file=grid.file, hint=hint)


class _Clip:
    """The cells of one raster that lie in the areas, while they are being collected."""

    def __init__(self, grid: Grid, areas: gpd.GeoDataFrame, *, cell_m: float | None, per_km2: bool) -> None:
        self._grid, self._areas, self._per_km2 = grid, areas, per_km2
        self._cell_m = cell_m if cell_m is not None and cell_m > grid.cell_m else None
        self._drawn = grid.drawn(areas)
        self._lots: list[pd.DataFrame] = []
        self._waiting = 0
        self._cells = 0
        self._total, self._outside, self._on_edge = 0.0, 0.0, 0.0
        self._tree = shapely.STRtree(areas.geometry.to_numpy())

    def run(self, window: Window, progress: Progress) -> None:
        """Look through all blocks of the rectangle around the areas."""
        blocks = list(self._grid.blocks(window))
        for done, block in enumerate(blocks):
            progress.advance(done, len(blocks))
            row, column, people = self._grid.read(block, per_km2=self._per_km2)
            if len(people) == 0:
                continue
            near = self._grid.near(block, self._drawn)[row - block.row, column - block.column]
            self._outside += float(people[~near].sum())
            if near.any():
                self._take(row[near], column[near], people[near])
        progress.advance(len(blocks), len(blocks))

    def _take(self, row: IntArray, column: IntArray, people: FloatArray) -> None:
        x_m, y_m = self._grid.place(column + 0.5, row + 0.5)
        area = area_of(x_m, y_m, self._areas)
        out = area < 0
        self._outside += float(people[out].sum())
        self._on_edge += float(people[out][self._touches(row[out], column[out])].sum())
        self._total += float(people[~out].sum())
        fine = to_fine(np.minimum(people, _TOO_MANY))
        kept = ~out & (fine > 0)
        self._cells += int(kept.sum())
        if not kept.any() or self._total > _TOO_MANY:
            return
        if self._cell_m is None:
            # Rows count from the north; turned round, south comes before north as it does in metres.
            lot = pd.DataFrame({"group": area, "cell_x": column, "cell_y": -row, "fine": fine, "x_m": x_m, "y_m": y_m})
            self._lots.append(lot[kept])
            return
        self._lots.append(gather(area[kept], x_m[kept], y_m[kept], fine[kept], self._cell_m))
        self._waiting += len(self._lots[-1])
        if self._waiting > _LOT:
            self._lots = [merge(self._lots)]
            self._waiting = len(self._lots[0])

    def _touches(self, row: IntArray, column: IntArray) -> npt.NDArray[np.bool_]:
        touched = np.zeros(len(row), dtype=bool)
        touched[self._tree.query(self._grid.boxes(column, row), predicate="intersects")[0]] = True
        return touched

    def judge(self, problems: ProblemList, notes: ProblemList) -> None:
        """Say what is wrong with what was found, and what is worth saying."""
        file = self._grid.file
        total = self._total
        if total > _TOO_MANY:
            what = f"the raster holds {total:,.0f} people in the study, more than there are on earth"
            problems.add(what, file=file, hint="are these people per square km? say values: people_per_km2")
            return
        if total < 0.5 and not problems:
            what = "nobody lives in the study's areas, says the raster"
            problems.add(what, file=file, hint="is it the right one, and the right band?")
        crowded = total / (float(self._areas.area.sum()) / 1e6)
        if crowded > _CROWDED_PER_KM2:
            what = f"the raster holds {crowded:,.0f} people per square km of the study"
            notes.add(what, file=file, hint="are these people per square km? say values: people_per_km2")
        if self._outside >= 0.5:
            what = f"{self._outside:,.0f} people of the raster live around the study's areas and in none of them"
            hint = f"{self._on_edge:,.0f} of them in cells that an area touches; the cell's centre decides"
            notes.add(what, file=file, hint=hint)

    def note_gaps(self, window: Window, notes: ProblemList) -> None:
        """Say where nobody is placed: what lies outside the raster, and areas without anybody."""
        covered = self._grid.outline(window)
        whole = self._areas.union_all()
        missing = whole.difference(covered).area / whole.area
        if missing > _UNCOVERED_SHARE:
            what = f"{missing:.1%} of the study's area lies outside the raster: nobody is placed there"
            notes.add(what, file=self._grid.file, hint=f"the raster covers {self._grid.extent()}")
        lived_in = set().union(*(lot["group"].unique().tolist() for lot in self._lots))
        names = self._areas["name"] if "name" in self._areas else self._areas["area_id"]
        empty = [str(name) for i, name in enumerate(names) if i not in lived_in]
        if empty:
            notes.add(
                f"the raster has nobody in {', '.join(empty[:5])}{' ...' if empty[5:] else ''}", file=self._grid.file
            )

    def demand(self, notes: ProblemList) -> Demand:
        """Round to whole people and lay out the points."""
        cells = pd.concat(self._lots, ignore_index=True) if self._cell_m is None else merge(self._lots)
        cells = cells.sort_values(["group", "cell_x", "cell_y"], ignore_index=True)
        group, cell_x, cell_y, fine = (cells[name].to_numpy() for name in ("group", "cell_x", "cell_y", "fine"))
        whole = round_over_ground(fine, cell_x, cell_y, group)
        area_id = self._areas["area_id"].to_numpy(dtype=object)
        lives = whole > 0
        made = cells[lives]
        size = self._cell_m or self._grid.cell_m
        rule = f"population raster {self._grid.file}, cells of {size:,.0f} m, by the centre of each cell"
        people = people_table(
            point_id=_names(area_id[made["group"]], made, in_metres=self._cell_m is not None),
            people=whole[lives],
            x_m=made["x_m"].to_numpy(),
            y_m=made["y_m"].to_numpy(),
            crs=self._grid.crs,
            area_id=area_id[made["group"]],
            source=rule,
            quality="estimated",
        )
        sums = pd.Series(fine).groupby(area_id[group]).sum() / FINE
        total = round_half_up(int(fine.sum()))
        return Demand(
            people=people,
            areas=account(self._areas, people, {str(key): float(value) for key, value in sums.items()}),
            outside=self._outside,
            on_edge=self._on_edge,
            rule=f"{rule}; {total:,} people in {self._cells:,} cells, whole people by the largest remainder",
            notes=tuple(notes),
        )


def _names(area_id: npt.NDArray[np.object_], cells: pd.DataFrame, *, in_metres: bool) -> list[str]:
    """Call a cell after its row and column in the raster, a square after its area and its place on the grid."""
    pairs = zip(area_id, cells["cell_x"], cells["cell_y"], strict=True)
    return [f"{area}-{x}-{y}" if in_metres else f"r{-y}c{x}" for area, x, y in pairs]
