"""Whether what serves the planner is installed; asked before it is loaded."""

from __future__ import annotations

from importlib.util import find_spec

from coverplan.core.errors import InputError, Problem

_NEEDED = ("fastapi", "uvicorn", "python_multipart")


def check_installed(needed: tuple[str, ...] = _NEEDED) -> None:
    """Say how to install what the planner needs, when it is not there.

    Raises
    ------
    InputError
        When something is absent.

    Examples
    --------
    >>> check_installed(("no_such_library",))
    Traceback (most recent call last):
    ...
    coverplan.core.errors.InputError: 1 problem
      the planner needs more than the basic installation: no_such_library (pip install "coverplan[web]")
    """
    absent = [name for name in needed if find_spec(name) is None]
    if absent:
        what = f"the planner needs more than the basic installation: {', '.join(absent)}"
        raise InputError([Problem(what=what, hint='pip install "coverplan[web]"')])
