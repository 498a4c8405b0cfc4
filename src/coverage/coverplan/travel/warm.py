"""Compile everything now, so that nobody waits for it later."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec

from coverplan.core.progress import SILENT, Progress
from coverplan.travel.kernels.stamp import is_told, is_warm, note_warm

# What is compiled loads the compiler, which takes a second: only when there is something to do.
# ruff: noqa: PLC0415


def warm_up(*, progress: Progress = SILENT) -> bool:
    """Make sure that every search is compiled, by using each once on a handful of nodes.

    The first time on a machine, and after an update, that takes about a minute. What is compiled is kept beside the
    package (or in the user's cache folder, where that may not be written), with a note by which the next call sees at
    once that there is nothing to do.

    Returns
    -------
    bool
        False where nothing can be compiled; SciPy does the work then.

    Examples
    --------
    >>> import coverplan as cp
    >>> cp.warm_up()
    True
    """
    if find_spec("numba") is None:
        return False
    if not is_warm():
        progress.message("Compiling the searches (once; about a minute)")
        is_told()
        todo = steps()
        for i, step in enumerate(todo):
            step()
            progress.advance(i + 1, len(todo))
        note_warm()
    return True


def steps() -> list[Callable[[], object]]:
    """Return what to call, in order, to use every compiled function of this room once."""
    from coverplan.travel.hierarchy import warm as hierarchy
    from coverplan.travel.kernels import warm as kernels

    return [*kernels.steps(), *hierarchy.steps(), _cells]


def _cells() -> None:
    import numpy as np

    from coverplan.travel.isochrones.cells import Raster, far_away, lay, window_around

    raster, ends = Raster(cell_m=40.0, buffer_m=80.0), np.array([[0.0, 0.0, 100.0, 50.0]])
    window = window_around(ends, raster)
    lay(far_away(window, raster), ends, window, raster)
