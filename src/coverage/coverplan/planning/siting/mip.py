"""The door to HiGHS: linear and mixed-integer programs from sparse arrays, with SciPy behind it.

HiGHS is asked directly where it is installed: it takes a plan to start from, tells how far it is, and can be stopped.
SciPy brings the same solver without these three; it steps in where `highspy` is absent.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csc_array

from coverplan.planning.siting.rules import Bool, Float
from coverplan.planning.siting.watch import Watch

highspy: Any
try:
    import highspy
except ImportError:  # pragma: no cover - it is a dependency; some machines have no build of it
    highspy = None

PER_PAIR_S = 5e-5
"""Seconds for each pair of demand and candidate that a solver may need to make a large problem ready, deaf to clock and
Ctrl-C meanwhile."""
_INF = float("inf")


@dataclass(frozen=True, kw_only=True, eq=False)
class Program:
    """Minimise ``cost @ x`` with ``row_low <= matrix @ x <= row_high`` and ``low <= x <= high``; some x are whole."""

    cost: Float
    matrix: csc_array
    row_low: Float
    row_high: Float
    low: Float
    high: Float
    whole: Bool


@dataclass(frozen=True, kw_only=True, eq=False)
class Solved:
    """What a solver says: ``x`` is None where it has nothing; `bound` is what no solution goes below."""

    x: Float | None
    objective: float
    bound: float
    status: Literal["optimal", "stopped", "infeasible"]
    row_dual: Float | None = None


def solve_program(
    program: Program,
    watch: Watch,
    *,
    start: Float | None = None,
    relative_gap: float = 0.0,
    absolute_gap: float = 0.0,
    time_limit: float | None = None,
    tell: Callable[[float, float], None] | None = None,
    interior: bool = False,
    first: bool = False,
) -> Solved:
    """Solve a program, or come as far as time allows.

    Parameters
    ----------
    start
        A solution to start from, which need only name the whole variables right.
    relative_gap, absolute_gap
        When the search is near enough to its bound to end.
    tell
        Called with the best objective and the bound while the search goes on.
    interior
        Solve a program without whole variables by the interior-point method, and stop short of a corner.
    first
        Be content with the first solution.
    """
    limit = min(watch.left, _INF if time_limit is None else time_limit)
    if limit <= 0:
        return Solved(x=None, objective=_INF, bound=-_INF, status="stopped")
    if highspy is None:
        return _by_scipy(program, limit, relative_gap)
    asked: dict[str, Any] = {
        "time_limit": float(limit),
        "mip_rel_gap": float(relative_gap),
        "mip_abs_gap": max(float(absolute_gap), 1e-9),
        "mip_feasibility_tolerance": 1e-7,
        "random_seed": 0,
    }
    if first:
        asked["mip_max_improving_sols"] = 1
    if interior and not program.whole.any():
        asked |= {"solver": "ipm", "run_crossover": "off"}
    return _Highs(program, watch, tell).solve(start, asked)


def _by_scipy(program: Program, limit: float, relative_gap: float) -> Solved:
    found = milp(
        program.cost,
        constraints=LinearConstraint(program.matrix, program.row_low, program.row_high)
        if program.matrix.shape[0]
        else (),
        bounds=Bounds(program.low, program.high),
        integrality=program.whole.astype(int),
        options={"time_limit": limit, "mip_rel_gap": relative_gap},
    )
    if found.status == 2:
        return Solved(x=None, objective=_INF, bound=_INF, status="infeasible")
    bound = -_INF if found.mip_dual_bound is None else float(found.mip_dual_bound)
    if found.x is None:
        return Solved(x=None, objective=_INF, bound=bound, status="stopped")
    status = "optimal" if found.status == 0 else "stopped"
    value = float(found.fun)
    return Solved(x=found.x, objective=value, bound=bound if program.whole.any() else value, status=status)


class _Highs:
    def __init__(self, program: Program, watch: Watch, tell: Callable[[float, float], None] | None) -> None:
        self._program, self._watch, self._tell = program, watch, tell
        self._solver = highspy.Highs()
        self._solver.silent()
        self._solver.passModel(_model(program))

    def solve(self, start: Float | None, options: dict[str, Any]) -> Solved:
        solver = self._solver
        for name, value in options.items():
            solver.setOptionValue(name, value)
        if start is not None:
            solution = highspy.HighsSolution()
            solution.col_value = start.tolist()
            solver.setSolution(solution)
        for event in (solver.cbMipInterrupt, solver.cbSimplexInterrupt, solver.cbIpmInterrupt):
            event.subscribe(self._on_event)
        solver.run()
        return self._answer()

    def _on_event(self, event: Any) -> None:
        """Hear from HiGHS; it asks often, from its own loop."""
        if self._watch.stop():
            event.interrupt()
        if self._tell is not None and self._program.whole.any():
            best, bound = event.data_out.mip_primal_bound, event.data_out.mip_dual_bound
            self._tell(float(best), float(bound))

    def _answer(self) -> Solved:
        solver, status = self._solver, self._solver.getModelStatus()
        if status in {highspy.HighsModelStatus.kInfeasible, highspy.HighsModelStatus.kUnboundedOrInfeasible}:
            return Solved(x=None, objective=_INF, bound=_INF, status="infeasible")
        info, solution = solver.getInfo(), solver.getSolution()
        done = status == highspy.HighsModelStatus.kOptimal
        if self._program.whole.any():
            bound = float(info.mip_dual_bound)
            has = info.primal_solution_status == highspy.kSolutionStatusFeasible
        else:
            bound = float(info.objective_function_value) if done else -_INF
            has = done
        return Solved(
            x=np.array(solution.col_value) if has else None,
            objective=float(info.objective_function_value) if has else _INF,
            bound=bound if np.isfinite(bound) else -_INF,
            status="optimal" if done else "stopped",
            row_dual=np.array(solution.row_dual) if has and solution.dual_valid else None,
        )


def _model(program: Program) -> Any:
    model = highspy.HighsLp()
    matrix = csc_array(program.matrix)
    model.num_col_, model.num_row_ = len(program.cost), matrix.shape[0]
    model.col_cost_, model.col_lower_, model.col_upper_ = program.cost, program.low, program.high
    model.row_lower_, model.row_upper_ = program.row_low, program.row_high
    model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    model.a_matrix_.start_ = matrix.indptr.astype(np.int32)
    model.a_matrix_.index_ = matrix.indices.astype(np.int32)
    model.a_matrix_.value_ = matrix.data.astype(np.float64)
    if program.whole.any():
        kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
        model.integrality_ = [kinds[int(whole)] for whole in program.whole]
    return model
