"""Whole people out of shares, so that not one is lost or added: the largest remainder, alone or square by square."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from coverplan.core.units import FloatArray, IntArray

FINE = 1 << 28
"""People are counted in this part of one while shares are added up: whole numbers, so that no order changes a sum."""
_MASK = FINE - 1
_TIE_BITS = 8
"""Remainders that differ by less than a millionth of a person are equal; what differs less is rounding of shares."""
_LARGEST = 8e9


def share_out(
    total: int, weights: npt.ArrayLike, *, key: npt.ArrayLike | None = None, room: npt.ArrayLike | None = None
) -> IntArray:
    """Share whole people out in proportion to weights, by the largest remainder.

    Each gets the whole part of its share; those who are left go one by one to the largest remainders. Of equal
    remainders (to a millionth of a person) the larger weight comes first, then the smaller `key`.

    Parameters
    ----------
    total
        How many people, 0 or more.
    weights
        n weights, 0 or more, any unit; at least one is positive unless there is nobody to share out.
    key
        n different values that can be sorted, such as identifiers: with them the order of the rows does not matter.
        The position unless given.
    room
        n whole numbers: the most that each can take. Without it nobody gets less than the whole part of the share, or
        more than one above it.

    Returns
    -------
    (n,) int64
        Sums to `total` exactly.

    Raises
    ------
    ValueError
        When weights are negative, not finite or all 0, or there is not room for everybody.

    Examples
    --------
    >>> share_out(10, [1, 1, 1]).tolist()
    [4, 3, 3]
    >>> share_out(10, [5, 3, 2], room=[4, 9, 9]).tolist()
    [4, 4, 2]
    """
    weight = np.asarray(weights, dtype=float)
    rank = np.arange(len(weight)) if key is None else np.argsort(np.argsort(np.asarray(key), kind="stable"))
    quota = _fine_quota(total, weight)
    base, rest = quota // FINE, quota % FINE
    order = np.lexsort((rank, -weight, -_close(rest)))
    if room is None:
        base[order[: total - int(base.sum())]] += 1
        return base
    return _within_room(total, np.asarray(room, dtype=np.int64), base, order)


def _fine_quota(total: int, weight: FloatArray) -> IntArray:
    """Return each one's share of the total in `FINE` parts of a person."""
    if total < 0 or total > _LARGEST or not np.isfinite(weight).all() or (weight < 0).any():
        raise ValueError("people and weights are numbers from 0, and no more people than there are on earth")
    if total == 0:
        return np.zeros(len(weight), dtype=np.int64)
    largest = float(weight.max(initial=0.0))
    if largest == 0:
        raise ValueError(f"{total} people, and nothing has a weight")
    # The exact sum is the same in any order; dividing by the largest first keeps it from overflowing.
    scaled = weight / largest
    return np.rint(scaled / math.fsum(scaled) * total * FINE).astype(np.int64)


def _close(rest: IntArray) -> IntArray:
    return (rest + (1 << (_TIE_BITS - 1))) >> _TIE_BITS


def _within_room(total: int, room: IntArray, base: IntArray, order: npt.NDArray[np.intp]) -> IntArray:
    if int(room.sum()) < total:
        raise ValueError(f"{total} people, and room for {int(room.sum())}")
    given = np.minimum(base, room)
    left = total - int(given.sum())
    while left:
        # One each around, to those who have room, until nobody is left.
        open_to = order[(given < room)[order]][:left]
        given[open_to] += 1
        left -= len(open_to)
    return given


def to_fine(people: npt.ArrayLike) -> IntArray:
    """Turn people, which may be fractions, into whole `FINE` parts of a person; 2e-9 of one is lost at most."""
    return np.rint(np.asarray(people, dtype=float) * FINE).astype(np.int64)


