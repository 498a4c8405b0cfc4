"""An empty picture, outlines and lines on it, and the PNG it becomes."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch
from matplotlib.path import Path as Course
from matplotlib.patheffects import withStroke

INK = "#333333"
DPI = 200
_CM_PER_INCH = 2.54
_NICE = (1, 2, 5)


def new_figure(width_cm: float, height_cm: float) -> Figure:
    """Return an empty picture of a size on paper; nothing global is touched."""
    figure = Figure(figsize=(width_cm / _CM_PER_INCH, height_cm / _CM_PER_INCH), facecolor="white")
    FigureCanvasAgg(figure)
    return figure


def as_png(figure: Figure, *, dpi: int = DPI) -> bytes:
    """Return a picture as PNG, the same bytes for the same drawing."""
    memory = io.BytesIO()
    figure.savefig(memory, format="png", dpi=dpi, metadata={"Software": None})
    return memory.getvalue()


def outline(axes: Axes, shape: shapely.Geometry, **looks: Any) -> None:
    """Draw a polygon or several, with their holes."""
    vertices: list[npt.NDArray[np.float64]] = []
    codes: list[npt.NDArray[np.uint8]] = []
    for part in shapely.get_parts(shape):
        if not isinstance(part, shapely.Polygon) or part.is_empty:
            continue
        for ring in (part.exterior, *part.interiors):
            corners = shapely.get_coordinates(ring)
            steps = np.full(len(corners), Course.LINETO, dtype=np.uint8)
            steps[0], steps[-1] = Course.MOVETO, Course.CLOSEPOLY
            vertices.append(corners)
            codes.append(steps)
    if vertices:
        axes.add_patch(PathPatch(Course(np.vstack(vertices), np.concatenate(codes)), **looks))


def lines(axes: Axes, courses: Sequence[npt.NDArray[np.float64]], **looks: Any) -> None:
    """Draw lines, each an array of (x, y)."""
    axes.add_collection(LineCollection(list(courses), **looks), autolim=False)


def halo(width: float = 1.6) -> list[withStroke]:
    """Return the white edge that keeps letters readable on a map."""
    return [withStroke(linewidth=width, foreground="white")]


def as_map(axes: Axes, box: tuple[float, float, float, float], *, north: str) -> None:
    """Make axes a map: equal scales, no ticks, a scale bar and an arrow to the north."""
    west, south, east, north_m = box
    margin = 0.03 * max(east - west, north_m - south)
    axes.set_xlim(west - margin, east + margin)
    axes.set_ylim(south - margin, north_m + margin)
    axes.set_aspect("equal")
    axes.set_axis_off()
    _scale_bar(axes, east - west)
    axes.annotate(
        north,
        xy=(1.06, 0.995),
        xytext=(1.06, 0.9),
        xycoords="axes fraction",
        ha="center",
        va="center",
        arrowprops={"arrowstyle": "-|>", "color": INK, "lw": 1},
        color=INK,
        annotation_clip=False,
    )


def _scale_bar(axes: Axes, width_m: float) -> None:
    length = max(n * 10**p for p in range(1, 7) for n in _NICE if n * 10**p <= max(width_m / 4, 10))
    (west, east), (south, north) = axes.get_xlim(), axes.get_ylim()
    x, y = west + 0.03 * (east - west), south + 0.025 * (north - south)
    axes.plot([x, x + length], [y, y], color=INK, lw=2, solid_capstyle="butt")
    text = f"{length / 1000:g} km" if length >= 1000 else f"{length:g} m"
    axes.text(
        x + length / 2, y + 0.01 * (north - south), text, ha="center", va="bottom", color=INK, path_effects=halo()
    )


def box_of(*shapes: Iterable[float]) -> tuple[float, float, float, float]:
    """Return the box that holds several boxes."""
    corners = np.array([list(one) for one in shapes])
    west, south = corners[:, :2].min(axis=0)
    east, north = corners[:, 2:].max(axis=0)
    return float(west), float(south), float(east), float(north)
