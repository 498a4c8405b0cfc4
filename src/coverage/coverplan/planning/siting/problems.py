"""What is asked, as arrays: who would be covered, how far everybody would be, how many a site can take.

Every model is one of three questions. Coverage counts how often each demand point is covered and what the first, the
second, the third time is worth; distance adds up, or bounds, how far everybody is from the nearest site; capacity says
how many people a site can take. The functions at the end name the models as the literature does.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from scipy.sparse import csc_array, issparse

from coverplan.planning.siting.rules import Float, Int, Rules


@dataclass(frozen=True, kw_only=True, eq=False)
class Coverage:
    """Who is covered by which candidate; n demand points, m candidates.

    Attributes
    ----------
    model
        What the literature calls it.
    cover : (n, m) csc_array of bool
        True where a candidate covers a demand point.
    weight : (n,) float64
        People at each demand point, 0 or more.
    worth : (k,) float64
        What a person is worth who is covered for the first, second, ... k-th time; never rising, none below 0.
    must : (n,) int64
        How many chosen sites have to cover each point, whatever it is worth.
    goal
        ``"people"``: the largest sum of weight x worth; ``"cost"``: the lowest cost of the sites.
    then_people
        With the goal ``"cost"``: of the cheapest plans, the one that is worth most.
    at_least
        With the goal ``"cost"``: how much weight has to be covered, instead of everybody; None for what `must` says.
    """

    model: str
    cover: csc_array
    weight: Float
    rules: Rules
    worth: Float
    must: Int
    goal: Literal["people", "cost"] = "people"
    then_people: bool = False
    at_least: float | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class Distance:
    """How far every demand point is from every candidate.

    Attributes
    ----------
    value : (n, m) float64
        Seconds or metres (or any cost of going there); `inf` where there is no way.
    goal
        ``"sum"``: the lowest weight x distance to the nearest site (p-median); ``"worst"``: the lowest distance of
        the point that is farthest from its nearest site, among points with a weight above 0 (p-center).
    """

    model: str
    value: Float
    weight: Float
    rules: Rules
    goal: Literal["sum", "worst"] = "sum"


@dataclass(frozen=True, kw_only=True, eq=False)
class Capacity:
    """Everybody is assigned to a chosen site that has room for them.

    Attributes
    ----------
    value : (n, m) float64
        Seconds or metres; `inf` where a point may not be assigned to a candidate (beyond the limit, or no way).
    capacity : (m,) float64
        How much weight a site can take.
    goal
        ``"sum"``: everybody is assigned, for the lowest weight x distance; ``"people"``: as much weight as possible
        is assigned, within reach only.
    split
        Whether the people of one point may go to different sites.
    part : (n,) int64
        In which part of the week a point stands; 0 throughout where nothing is told apart. A site has room anew in
        every part.
    length : (t,) float64
        What the parts weigh, together 1. A point's weight holds the weight of its part, so a site's room in it is
        `capacity` x `length`.
    """

    model: str
    value: Float
    weight: Float
    rules: Rules
    capacity: Float
    goal: Literal["sum", "people"]
    split: bool = False
    part: Int
    length: Float

    @property
    def room(self) -> Float:
        """How much weight each site can take in each part: t x m."""
        return self.length[:, None] * self.capacity[None, :]


Problem = Coverage | Distance | Capacity


def lscp(cover: Any, *, rules: Rules | None = None) -> Coverage:
    """Location set covering: everybody covered, for the lowest cost (the fewest sites where costs are not given).

    Toregas et al. (1971). Who is covered by no candidate makes it infeasible; `solve` says who they are.
    """
    table = _cover(cover)
    return _coverage("lscp", table, np.ones(table.shape[0]), rules, must=1, goal="cost")


def lscp_share(cover: Any, weight: npt.ArrayLike, *, share: float, rules: Rules | None = None) -> Coverage:
    """Partial set covering: a share of the people covered (0.95 for 95 %), for the lowest cost (Daskin, Owen 1999)."""
    if not 0 <= share <= 1:
        raise ValueError("the share to be covered lies between 0 and 1")
    table = _cover(cover)
    problem = _coverage("lscp-share", table, weight, rules, goal="cost")
    # A hair below, lest a sum of many weights miss its own share by rounding.
    return replace(problem, at_least=share * float(problem.weight.sum()) * (1 - 1e-12))


def lscp_b(cover: Any, weight: npt.ArrayLike, *, rules: Rules | None = None) -> Coverage:
    """Set covering with backup: the lowest cost at which everybody is covered, and then most people covered twice.

    Daskin and Stern (1981), hierarchical: no site more is spent on backup.
    """
    return _coverage("lscp-b", _cover(cover), weight, rules, worth=(0.0, 1.0), must=1, goal="cost", then_people=True)


def mclp(cover: Any, weight: npt.ArrayLike, *, p: int | None = None, rules: Rules | None = None) -> Coverage:
    """Maximal covering: most people covered by at most p sites (Church and ReVelle 1974).

    Examples
    --------
    >>> problem = mclp([[1, 0], [1, 0], [0, 1]], [1, 2, 4], p=1)
    >>> problem.rules.most, problem.weight.tolist()
    (1, [1.0, 2.0, 4.0])
    """
    return _coverage("mclp", _cover(cover), weight, rules, p=p)


def bacop1(cover: Any, weight: npt.ArrayLike, *, p: int | None = None, rules: Rules | None = None) -> Coverage:
    """Backup coverage: everybody covered, and most people covered twice by at most p sites (Hogan, ReVelle 1986)."""
    return _coverage("bacop1", _cover(cover), weight, rules, p=p, worth=(0.0, 1.0), must=1)


def bacop2(
    cover: Any, weight: npt.ArrayLike, *, first: float = 0.5, p: int | None = None, rules: Rules | None = None
) -> Coverage:
    """Weigh first against second coverage: `first` of 1 for a first cover, the rest for a second (same authors).

    `first` lies between 0.5 and 1: below, a second cover would be worth more than the first.
    """
    if not 0.5 <= first <= 1:
        raise ValueError("the worth of the first cover lies between 0.5 and 1")
    return _coverage("bacop2", _cover(cover), weight, rules, p=p, worth=(first, 1.0 - first))


def mexclp(
    cover: Any,
    weight: npt.ArrayLike,
    *,
    busy: float,
    p: int,
    rules: Rules | None = None,
    per_site: int | None = None,
) -> Coverage:
    """Maximal expected covering: p vehicles, each busy a share of the time on its own account (Daskin 1983).

    A person within reach of k vehicles finds one free with probability 1 - busy^k; the k-th one adds
    (1 - busy) busy^(k-1). Several vehicles may stand at one site, at most `per_site` (p when not given).
    """
    if not 0 <= busy < 1:
        raise ValueError("the busy share lies between 0 and 1")
    table = _cover(cover)
    rules = rules or Rules(n_candidates=table.shape[1])
    changed = {**vars(rules), "per_site": max(per_site or p, 1)}
    return _coverage(
        "mexclp", table, weight, Rules(**changed), p=p, worth=(1 - busy) * busy ** np.arange(max(p, 1), dtype=float)
    )


def p_median(
    value: npt.ArrayLike, weight: npt.ArrayLike, *, p: int | None = None, rules: Rules | None = None
) -> Distance:
    """Place at most p sites so that people travel least in all, each to the nearest (Hakimi 1964)."""
    return _distance("p-median", value, weight, rules=rules, p=p, goal="sum")


def p_center(
    value: npt.ArrayLike, *, p: int | None = None, weight: npt.ArrayLike | None = None, rules: Rules | None = None
) -> Distance:
    """Place at most p sites so that the farthest is nearest; points of weight 0 do not count (Hakimi 1964)."""
    table = _table(value)
    return _distance(
        "p-center", table, np.ones(len(table)) if weight is None else weight, rules=rules, p=p, goal="worst"
    )


def capacitated_mclp(
    cover: Any,
    weight: npt.ArrayLike,
    capacity: npt.ArrayLike,
    *,
    p: int | None = None,
    rules: Rules | None = None,
    split: bool = False,
    part: npt.ArrayLike | None = None,
    length: npt.ArrayLike = (1.0,),
) -> Capacity:
    """Most people within reach of a site that has room for them (Current and Storbeck 1988).

    Points may stand in several parts of the week, each with room of its own: `part` says in which, `length` what the
    parts weigh (see `Capacity`).
    """
    value = np.where(_cover(cover).toarray(), 0.0, np.inf)
    problem = _capacity("capacitated-mclp", value, weight, capacity, rules=rules, p=p, goal="people", split=split)
    share = np.asarray(length, dtype=np.float64)
    if part is None and len(share) == 1:
        return replace(problem, length=share)
    number = np.asarray(part, dtype=np.int64)
    if number.shape != problem.weight.shape or number.min(initial=0) < 0 or number.max(initial=0) >= len(share):
        raise ValueError(f"every point stands in one of the {len(share)} parts of the week")
    return replace(problem, part=number, length=share)


def capacitated_p_median(
    value: npt.ArrayLike,
    weight: npt.ArrayLike,
    capacity: npt.ArrayLike,
    *,
    p: int | None = None,
    rules: Rules | None = None,
    split: bool = False,
) -> Capacity:
    """Everybody assigned to one of p sites, none beyond its room, for the least travel in all."""
    return _capacity("capacitated-p-median", _table(value), weight, capacity, rules=rules, p=p, goal="sum", split=split)


def _cover(cover: Any) -> csc_array:
    """Bring what says who is covered into one form: n x m, columns sorted, True only."""
    given: Any = cover if issparse(cover) else np.asarray(cover)
    table = csc_array(given)
    table = csc_array((table.data != 0, table.indices, table.indptr), shape=table.shape)
    table.eliminate_zeros()
    table.sum_duplicates()
    return table


def _table(value: npt.ArrayLike) -> Float:
    table = np.asarray(value, dtype=np.float64)
    if table.ndim != 2 or np.isnan(table).any() or (table < 0).any():
        raise ValueError("distances are a table, demand x candidates, of numbers of 0 or more")
    return table


def _weights(weight: npt.ArrayLike, n: int) -> Float:
    people = np.asarray(weight, dtype=np.float64)
    if people.shape != (n,):
        raise ValueError(f"there are {n} demand points and {people.size} weights")
    if not np.isfinite(people).all() or (people < 0).any():
        raise ValueError("weights must be numbers of 0 or more")
    return people


def _with_most(rules: Rules | None, p: int | None, m: int) -> Rules:
    rules = rules or Rules(n_candidates=m)
    if rules.n_candidates != m:
        raise ValueError(f"there are {m} candidates, and rules for {rules.n_candidates}")
    if p is None:
        return rules
    if rules.most is not None and rules.most != p:
        raise ValueError(f"p is {p}, and the rules allow {rules.most} sites")
    return Rules(**{**vars(rules), "most": int(p)})


def _coverage(
    model: str,
    cover: csc_array,
    weight: npt.ArrayLike,
    rules: Rules | None,
    *,
    p: int | None = None,
    worth: npt.ArrayLike = (1.0,),
    must: int = 0,
    goal: Literal["people", "cost"] = "people",
    then_people: bool = False,
) -> Coverage:
    n, m = cover.shape
    return Coverage(
        model=model,
        cover=cover,
        weight=_weights(weight, n),
        rules=_with_most(rules, p, m),
        worth=np.asarray(worth, dtype=np.float64),
        must=np.full(n, must, dtype=np.int64),
        goal=goal,
        then_people=then_people,
    )


def _distance(
    model: str,
    value: npt.ArrayLike,
    weight: npt.ArrayLike,
    *,
    rules: Rules | None,
    p: int | None,
    goal: Literal["sum", "worst"],
) -> Distance:
    table = _table(value)
    n, m = table.shape
    return Distance(model=model, value=table, weight=_weights(weight, n), rules=_with_most(rules, p, m), goal=goal)


def _capacity(
    model: str,
    value: Float,
    weight: npt.ArrayLike,
    capacity: npt.ArrayLike,
    *,
    rules: Rules | None,
    p: int | None,
    goal: Literal["sum", "people"],
    split: bool,
) -> Capacity:
    n, m = value.shape
    room = np.asarray(capacity, dtype=np.float64)
    if room.shape != (m,) or np.isnan(room).any() or (room < 0).any():
        raise ValueError(f"capacity must be {m} numbers of 0 or more, one for each candidate")
    return Capacity(
        model=model,
        value=value,
        weight=_weights(weight, n),
        rules=_with_most(rules, p, m),
        capacity=room,
        goal=goal,
        split=split,
        part=np.zeros(n, dtype=np.int64),
        length=np.ones(1),
    )
