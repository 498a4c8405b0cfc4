"""Which single additions and exchanges the rules allow, for a choice of sites as it stands."""

from __future__ import annotations

import numpy as np

from coverplan.planning.siting.rules import Bool, Float, Int, Rules

_HAIR = 1 + 1e-12


class Moves:
    """Says what may be added to a choice, taken from it, or exchanged; a choice is how often each candidate stands."""

    def __init__(self, rules: Rules, alive: Bool | None = None) -> None:
        self.rules = rules
        self.upper = rules.upper if alive is None else np.where(alive, rules.upper, rules.lower)
        self._required = rules.lower
        self._price = rules.price
        self._budget = None if rules.budget is None else rules.budget * _HAIR
        self._apart = rules.apart_matrix() if len(rules.apart) else None
        self._stands = np.zeros(rules.n_candidates, dtype=bool)
        self._stands[rules.existing] = True
        self._among = [
            (np.isin(np.arange(rules.n_candidates), sites).astype(np.int64), k) for sites, k in rules.at_most
        ]

    def addable(self, often: Int) -> Bool:
        """Return the candidates of which one more may be chosen, without regard to how many have to be kept."""
        rules, total = self.rules, int(often.sum())
        if rules.most is not None and total >= rules.most:
            return np.zeros(len(often), dtype=bool)
        free = often < self.upper
        if self._budget is not None:
            free &= self._price <= self._budget - float(self._price @ often)
        if self._apart is not None:
            free &= (self._apart @ (often > 0)) == 0
        for among, number in self._among:
            if int(often @ among) >= number:
                free &= among == 0
        missing = rules.keep - int((often[self._stands] > 0).sum())
        if missing > 0 and rules.most is not None and rules.most - total <= missing:
            free &= self._stands & (often == 0)
        return free

    def removable(self, often: Int) -> Bool:
        """Return the chosen candidates of which one may be given up, were another put in its place."""
        return (often > 0) & (often > self._required)

    def exchangeable(self, often: Int, out: Int) -> Bool:
        """Return, for each of some chosen candidates, which candidate may take its place.

        Returns
        -------
        (k, m) bool
        """
        allowed = np.broadcast_to(often < self.upper, (len(out), len(often)))
        rules = self.rules
        if rules.is_plain:
            return allowed
        allowed = allowed.copy()
        if self._budget is not None:
            spare = self._budget - float(self._price @ often)
            allowed &= self._price[None, :] <= spare + self._price[out][:, None]
        if self._apart is not None:
            near = self._apart @ (often > 0).astype(np.float64)
            own = self._apart[out].toarray() * (often[out] == 1)[:, None]
            allowed &= near[None, :] - own <= 0
        for among, number in self._among:
            allowed &= int(often @ among) - among[out][:, None] + among[None, :] <= number
        if rules.keep > 0 and int((often[self._stands] > 0).sum()) <= rules.keep:
            pinned = self._stands[out] & (often[out] == 1)
            allowed &= ~pinned[:, None] | (self._stands & (often == 0))[None, :]
        return allowed

    def top(self, score: Float) -> tuple[float, Float]:
        """Return the largest sum of scores that a choice can have, and that choice; a bound where rules are many.

        Exact for a number of sites with some required, forbidden and kept. Pairs that stand too near each other are
        ignored, and of a budget only that part of a site may be bought, so the sum may be too large, never too small.
        """
        rules = self.rules
        upper = self.upper
        value = np.where(score > 0, score, 0.0)
        choice = np.minimum(self._required, upper).astype(float)
        room = np.inf if rules.most is None else rules.most - choice.sum()
        if rules.keep > 0:
            missing = rules.keep - int((choice[self._stands] > 0).sum())
            stands = np.flatnonzero(self._stands & (choice == 0) & (upper > 0))
            first = stands[np.argsort(-score[stands], kind="stable")][: max(missing, 0)]
            choice[first] = 1
            room -= len(first)
        base = float(score @ choice)
        rest = np.where(upper - choice > 0, value, 0.0)
        bound = [self._rest_by_number(rest, upper - choice, room, choice)]
        if self._budget is not None:
            bound.append(self._rest_by_money(rest, upper - choice, self._budget - float(self._price @ choice)))
        return base + min(bound), choice

    def _rest_by_number(self, rest: Float, left: Float, room: float, choice: Float) -> float:
        if room <= 0:
            return 0.0
        if self.rules.per_site == 1:
            k = int(min(room, len(rest)))
            best = np.argpartition(-rest, k - 1)[:k] if k < len(rest) else np.arange(len(rest))
            best = best[rest[best] > 0]
            choice[best] += 1
            return float(rest[best].sum())
        total = 0.0
        for j in np.argsort(-rest, kind="stable").tolist():
            take = min(float(left[j]), room)
            if rest[j] <= 0 or take <= 0:
                break
            total += take * float(rest[j])
            choice[j] += take
            room -= take
        return total

    def _rest_by_money(self, rest: Float, left: Float, money: float) -> float:
        free = float(rest[self._price <= 0] @ left[self._price <= 0])
        paid = np.flatnonzero((self._price > 0) & (rest > 0) & (left > 0))
        order = paid[np.argsort(-rest[paid] / self._price[paid], kind="stable")]
        whole = self._price[order] * left[order]
        before = np.cumsum(whole) - whole
        part = np.clip((max(money, 0.0) - before) / whole, 0.0, 1.0)
        return free + float((part * rest[order] * left[order]).sum())
