"""How functions are compiled, and whether they can be.

Every function that is compiled calls only compiled functions of its own file: numba's cache looks at the time stamp of
that one file, and would go on using the old code of another.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from coverplan.travel.kernels.stamp import last_resort

Function = TypeVar("Function", bound=Callable)

try:
    import numba
except ImportError:  # pragma: no cover - numba is a dependency; some machines have no build of it
    numba = None

COMPILED = numba is not None
"""Whether the compiled searches can be used; without them SciPy does the same work, slower."""

UNREACHED = 2**31 - 1
"""The cost of what cannot be reached. It is also the horizon: nothing is searched as far as this, which is 6.8 years
in tenths of a second and 214,748 km in tenths of a metre."""

if TYPE_CHECKING:

    def jit(function: Function) -> Function:
        """Compile a function on its first call and keep the result for the next start."""
        return function

else:

    def jit(function):
        """Compile a function on its first call and keep the result for the next start."""
        if numba is None:
            return function
        try:
            return numba.njit(function, cache=True, nogil=True)
        except RuntimeError:
            # Neither the package's folder nor the user's cache folder may be written.
            numba.config.CACHE_DIR = str(last_resort())
            return numba.njit(function, cache=True, nogil=True)
