"""Coverage problems written as programs for a solver: most people covered, lowest cost."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csc_array, csr_array, eye_array, hstack, vstack

from coverplan.planning.siting.mip import Program
from coverplan.planning.siting.problems import Coverage
from coverplan.planning.siting.reduce import Merged
from coverplan.planning.siting.rules import Bool, Float, Int


def people_of(problem: Coverage, merged: Merged, often: Int) -> float:
    """Return what a choice is worth."""
    times = np.rint(merged.table @ often.astype(float)).astype(int)
    worth = np.concatenate([[0.0], np.cumsum(problem.worth)])
    return float((merged.weight * worth[np.minimum(times, len(problem.worth))]).sum())


def people_program(problem: Coverage, merged: Merged, kept: Bool, settled: Bool) -> Program:
    """Write the most people covered as a program to be minimised: sites first, then what each class takes.

    The first rows, one for each class, say that nobody is covered more often than sites cover them.
    """
    rules, k = problem.rules, len(problem.worth)
    columns = np.flatnonzero(kept)
    table, d = csr_array(merged.table[:, columns]), len(merged.weight)
    takes = hstack([-eye_array(d, format="csr")] * k, format="csr")
    rule, low, high = rules.rows()
    blocks = [hstack([table, takes]), hstack([rule[:, columns], csr_array((rule.shape[0], d * k))])]
    lows, highs = [np.zeros(d), low], [np.full(d, np.inf), high]
    # Who must be covered takes the first covers for certain, whether they are worth anything or not.
    sure = (merged.must[None, :] > np.arange(k)[:, None]).astype(float).ravel()
    if (merged.must > k).any():
        blocks.append(hstack([table, csr_array((d, d * k))]))
        lows.append(merged.must.astype(float))
        highs.append(np.full(d, np.inf))
    cost = np.concatenate([np.zeros(len(columns)), -(problem.worth[:, None] * merged.weight[None, :]).ravel()])
    lower = np.maximum(rules.lower[columns], settled[columns])
    return Program(
        cost=cost,
        matrix=csc_array(vstack(blocks)),
        row_low=np.concatenate(lows),
        row_high=np.concatenate(highs),
        low=np.concatenate([lower, sure]),
        high=np.concatenate([rules.upper[columns], np.ones(d * k)]),
        whole=np.concatenate([np.ones(len(columns), bool), np.zeros(d * k, bool)]),
    )


def people_start(problem: Coverage, merged: Merged, kept: Bool, often: Int) -> Float:
    """Write a choice of sites as a solution of `people_program`."""
    times = np.rint(merged.table @ often.astype(float)).astype(int)
    takes = [np.clip(times - k, 0, 1) for k in range(len(problem.worth))]
    return np.concatenate([often[kept].astype(float), *takes])


def cost_program(problem: Coverage, merged: Merged, columns: Int) -> Program:
    """Write the lowest cost as a program: sites, and where a share is enough, which classes are covered."""
    rules, d, k = problem.rules, len(merged.weight), len(columns)
    rule, low, high = rules.rows()
    blocks = [merged.table[:, columns], rule[:, columns]]
    row_low = np.concatenate([merged.must.astype(float), low])
    row_high = np.concatenate([np.full(d, np.inf), high])
    extra = 0
    if problem.at_least is not None:
        extra = d
        blocks = [
            hstack([merged.table[:, columns], -eye_array(d)]),
            hstack([rule[:, columns], csr_array((rule.shape[0], d))]),
            hstack([csr_array((1, k)), csr_array(merged.weight[None, :])]),
        ]
        row_low, row_high = np.append(row_low, problem.at_least), np.append(row_high, np.inf)
    return Program(
        cost=np.concatenate([rules.price[columns], np.zeros(extra)]),
        matrix=csc_array(vstack(blocks)),
        row_low=row_low,
        row_high=row_high,
        low=np.concatenate([rules.lower[columns], np.zeros(extra)]),
        high=np.concatenate([rules.upper[columns], np.ones(extra)]),
        whole=np.concatenate([np.ones(k, bool), np.zeros(extra, bool)]),
    )
