"""Which column a heading stands for: by its name, its Chinese label or an alias, however it is written."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable
from typing import NamedTuple

from coverplan.core.tables import Table

Ranks = dict[str, tuple[int, str]]
"""Spellings of headings with their rank (lower wins) and the column that they stand for."""


class Clash(NamedTuple):
    """Two headings that are read as the same column, neither before the other."""

    column: str
    first: object
    second: object


def plain_heading(heading: object) -> str:
    """Reduce a heading to what is compared: no case, spaces, full-width forms or byte-order mark.

    Examples
    --------
    >>> plain_heading(" Facility ID（编码）")
    'facilityid(编码)'
    """
    text = unicodedata.normalize("NFKC", str(heading)).replace("\ufeff", "").casefold()
    return "".join(text.split())


def _without_unit(heading: str) -> str:
    for opening, closing in ("()", "[]", "【】"):
        if heading.endswith(closing) and (start := heading.rfind(opening)) > 0:
            return heading[:start]
    return heading


def _heading_ranks(table: Table) -> Ranks:
    """Map every spelling of every heading to its rank (lower wins) and its column."""
    spellings: Ranks = {}
    for column in table.columns:
        labels = [(0, column.name), (1, column.zh), *((2, alias) for alias in column.aliases)]
        for rank, label in labels:
            plain = plain_heading(label)
            spellings.setdefault(plain, (rank, column.name))
            spellings[plain] = min(spellings[plain], (rank, column.name))
    for plain, (rank, name) in list(spellings.items()):
        spellings.setdefault(_without_unit(plain), (rank + 3, name))
    return spellings


def _rank_of(heading: object, spellings: Ranks) -> tuple[int, str] | None:
    plain = plain_heading(heading)
    return spellings.get(plain) or spellings.get(_without_unit(plain))


def match_headings(headings: Iterable[object], table: Table) -> tuple[dict[str, object], list[Clash]]:
    """Find the heading of each declared column; of several the name comes first, then the label, then an alias.

    Returns
    -------
    found, clashes
        The heading by the column's name; and headings of which none comes before the other.

    Examples
    --------
    >>> from coverplan.core.tables import PEOPLE
    >>> match_headings(["人口", "people", "village", "村居"], PEOPLE)
    ({'people': 'people', 'place': 'village'}, [Clash(column='place', first='village', second='村居')])
    """
    spellings = _heading_ranks(table)
    found: dict[str, tuple[int, object]] = {}
    clashes = []
    for heading in headings:
        match = _rank_of(heading, spellings)
        if match is None:
            continue
        rank, name = match
        other = found.get(name)
        if other is not None and other[0] == rank:
            clashes.append(Clash(column=name, first=other[1], second=heading))
        if other is None or rank < other[0]:
            found[name] = (rank, heading)
    return {name: heading for name, (_, heading) in found.items()}, clashes


def known_headings(headings: Iterable[object], table: Table) -> dict[str, object]:
    """Find which of some headings stands for which declared column; silent about what is twice or not there.

    Examples
    --------
    >>> from coverplan.core.tables import PEOPLE
    >>> known_headings(["编码", "常住人口（人）", "备注"], PEOPLE)
    {'point_id': '编码', 'people': '常住人口（人）'}
    """
    return match_headings(headings, table)[0]


def heading_reader(table: Table) -> Callable[[str], str | None]:
    """Return a function that says which column of the table a heading stands for, if any.

    Examples
    --------
    >>> from coverplan.core.tables import PEOPLE
    >>> read = heading_reader(PEOPLE)
    >>> read("常住人口（人）"), read("备注")
    ('people', None)
    """
    spellings = _heading_ranks(table)

    def read(heading: str) -> str | None:
        match = _rank_of(heading, spellings)
        return match and match[1]

    return read
