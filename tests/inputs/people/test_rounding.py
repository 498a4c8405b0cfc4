"""Whole people: nobody lost, nobody added, nobody moved across the map."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coverplan.inputs.people.rounding import FINE, round_half_up, round_over_ground, share_out, to_fine

weights = st.lists(st.floats(0, 1e9, allow_subnormal=False), min_size=1, max_size=60).filter(lambda w: max(w) > 1e-6)


def by_hand(total: int, weight: list[int]) -> list[int]:
    """Do the largest remainder in fractions: of equal remainders the larger weight, then the earlier."""
    quota = [Fraction(total * w, sum(weight)) for w in weight]
    told = [int(q) for q in quota]
    order = sorted(range(len(weight)), key=lambda i: (-(quota[i] - told[i]), -weight[i], i))
    for i in order[: total - sum(told)]:
        told[i] += 1
    return told


@given(total=st.integers(0, 10**9), weight=weights)
def test_the_total_is_kept_and_nobody_is_off_by_one(total: int, weight: list[float]) -> None:
    """The parts sum to the total, each is its share rounded up or down, and no weight means nobody."""
    told = share_out(total, weight)
    assert told.sum() == total
    share = np.array(weight) / sum(weight) * total
    assert (told >= np.floor(share - 1e-3)).all()
    assert (told <= np.ceil(share + 1e-3)).all()
    assert (told[np.array(weight) == 0] == 0).all()


@given(total=st.integers(0, 2000), weight=st.lists(st.integers(0, 50), min_size=1, max_size=25).filter(any))
def test_it_is_the_largest_remainder(total: int, weight: list[int]) -> None:
    """Every number is that of the method done in exact fractions, ties included."""
    assert share_out(total, weight).tolist() == by_hand(total, weight)


@given(total=st.integers(0, 5000), weight=weights, seed=st.integers(0, 99))
def test_the_order_of_rows_does_not_matter(total: int, weight: list[float], seed: int) -> None:
    """With identifiers as key, shuffled rows get the same people, equal weights included."""
    weight = [*weight, *weight]
    key = np.array([f"p{i}" for i in range(len(weight))])
    order = np.random.default_rng(seed).permutation(len(weight))
    assert (
        share_out(total, np.array(weight)[order], key=key[order]).tolist()
        == share_out(total, weight, key=key)[order].tolist()
    )


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), min_size=1, max_size=20), st.floats(0, 1))
def test_room_is_never_exceeded(rows: list[tuple[int, int]], part: float) -> None:
    """Whatever the weights, everybody who fits is placed and nobody beyond the room."""
    weight, room = (np.array(column) for column in zip(*rows, strict=True))
    total = int(room.sum() * part) if weight.any() else 0
    told = share_out(total, weight, room=room)
    assert told.sum() == total
    assert (told <= room).all()


def test_what_cannot_be_shared_out_is_refused() -> None:
    """Nothing to give to, less than nothing, endless weights, too little room: each is said."""
    with pytest.raises(ValueError, match="nothing has a weight"):
        share_out(3, [0, 0])
    for total, weight in ((-1, [1]), (1, [-1]), (1, [np.nan]), (1, [np.inf])):
        with pytest.raises(ValueError, match="numbers from 0"):
            share_out(total, weight)
    with pytest.raises(ValueError, match="room for 3"):
        share_out(4, [1, 1], room=[1, 2])
    assert share_out(0, [0, 0]).tolist() == [0, 0]


def test_a_billion_people_over_a_million_places_are_exact() -> None:
    """At the size of a country not one person is lost to rounding."""
    weight = np.random.default_rng(1).pareto(1.1, 1_000_000)
    assert share_out(1_411_778_724, weight).sum() == 1_411_778_724


def blocks(values: np.ndarray, size: int) -> np.ndarray:
    """Sum squares of `size` cells."""
    n = values.shape[0] // size
    return values.reshape(n, size, n, size).sum(axis=(1, 3))


@given(st.integers(0, 10**6), st.sampled_from([0.02, 0.3, 0.5, 2.7]))
def test_every_square_keeps_its_own_total(seed: int, density: float) -> None:
    """On a map of 16 by 16 cells each cell, and each square of 2, 4, 8 and 16, is its own sum rounded up or down."""
    rng = np.random.default_rng(seed)
    people = np.where(rng.random((16, 16)) < 0.5, density, rng.random((16, 16)) * 2 * density)
    y, x = np.indices((16, 16))
    fine = to_fine(people)
    told = round_over_ground(fine.ravel(), x.ravel(), y.ravel(), np.zeros(256, dtype=int)).reshape(16, 16)
    assert told.sum() == round_half_up(int(fine.sum()))
    for size in (1, 2, 4, 8, 16):
        exact = blocks(fine, size)
        assert (blocks(told, size) >= exact // FINE).all()
        assert (blocks(told, size) <= -(-exact // FINE)).all()


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(-40, 40), st.integers(-40, 40), st.floats(0, 30)),
                min_size=1, max_size=80))  # fmt: skip
def test_groups_keep_their_totals_in_any_order(rows: list[tuple[int, int, int, float]]) -> None:
    """Each area is its own sum rounded up or down, the whole is the nearest number, and shuffling changes nothing."""
    group, x, y, people = (np.array(column) for column in zip(*rows, strict=True))
    group = np.unique(group, return_inverse=True)[1]
    fine, key = to_fine(people), np.arange(len(rows))
    told = round_over_ground(fine, x, y, group, key=key)
    assert told.sum() == round_half_up(int(fine.sum()))
    for g in range(group.max() + 1):
        exact = int(fine[group == g].sum())
        assert exact // FINE <= told[group == g].sum() <= -(-exact // FINE)
    order = np.random.default_rng(0).permutation(len(rows))
    again = round_over_ground(fine[order], x[order], y[order], group[order], key=key[order])
    assert again.tolist() == told[order].tolist()


def test_totals_that_are_given_are_met() -> None:
    """Two towns of 7 and 3 people over ten cells each come out at 7 and 3."""
    group = np.repeat([0, 1], 10)
    fine = np.concatenate([to_fine(np.full(10, 0.7)), to_fine(np.full(10, 0.3))])
    told = round_over_ground(fine, np.tile(np.arange(10), 2), np.zeros(20, dtype=int), group, totals=[7, 3])
    assert [told[:10].sum(), told[10:].sum()] == [7, 3]
    assert told.max() == 1


def test_nothing_comes_of_nothing() -> None:
    """No cells at all make no people and no error."""
    none = np.zeros(0, dtype=np.int64)
    assert len(round_over_ground(none, none, none, none)) == 0


def test_a_million_cells_are_rounded_in_seconds() -> None:
    """A raster of a million cells is settled exactly, and fast enough not to be noticed."""
    people = np.random.default_rng(2).random(1_000_000) * 3
    y, x = np.divmod(np.arange(1_000_000), 1000)
    fine = to_fine(people)
    assert round_over_ground(fine, x, y, 0 * x).sum() == round_half_up(int(fine.sum()))
