"""The siting problems that the plans name: each runs, and its answer is that of a computation of another kind."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import LinearConstraint, milp

import coverplan as cp
from coverplan.core.model import Study
from coverplan.core.units import within
from coverplan.planning.siting.form import Siting
from coverplan.planning.siting.ready import read_problem
from coverplan.planning.siting.result import SitingResult
from coverplan.roads.network import Network

CONFIGS = Path("configs/siting").resolve()
Solved = tuple[Siting, Study, Network, SitingResult]


def solve(name: str) -> Solved:
    """Run a problem as the command does."""
    path = CONFIGS / name
    asked, config = read_problem(path)
    study = cp.read_study(config)
    network = cp.build_network(study)
    return asked, study, network, cp.site(study, network, asked, folder=path.parent)


def reached(solved: Solved, limit_s: float) -> np.ndarray:
    """Return which demand points (rows) are within the limit of each candidate (columns), each asked about alone."""
    asked, study, network, told = solved
    router = cp.build_router(study, network, asked.profile)
    table = told.candidates.rename(columns={"candidate_id": "facility_id"})
    columns = []
    for i in range(len(table)):
        one = table.iloc[[i]].reset_index(drop=True)
        times = cp.travel_times(study, network, toward=asked.toward, facilities=one, router=router)
        columns.append(within(times["time_s"], limit_s))
    return np.column_stack(columns)


@pytest.fixture(scope="module")
def jinlong() -> Solved:
    """The centre of Jinlong street."""
    return solve("jinlong-centre.yaml")


@pytest.fixture(scope="module")
def sub_centres() -> Solved:
    """Ten sub-centres out of 34 township hospitals."""
    return solve("quanzhou-sub-centres.yaml")


def test_jinlong_centre_is_the_best_of_all_candidates(jinlong: Solved) -> None:
    """Trying every place in the two streets finds no better one; it stands in one of them, and nobody loses."""
    _, study, _, told = jinlong
    near, people = reached(jinlong, 15 * 60), study.people["people"].to_numpy()
    existing = told.candidates["existing"].to_numpy()
    covered = near[:, existing].any(axis=1)
    assert told.before == people[covered].sum()
    each = [int(people[covered | near[:, j]].sum()) for j in np.flatnonzero(~existing)]
    assert told.plan.status == "optimal"
    assert told.after == told.plan.objective == max(each)
    new = told.sites[~told.sites["existing"]]
    assert set(new["area"]) <= {"江南街道", "金龙街道"}
    assert set(told.candidates.loc[~existing, "area_id"]) == {"350502006", "350502007"}
    runners_up = sorted(each, reverse=True)[1 : 1 + len(told.alternatives)]
    assert [plan.objective for plan in told.alternatives] == runners_up


def test_sub_centres_are_those_of_an_integer_program(sub_centres: Solved) -> None:
    """A program written down plainly has the same optimum for ten, and for every number on the curve up to fifteen."""
    _, study, _, told = sub_centres
    near, people = reached(sub_centres, 30 * 60), study.people["people"].to_numpy(dtype=float)
    existing = told.candidates["existing"].to_numpy()
    assert (existing.sum(), (~existing).sum()) == (10, 34)
    open_now = near[:, existing].any(axis=1)
    todo = near[~open_now][:, ~existing].astype(float)
    weight = people[~open_now]
    n, m = todo.shape
    covers = LinearConstraint(np.hstack([np.eye(n), -todo]), -np.inf, 0)
    for new in (10, 15):
        count = LinearConstraint(np.concatenate([np.zeros(n), np.ones(m)]), 0, new)
        found = milp(
            -np.concatenate([weight, np.zeros(m)]), constraints=[covers, count], bounds=(0, 1),
            integrality=np.concatenate([np.zeros(n), np.ones(m)]), options={"mip_rel_gap": 0},
        )  # fmt: skip
        optimum = round(people[open_now].sum() - found.fun)
        if new == 10:
            assert told.plan.status == "optimal"
            assert told.plan.objective == told.after == optimum
        assert told.curve is not None
        by_number = dict(zip(told.curve.number.tolist(), told.curve.objective.tolist(), strict=True))
        assert by_number[10 + new] == optimum
    assert (~told.sites["existing"]).sum() == 10
    assert set(told.sites.loc[~told.sites["existing"], "candidate_id"].str[:4]) == {"QZ-T"}


def test_makeshift_access_is_told_town_by_town() -> None:
    """The two listed hospitals stand where the register has them; the better is chosen, and towns add up."""
    solved = solve("makeshift-access.yaml")
    _, study, network, told = solved
    with (CONFIGS / "makeshift-hospitals.csv").open(encoding="utf-8") as file:
        listed = {row["candidate_id"]: (float(row["lon"]), float(row["lat"])) for row in csv.DictReader(file)}
    register = study.facilities[study.facilities["kind"] == "makeshift_hospital"].to_crs("EPSG:4326")
    stands = {row.facility_id: (round(row.geometry.x, 6), round(row.geometry.y, 6)) for row in register.itertuples()}
    assert listed == stands
    near, people = reached(solved, 20 * 60), study.people["people"].to_numpy()
    each = [int(people[near[:, j]].sum()) for j in range(2)]
    assert told.after == max(each)
    assert told.sites["candidate_id"].tolist() == [told.candidates["candidate_id"][int(np.argmax(each))]]
    towns = people[near[:, int(np.argmax(each))]]
    assert told.areas["after"].sum() == towns.sum()
    assert [plan.objective for plan in told.alternatives] == [min(each)]
    assert len(told.areas) == 19
    # The lines in docs/siting.md: minutes from every town, once the hospital stands.
    later = cp.study_in(study, 2025)
    times = cp.travel_times(later, network, kinds="makeshift_hospital", toward="facility")
    minutes = times.assign(area=later.people["area_id"]).groupby("area")["time_s"].quantile([0.5, 0.9]).unstack() / 60
    assert minutes.shape == (19, 2)
    assert (minutes[0.5] <= minutes[0.9]).all()
    nearest = within(times["time_s"], 20 * 60)
    assert (nearest == near.any(axis=1)).all()
