"""Which facilities count: by kind, by tier, and by whether they serve in a given year."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

from coverplan.core.errors import ProblemList, did_you_mean
from coverplan.core.model import Study
from coverplan.core.words import KINDS, TIERS

if TYPE_CHECKING:
    import geopandas as gpd


def kinds_of(names: str | Iterable[str]) -> tuple[str, ...]:
    """Spell out kinds and groups of kinds as kinds, in the order of the word list.

    Raises
    ------
    InputError
        When a name is neither a kind nor a group; every such name is listed.

    Examples
    --------
    >>> kinds_of("ems")
    ('ems_centre', 'ems_subcentre', 'ems_station')
    >>> kinds_of(["clinic", "hospital"])
    ('hospital', 'clinic')
    """
    asked = _words(names)
    groups = {word.group for word in KINDS.values()}
    _refuse_unknown("facility kind", asked, {*KINDS, *groups})
    return tuple(word.value for word in KINDS.values() if word.value in asked or word.group in asked)


def active_facilities(
    study: Study,
    *,
    kinds: str | Iterable[str] = (),
    tiers: str | Iterable[str] = (),
    year: int | None = None,
) -> gpd.GeoDataFrame:
    """Return the facilities that serve in a year, of some kinds and tiers.

    Parameters
    ----------
    study
        The study; nothing in it is changed.
    kinds
        Kinds (``"hospital"``) or groups of kinds (``"ems"``, ``"care"``), one or several; none means every kind.
    tiers
        Tiers (``"primary"``), one or several; none means every tier, and also facilities without one.
    year
        The year that counts, the study's base year unless given.

    Returns
    -------
    GeoDataFrame
        Columns and CRS of `study.facilities`, in the same order, index 0..n-1. An existing facility without an opening
        year always served; a planned one without an opening year never does. The closing year is the first in which
        it no longer serves.

    Raises
    ------
    InputError
        When a kind, group or tier is unknown.
    """
    tiers = _words(tiers)
    _refuse_unknown("tier", tiers, TIERS)
    table = study.facilities
    when = study.year if year is None else year
    opened = (table["open_year"] <= when).fillna(value=False).astype(bool)
    always = (table["status"] == "existing") & table["open_year"].isna()
    closed = (table["close_year"] <= when).fillna(value=False).astype(bool)
    chosen = (opened | always) & ~closed
    if kinds:
        chosen &= table["kind"].isin(kinds_of(kinds))
    if tiers:
        chosen &= table["tier"].isin(tiers)
    return table[chosen.to_numpy(dtype=bool)].reset_index(drop=True)


def _words(names: str | Iterable[str]) -> tuple[str, ...]:
    """Take one word as one word: a text is otherwise a row of letters."""
    return (names,) if isinstance(names, str) else tuple(names)


def _refuse_unknown(what: str, names: Iterable[str], known: Collection[str]) -> None:
    problems = ProblemList()
    for name in names:
        if name not in known:
            problems.add(f"'{name}' is not a {what}", hint=did_you_mean(name, sorted(known)))
    problems.raise_if_any()
