"""Sites that can take so many people only: capacitated p-median and capacitated maximal covering."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array, csc_array, csr_array, hstack, vstack

from coverplan.planning.siting.grain import grain_of, whole_bound
from coverplan.planning.siting.interchange import search_median
from coverplan.planning.siting.mip import Program, solve_program
from coverplan.planning.siting.problems import Capacity
from coverplan.planning.siting.rules import Float, Int
from coverplan.planning.siting.swaps import Moves
from coverplan.planning.siting.watch import Watch


@dataclass(frozen=True, kw_only=True, eq=False)
class Assigned:
    """Chosen sites, the part of each point that goes to each, the objective and its bound."""

    sites: Int
    share: csr_array
    objective: float
    bound: float


def solve_capacity(problem: Capacity, watch: Watch, *, gap: float, seed: int) -> Assigned | None:
    """Choose sites and assign people to them within their room; None when everybody cannot be assigned."""
    pairs = _Pairs(problem)
    if problem.goal == "sum" and len(np.unique(pairs.point)) < len(pairs.counted):
        return None
    start_sites = _likely_sites(problem, watch, seed)
    first = None if start_sites is None else pairs.assign(start_sites)
    if first is not None:
        watch.found()
        watch.note("sites by interchange, people by decreasing weight")
    program = pairs.program()
    sign = -1.0 if problem.goal == "people" else 1.0

    def tell(best: float, bound: float) -> None:
        watch.tell(sign * best, sign * bound)

    grain = 0.0 if problem.split else grain_of(pairs.cost)
    solved = solve_program(
        program, watch, start=first, tell=tell, relative_gap=max(gap, 1e-9), absolute_gap=grain * (1 - 1e-6)
    )
    watch.note("branch and bound (HiGHS)")
    if solved.status == "infeasible":
        return None
    x = solved.x if solved.x is not None else first
    if x is None:
        raise TimeoutError
    watch.found()
    sites, share = pairs.read(x)
    value = float((share * problem.weight[:, None]).sum()) if problem.goal == "people" else pairs.travel(share)
    # A bound is an upper one in the sense of `-sign`; both cases are brought there and back.
    worst = float(problem.weight.sum()) if problem.goal == "people" else 0.0
    bound = sign * solved.bound if np.isfinite(solved.bound) else worst
    bound = -sign * whole_bound(-sign * bound, -sign * value, grain)
    bound = max(bound, value) if problem.goal == "people" else min(bound, value)
    return Assigned(sites=sites, share=share, objective=value, bound=bound)


class _Pairs:
    """The pairs of demand point and candidate that may be assigned, one variable each after those of the sites."""

    def __init__(self, problem: Capacity) -> None:
        self.problem = problem
        rules = problem.rules
        self.counted = np.flatnonzero(problem.weight > 0)
        allowed = np.isfinite(problem.value) & (rules.upper > 0)[None, :] & (problem.weight > 0)[:, None]
        if not problem.split:
            allowed &= problem.weight[:, None] <= _a_hair_more(problem.room)[problem.part]
        self.point, self.site = np.nonzero(allowed)
        weight = problem.weight[self.point]
        self.cost = -weight if problem.goal == "people" else weight * problem.value[self.point, self.site]

    def program(self) -> Program:
        """Write everything as a program to be minimised."""
        problem, k = self.problem, len(self.point)
        rules, (n, m) = problem.rules, problem.value.shape
        own = np.arange(k)
        once = csr_array(coo_array((np.ones(k), (self.point, own)), shape=(n, k)))[self.counted]
        # One row for each site in each part of the week.
        there, n_rooms = problem.part[self.point] * m + self.site, m * len(problem.length)
        load = coo_array((problem.weight[self.point], (there, own)), shape=(n_rooms, k))
        room = np.minimum(_a_hair_more(problem.room), problem.weight.sum()).ravel()
        open_only = coo_array((-np.ones(k), (own, self.site)), shape=(k, m))
        rule, low, high = rules.rows()
        blocks = [
            hstack([csr_array((len(self.counted), m)), once]),
            hstack([_of_each_site(-room, m), load]),
            hstack([open_only, coo_array((np.ones(k), (own, own)), shape=(k, k))]),
            hstack([rule, csr_array((rule.shape[0], k))]),
        ]
        everybody = 1.0 if problem.goal == "sum" else -np.inf
        return Program(
            cost=np.concatenate([np.zeros(m), self.cost]),
            matrix=csc_array(vstack(blocks)),
            row_low=np.concatenate([np.full(len(self.counted), everybody), np.full(n_rooms + k, -np.inf), low]),
            row_high=np.concatenate([np.ones(len(self.counted)), np.zeros(n_rooms + k), high]),
            low=np.concatenate([rules.lower, np.zeros(k)]),
            high=np.concatenate([rules.upper, np.ones(k)]),
            whole=np.concatenate([np.ones(m, bool), np.full(k, not problem.split)]),
        )

    def assign(self, sites: Int) -> Float | None:
        """Assign whole points to the nearest site with room, heavy ones first; None if somebody finds none."""
        problem = self.problem
        left = _a_hair_more(problem.room)
        lookup = csr_array(
            coo_array((np.arange(1, len(self.point) + 1), (self.point, self.site)), shape=problem.value.shape)
        )
        takes = np.zeros(len(self.point))
        for point in self.counted[np.argsort(-problem.weight[self.counted], kind="stable")].tolist():
            near = sites[np.argsort(problem.value[point, sites], kind="stable")]
            now = left[problem.part[point]]
            fits = [
                s for s in near.tolist() if now[s] >= problem.weight[point] and np.isfinite(problem.value[point, s])
            ]
            if fits:
                now[fits[0]] -= problem.weight[point]
                takes[lookup[point, fits[0]] - 1] = 1.0
            elif problem.goal == "sum":
                return None
        chosen = np.isin(np.arange(problem.value.shape[1]), sites).astype(float)
        return np.concatenate([chosen, takes])

    def read(self, x: Float) -> tuple[Int, csr_array]:
        """Read sites and shares out of a solution."""
        m = self.problem.value.shape[1]
        sites = np.flatnonzero(x[:m] > 0.5)
        takes = np.clip(x[m:], 0.0, 1.0) if self.problem.split else np.rint(x[m:])
        takes[(takes < 1e-9) | ~np.isin(self.site, sites)] = 0.0
        share = csr_array(coo_array((takes, (self.point, self.site)), shape=self.problem.value.shape))
        share.eliminate_zeros()
        return sites, share

    def travel(self, share: csr_array) -> float:
        """Return weight x distance of an assignment."""
        point, site = share.nonzero()
        return float((share[point, site] * self.problem.weight[point] * self.problem.value[point, site]).sum())


def _a_hair_more(room: Float) -> Float:
    """Let a site that is exactly full be full: people and room are multiplied by the same shares of the week."""
    return room * (1 + 1e-12)


def _of_each_site(room: Float, m: int) -> csr_array:
    """Write what each room takes away into the column of its site; the sites repeat, part by part."""
    rows = np.arange(len(room))
    return csr_array(coo_array((room, (rows, rows % m)), shape=(len(room), m)))


def _likely_sites(problem: Capacity, watch: Watch, seed: int) -> Int | None:
    """Choose sites as if there were room everywhere: a place to start from."""
    if problem.rules.per_site != 1 or not len(problem.weight):
        return None
    counted = problem.weight > 0
    cost = problem.weight[counted][:, None] * problem.value[counted]
    finite = np.isfinite(cost)
    far = float(np.where(finite, cost, 0.0).max(initial=0.0)) * 2 + float(problem.weight.max(initial=0.0)) + 1
    hair = 1e-9 * max(1.0, far)
    sites, _ = search_median(
        np.where(finite, cost, far), Moves(problem.rules), watch, rounds=0, seconds=0.0, hair=hair, seed=seed
    )
    return None if any(problem.rules.broken(sites.tolist())) else sites


def main_site(share: csr_array) -> Int:
    """Return the site that takes most of each point, the first in the list of several; -1 where none takes any."""
    table = csc_array(share).toarray() if min(share.shape) else np.zeros(share.shape)
    if not table.size:
        return np.full(share.shape[0], -1, np.int64)
    return np.where(table.max(axis=1) > 0, table.argmax(axis=1), -1).astype(np.int64)
