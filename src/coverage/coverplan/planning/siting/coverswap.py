"""Greedy, exchange and restarts for people covered: a good plan in milliseconds, a better one the longer it runs."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csc_array, csr_array

from coverplan.planning.siting.reduce import Merged
from coverplan.planning.siting.rules import Bool, Float, Int
from coverplan.planning.siting.swaps import Moves
from coverplan.planning.siting.watch import Watch


class CoverSearch:
    """A choice of sites with what every addition and every exchange would bring, kept up to date.

    With c the times a class of demand is covered, w its people and v the worth of each further cover, adding a site
    brings the sum of w v[c] over what it covers, and giving one up costs the sum of w v[c-1]. Exchanging brings both,
    and besides w (v[c-1] - v[c]) wherever the two sites cover the same demand: that is `shared`.
    """

    def __init__(self, merged: Merged, worth: Float, moves: Moves) -> None:
        self.rows: csr_array = merged.table
        self.columns = csc_array(merged.table)
        self.columns.sort_indices()
        self._start, self._class = self.columns.indptr, self.columns.indices.astype(np.int64)
        self.weight, self.moves = merged.weight, moves
        most = moves.rules.most
        self._levels = np.concatenate([worth, np.zeros(2)])
        self._slots = moves.rules.n_candidates if most is None else min(most, int(moves.rules.upper.sum()))
        self.clear()

    def clear(self) -> None:
        """Choose nothing."""
        n, m = self.rows.shape
        self.often = np.zeros(m, dtype=np.int64)
        self.times = np.zeros(n, dtype=np.int64)
        self.value = 0.0
        self.gain = self.columns.T @ (self.weight * self._level(self.times))

    def _level(self, times: Int) -> Float:
        """Return what one more cover is worth at each class, 0 for a cover too many."""
        return self._levels[np.minimum(times, len(self._levels) - 1)]

    def covers(self, site: int) -> Int:
        """Return the classes that a candidate covers."""
        return self._class[self._start[site] : self._start[site + 1]]

    def add(self, site: int, count: int = 1) -> None:
        """Choose a site once more, or once less with a count of -1."""
        rows = self.covers(site)
        before = self._level(self.times[rows])
        removed = self._level(self.times[rows] - 1) if count < 0 else before
        self.value += float((self.weight[rows] * removed).sum()) * count
        self.times[rows] += count
        self.often[site] += count
        change = self.weight[rows] * (self._level(self.times[rows]) - before)
        touched = change != 0
        self._spread(rows[touched], change[touched])

    def _spread(self, rows: Int, change: Float) -> None:
        """Add a change at some classes to the gain of every candidate that covers them."""
        if len(rows) == 0:
            return
        start, length = self.rows.indptr[rows], np.diff(self.rows.indptr)[rows]
        ends = np.cumsum(length)
        at = np.arange(ends[-1]) + np.repeat(start - (ends - length), length)
        self.gain += np.bincount(self.rows.indices[at], np.repeat(change, length), minlength=len(self.gain))

    def choose(self, often: Int) -> None:
        """Make the choice what it was."""
        self.clear()
        for site in np.flatnonzero(often):
            for _ in range(int(often[site])):
                self.add(int(site))

    def grow(self, rng: np.random.Generator | None = None) -> None:
        """Add sites one after another, each time the one that brings most, until the rules or the gains end.

        Where sites have different costs and there is a budget, it is the one that brings most for its cost. With a
        generator, one of the three best is drawn.
        """
        price = self.moves.rules.price if self.moves.rules.budget is not None else None
        while True:
            free = self.moves.addable(self.often)
            score = np.where(free, self.gain, -1.0)
            if price is not None:
                score = np.where(free, self.gain / np.maximum(price, 1e-12), -1.0)
            site = int(score.argmax())
            if rng is not None and len(score) > 3:
                best = np.argpartition(-score, 3)[:3]
                best = best[score[best] > 0]
                site = int(rng.choice(best)) if len(best) else site
            if not self._wanted(site, float(score[site])):
                return
            self.add(site)

    def _wanted(self, site: int, score: float) -> bool:
        """Say whether a site is to be added: it brings something, or an existing one has to be kept."""
        rules = self.moves.rules
        missing = rules.keep - int((self.often[rules.existing] > 0).sum())
        return score > 1e-9 or (score >= 0 and missing > 0 and site in rules.existing)

    def shared(self, out: Int) -> Float:
        """Return what each exchange brings for demand that both sites cover: (k, m) for k chosen candidates."""
        drop = self.weight * (self._level(np.maximum(self.times - 1, 0)) - self._level(self.times))
        drop[self.times == 0] = 0.0
        part = csr_array(self.columns[:, out].T)
        part.data = part.data * drop[part.indices]
        part.eliminate_zeros()
        return (part @ self.rows).toarray()

    def loss(self, out: Int) -> Float:
        """Return what giving up each of some chosen candidates costs."""
        last = self.weight * self._level(np.maximum(self.times - 1, 0))
        return np.array([last[self.covers(int(site))].sum() for site in out])

    def improve(self, watch: Watch) -> None:
        """Make the best exchange, or addition, again and again until none brings anything."""
        hair = 1e-9 * max(1.0, float(self.weight.sum()))
        while not watch.stop():
            out = np.flatnonzero(self.moves.removable(self.often))
            if len(out) == 0:
                return
            brings = self.gain[None, :] - self.loss(out)[:, None] + self.shared(out)
            brings[~self.moves.exchangeable(self.often, out)] = -np.inf
            brings[np.arange(len(out)), out] = -np.inf
            best = int(brings.argmax())
            if brings.flat[best] <= hair:
                return
            k, site = divmod(best, len(self.gain))
            self.add(int(out[k]), -1)
            self.add(int(site))
            self.grow()

    def shake(self, rng: np.random.Generator, share: float) -> None:
        """Give up some chosen sites, neighbours of one another half of the time, and grow again with luck."""
        out = np.flatnonzero(self.moves.removable(self.often))
        if len(out) == 0:
            return
        k = max(1, min(len(out), round(share * len(out))))
        gone = rng.choice(out, size=k, replace=False)
        if rng.random() < 0.5:
            near = self.shared_demand(int(rng.choice(out)), out)
            gone = out[np.argsort(-near, kind="stable")][:k]
        for site in gone:
            self.add(int(site), -1)
        self.grow(rng)

    def shared_demand(self, site: int, others: Int) -> Float:
        """Return how much a candidate's surroundings have in common with others: two steps over shared demand."""
        around = self.rows[self.covers(site)].sum(axis=0)
        weight = self.rows @ around
        return np.array([weight[self.covers(int(other))].sum() for other in others])


