"""The studies that come with the package: a toy county for trying things out, and Jinjiang.

The toy county has nine villages, three bridges and a ridge: small enough to check in the head. Its populations are
100 times a power of two (and 300 on an island that no road reaches), so that a covered total names who was reached.
Everything in it is invented.
"""

from pathlib import Path

from coverplan.core.errors import InputError, Problem, did_you_mean

STUDIES = ("three-bridges", "jinjiang")


def sample_config(study: str = "three-bridges") -> Path:
    """Return the config file of a study that comes with the package.

    Parameters
    ----------
    study
        `three-bridges` (the toy county) or `jinjiang` (the first real case, partly illustrative).

    Raises
    ------
    InputError
        When there is no study of that name.

    Examples
    --------
    >>> sample_config().name
    'three-bridges.yaml'
    """
    here = Path(__file__).resolve().parent
    if study == "three-bridges":
        return here / "three-bridges.yaml"
    if study not in STUDIES:
        raise InputError([Problem(what=f"no study '{study}' comes with coverplan", hint=did_you_mean(study, STUDIES))])
    bundle = here.parent / "_bundle"
    checkout = here.parents[3]
    return (bundle if bundle.is_dir() else checkout) / "configs" / f"{study}.yaml"
