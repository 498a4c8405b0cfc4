"""The grain of an objective: where every plan is worth a multiple of it, a bound may be cut to the next multiple."""

from __future__ import annotations

import numpy as np

from coverplan.planning.siting.rules import Float


def grain_of(parts: Float) -> float:
    """Return the largest number of which every part is a whole multiple; 0 where parts are no whole numbers.

    Examples
    --------
    >>> import numpy as np
    >>> grain_of(np.array([6.0, 9.0, 0.0])), grain_of(np.array([0.5, 1.0]))
    (3.0, 0.0)
    """
    parts = np.abs(parts[np.isfinite(parts)])
    if parts.size == 0 or not (parts == np.rint(parts)).all() or parts.max() >= 2**52:
        return 0.0
    return float(np.gcd.reduce(parts.astype(np.int64).ravel()))


def whole_bound(bound: float, best: float, grain: float) -> float:
    """Cut an upper bound to the last value that a plan can have; `best` is the value of some plan.

    Examples
    --------
    >>> whole_bound(104.9, 100.0, 1.0), whole_bound(104.9, 100.0, 0.0), whole_bound(100.0000001, 100.0, 0.0)
    (104.0, 104.9, 100.0)
    """
    if not np.isfinite(bound):
        return bound
    if bound - best <= 1e-7 * max(1.0, abs(best)):
        return best
    return float(best + grain * np.floor((bound - best) / grain + 1e-6)) if grain > 0 else bound