def search_cover(
    merged: Merged,
    worth: Float,
    moves: Moves,
    watch: Watch,
    *,
    rounds: int,
    seconds: float,
    seed: int = 0,
    starts: tuple[Int, ...] = (),
    alive: Bool | None = None,
) -> tuple[Int, float]:
    """Find a good choice of sites: greedy and exchange, then restarts from shaken plans.

    Parameters
    ----------
    rounds, seconds
        How many restarts at most, and for how long; the first greedy plan with its exchanges is always made.
    starts
        Choices to begin from besides the greedy one.

    Returns
    -------
    often : (m,) int64
        How often each candidate is chosen.
    value
        What that is worth.
    """
    search = CoverSearch(merged, worth, moves)
    for site in np.flatnonzero(moves.rules.lower):
        search.add(int(site))
    search.grow()
    search.improve(watch)
    best, value = search.often.copy(), search.value
    watch.found()
    for start in starts:
        search.choose(start)
        search.grow()
        search.improve(watch)
        if search.value > value + 1e-9:
            best, value = search.often.copy(), search.value
            watch.found()
    rng, until = np.random.default_rng(seed), watch.seconds + seconds
    search.choose(best)
    for _ in range(rounds):
        if watch.stop() or watch.seconds >= until:
            break
        current = search.value
        search.shake(rng, float(rng.choice([0.05, 0.1, 0.2, 0.35])))
        search.improve(watch)
        if search.value > value + 1e-9:
            best, value = search.often.copy(), search.value
            watch.found()
        elif search.value < current - 1e-9:
            search.choose(best)
    return best, value