def round_half_up(fine: int) -> int:
    """Return the nearest whole number of people, the larger one of two.

    Examples
    --------
    >>> round_half_up(to_fine(2.5).item()), round_half_up(to_fine(2.49).item())
    (3, 2)
    """
    return (fine + FINE // 2) // FINE


def round_over_ground(
    fine: IntArray,
    cell_x: IntArray,
    cell_y: IntArray,
    group: IntArray,
    *,
    totals: npt.ArrayLike | None = None,
    key: npt.ArrayLike | None = None,
) -> IntArray:
    """Round fractions of people to whole ones, so that every square of the map keeps its own total.

    Many cells of a raster hold less than one person, and the plain largest remainder would move the people of a whole
    valley to where the remainders are a hair larger. So the remainders are settled from the large to the small: the
    total is rounded, then shared out over the groups, in each group over its quarters, in each quarter over its
    quarters, down to the single cell. Every one of them, on every level, ends at its own fraction rounded up or down.
    Of equal remainders the larger fraction comes first, then west before east and south before north.

    Parameters
    ----------
    fine
        (n,) people in `FINE` parts of one, 0 or more.
    cell_x, cell_y
        (n,) whole numbers: the column and row of the map, less than 2e9 apart.
    group
        (n,) 0..g-1: the area (or row of a census) whose total matters most.
    totals
        (g,) whole people of each group, each its own sum rounded up or down; without it they follow from the nearest
        whole number of everybody.
    key
        (n,) what tells pieces in one cell apart, when there are several; their position unless given.

    Returns
    -------
    (n,) int64
        Whole people.

    Examples
    --------
    >>> row, quarter_each = np.arange(8), to_fine(np.full(8, 0.25))
    >>> round_over_ground(quarter_each, row, 0 * row, 0 * row).tolist()
    [1, 0, 0, 0, 1, 0, 0, 0]
    """
    if len(fine) == 0:
        return np.zeros(0, dtype=np.int64)
    code = _interleaved(cell_x - cell_x.min(), cell_y - cell_y.min())
    rank = np.arange(len(fine)) if key is None else np.argsort(np.argsort(np.asarray(key), kind="stable"))
    order = np.lexsort((rank, code, group))
    fine, code, group = fine[order], code[order], group[order]
    starts = _run_starts(group[1:] != group[:-1])
    if totals is None:
        settled = _settle(np.add.reduceat(fine, starts), np.zeros(len(starts), dtype=np.int64),
                          np.array([round_half_up(int(fine.sum()))]))  # fmt: skip
    else:
        settled = np.asarray(totals, dtype=np.int64)[group[starts]]
    for level in range(int(code.max()).bit_length() // 2, -1, -1):
        block = code >> (2 * level)
        inner = _run_starts((group[1:] != group[:-1]) | (block[1:] != block[:-1]))
        settled = _settle(np.add.reduceat(fine, inner), np.searchsorted(starts, inner, side="right") - 1, settled)
        starts = inner
    whole = np.empty(len(fine), dtype=np.int64)
    whole[order] = _settle(fine, np.searchsorted(starts, np.arange(len(fine)), side="right") - 1, settled)
    return whole


def _run_starts(is_new: npt.NDArray[np.bool_]) -> IntArray:
    return np.flatnonzero(np.concatenate([[True], is_new]))


def _settle(fine: IntArray, parent: IntArray, totals: IntArray) -> IntArray:
    """Round the parts of each parent up or down so that they sum to its total; parts of one parent stand together."""
    base, rest = fine // FINE, fine & _MASK
    up = totals - np.bincount(parent, weights=base, minlength=len(totals)).astype(np.int64)
    # Only what has a remainder can be rounded up, and there are always enough of those.
    order = np.lexsort((-fine, -rest, parent))
    first = np.searchsorted(parent, np.arange(len(totals)))
    place = np.arange(len(fine)) - first[parent[order]]
    whole = base.copy()
    whole[order[place < up[parent[order]]]] += 1
    return whole


def _interleaved(x: IntArray, y: IntArray) -> IntArray:
    """Return the place of each cell on the curve that visits quarter by quarter (Morton's order)."""
    return _spread_bits(x) | (_spread_bits(y) << 1)


def _spread_bits(value: IntArray) -> IntArray:
    value = np.asarray(value, dtype=np.int64)
    for shift, mask in (
        (16, 0x0000FFFF0000FFFF),
        (8, 0x00FF00FF00FF00FF),
        (4, 0x0F0F0F0F0F0F0F0F),
        (2, 0x3333333333333333),
        (1, 0x5555555555555555),
    ):
        value = (value | (value << shift)) & mask
    return value
