"""Which sites may be chosen together: how many, locked, forbidden, at what cost, how far apart, which to keep."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array, csr_array

Float = npt.NDArray[np.float64]
Int = npt.NDArray[np.int64]
Bool = npt.NDArray[np.bool_]


def _no_sites() -> Int:
    return np.empty(0, dtype=np.int64)


def _no_pairs() -> Int:
    return np.empty((0, 2), dtype=np.int64)


@dataclass(frozen=True, kw_only=True, eq=False)
class Rules:
    """What a plan must respect, whatever it is for; m candidates, named by their position 0..m-1.

    Attributes
    ----------
    n_candidates
        How many candidates there are.
    most
        How many sites may be chosen at most, those that are locked included; None for any number.
    required, forbidden
        Candidates that must, and that must not, be chosen; a required one that is named twice, at least twice.
    cost : (m,) float64
        What each site costs, in any one unit; 1 each when not given.
    budget
        How much the chosen sites may cost together; None for no limit.
    apart : (k, 2) int64
        Pairs of candidates that stand too near each other for both to be chosen.
    existing
        Candidates at which a facility stands today; it may be given up unless it is also required.
    keep
        How many of `existing` must be chosen again.
    per_site
        How often the same site may be chosen: vehicles at one station. 1 for sites.
    at_most
        Pairs of candidates and a number: no more of them than that may be chosen. So plans are made to differ.

    Examples
    --------
    Three stations of which two stand already; at most one of them may move:

    >>> rules = Rules(n_candidates=5, most=3, existing=np.array([0, 1]), keep=1)
    >>> list(rules.broken([2, 3, 4]))
    ['0 of the 2 existing sites are kept, fewer than 1']
    >>> list(rules.broken([0, 3, 4]))
    []
    """

    n_candidates: int
    most: int | None = None
    required: Int = field(default_factory=_no_sites)
    forbidden: Int = field(default_factory=_no_sites)
    cost: Float | None = None
    budget: float | None = None
    apart: Int = field(default_factory=_no_pairs)
    existing: Int = field(default_factory=_no_sites)
    keep: int = 0
    per_site: int = 1
    at_most: tuple[tuple[Int, int], ...] = ()

    def __post_init__(self) -> None:
        for name in ("required", "forbidden", "existing"):
            sites = np.sort(np.asarray(getattr(self, name), dtype=np.int64))
            object.__setattr__(self, name, sites if name == "required" else np.unique(sites))
        limits = tuple((np.unique(np.asarray(sites, dtype=np.int64)), int(number)) for sites, number in self.at_most)
        object.__setattr__(self, "at_most", limits)
        pairs = np.asarray(self.apart, dtype=np.int64).reshape(-1, 2)
        object.__setattr__(self, "apart", pairs[pairs[:, 0] != pairs[:, 1]])
        if self.cost is not None:
            object.__setattr__(self, "cost", np.asarray(self.cost, dtype=np.float64))
        problems = list(self._nonsense())
        if problems:
            raise ValueError("; ".join(problems))

    def _nonsense(self) -> Iterator[str]:
        for name in ("required", "forbidden", "existing", "apart"):
            sites = getattr(self, name)
            if sites.size and not (sites.min() >= 0 and sites.max() < self.n_candidates):
                yield f"{name} names a candidate that is not among 0..{self.n_candidates - 1}"
        if self.cost is not None and self.cost.shape != (self.n_candidates,):
            yield f"there are {self.n_candidates} candidates and {self.cost.size} costs"
        elif self.cost is not None and not (np.isfinite(self.cost).all() and (self.cost >= 0).all()):
            yield "costs must be numbers of 0 or more"
        if self.per_site < 1:
            yield "per_site is less than 1"
        if self.most is not None and self.most < 0:
            yield "most is less than 0"

    @property
    def price(self) -> Float:
        """What each site costs; ones where no costs were given."""
        return np.ones(self.n_candidates) if self.cost is None else self.cost

    @property
    def lower(self) -> Float:
        """How often each candidate must be chosen at least: 1 where it is required."""
        return np.bincount(self.required, minlength=self.n_candidates).astype(np.float64)

    @property
    def upper(self) -> Float:
        """How often each candidate may be chosen at most: 0 where it is forbidden."""
        most = np.full(self.n_candidates, float(self.per_site))
        most[self.forbidden] = 0
        return most

    @property
    def is_plain(self) -> bool:
        """Whether nothing counts but the number of sites, and which are required or forbidden."""
        return self.budget is None and not len(self.apart) and self.keep <= 0 and not self.at_most

    def apart_matrix(self) -> csr_array:
        """Return the pairs that may not be chosen together as a symmetric matrix of ones."""
        first, second = self.apart[:, 0], self.apart[:, 1]
        rows, columns = np.concatenate([first, second]), np.concatenate([second, first])
        shape = (self.n_candidates, self.n_candidates)
        matrix = csr_array(coo_array((np.ones(len(rows)), (rows, columns)), shape=shape))
        matrix.data[:] = 1.0
        return matrix

    def rows(self) -> tuple[csr_array, Float, Float]:
        """Return the rules as rows over the candidates for a solver: ``low <= matrix @ chosen <= high``."""
        m = self.n_candidates
        parts: list[tuple[Float, float, float]] = []
        if self.most is not None:
            parts.append((np.ones(m), -np.inf, float(self.most)))
        if self.budget is not None:
            parts.append((self.price, -np.inf, self.budget))
        if self.keep > 0:
            stands = np.zeros(m)
            stands[self.existing] = 1
            parts.append((stands, float(self.keep), np.inf))
        for sites, number in self.at_most:
            among = np.zeros(m)
            among[sites] = 1
            parts.append((among, -np.inf, float(number)))
        dense = csr_array(np.array([row for row, _, _ in parts]).reshape(len(parts), m))
        low, high = [low for _, low, _ in parts], [high for _, _, high in parts]
        if not len(self.apart):
            return dense, np.array(low), np.array(high)
        k = len(self.apart)
        pair = np.repeat(np.arange(k), 2)
        pairs = csr_array(coo_array((np.ones(2 * k), (pair, self.apart.ravel())), shape=(k, m)))
        from scipy.sparse import vstack  # noqa: PLC0415 - only where there are pairs

        return csr_array(vstack([dense, pairs])), np.array(low + [-np.inf] * k), np.array(high + [1.0] * k)

    def broken(self, sites: Iterable[int]) -> Iterator[str]:
        """Say, in words, which rules a choice of sites breaks; nothing when it breaks none."""
        chosen = [int(site) for site in sites]
        often = {site: chosen.count(site) for site in set(chosen)}
        if any(not 0 <= site < self.n_candidates for site in chosen):
            yield "a site is no candidate"
            return
        if any(count > self.per_site for count in often.values()):
            yield f"a site is chosen more than {self.per_site} times"
        if self.most is not None and len(chosen) > self.most:
            yield f"{len(chosen)} sites are chosen, more than {self.most}"
        needed = self.required.tolist()
        yield from (
            f"site {s} is required and not chosen" for s in dict.fromkeys(needed) if often.get(s, 0) < needed.count(s)
        )
        yield from (f"site {site} is forbidden and chosen" for site in self.forbidden.tolist() if site in often)
        spent = sum(float(self.price[site]) for site in chosen)
        if self.budget is not None and spent > self.budget * (1 + 1e-9):
            yield f"the sites cost {spent:g}, more than {self.budget:g}"
        yield from self._broken_together(often)

    def _broken_together(self, often: dict[int, int]) -> Iterator[str]:
        for first, second in self.apart.tolist():
            if first in often and second in often:
                yield f"sites {first} and {second} stand too near each other"
        for among, number in self.at_most:
            if sum(often.get(site, 0) for site in among.tolist()) > number:
                yield f"more than {number} sites are chosen of a set of {len(among)}"
        kept = sum(site in often for site in self.existing.tolist())
        if kept < self.keep:
            yield f"{kept} of the {len(self.existing)} existing sites are kept, fewer than {self.keep}"
