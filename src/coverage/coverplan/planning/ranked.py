"""Many sites ranked by how many people each alone would bring within a limit."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from coverplan.core.errors import InputError, Problem
from coverplan.planning.ground import TrialGround, delay_of, drive_limit, measured_by, straight
from coverplan.planning.sites import Site, check_sites, site_xy
from coverplan.standards.fields import PointParams, field_key, keeps
from coverplan.travel.reach import reach_people

RANK_COLUMNS: dict[str, str] = {
    "rank": "1 covers most people more.",
    "site": "The site.",
    "lon": "Where it is, WGS-84 degrees.",
    "lat": "Where it is, WGS-84 degrees.",
    "gained": "People who come within the limit with this site alone.",
    "covered": "People within the limit of the site, whoever covers them now.",
}
"""Columns of `rank_sites`."""


def rank_sites(ground: TrialGround, sites: Sequence[Site], *, rule_id: str = "", reading: str = "") -> pd.DataFrame:
    """Rank many sites by how many people each alone would bring within the limit of one rule.

    Parameters
    ----------
    ground
        From `build_trial`.
    sites
        As many as you like.
    rule_id, reading
        Which rule, and which reading of it; the first that holds people against a limit unless given.

    Returns
    -------
    DataFrame
        `RANK_COLUMNS`, most people first; of sites that bring equally many, the one that covers more, then the one that
        stands first.

    Raises
    ------
    InputError
        When there is no such rule or reading, or sites lie outside the study area.
    """
    check_sites(ground.study, sites)
    params = _chosen(ground, rule_id, reading)
    field = ground.fields[field_key(params)]
    limit = drive_limit(ground.study, params)
    people = ground.study.people[params.people].fillna(0).to_numpy(dtype=np.float64)
    inside = keeps(field.value + delay_of(ground.study, params), params)
    x, y = site_xy(ground.study, sites)
    if measured_by(params) == "line":
        held = [straight(ground.study, x[i], y[i]) <= limit for i in range(len(sites))]
        covered = np.array([people[near].sum() for near in held])
        gained = np.array([people[near & ~inside].sum() for near in held])
    else:
        router = ground.routers[params.profile]
        snaps = router.snaps_at(x, y)
        weight = "time" if measured_by(params) == "time" else "distance"
        covered, gained = (
            reach_people(
                router.graph, router.people_snaps, snaps, held, limit=limit, toward=params.toward, weight=weight
            )
            for held in (people, np.where(inside, 0.0, people))
        )
    order = np.lexsort((np.arange(len(sites)), -covered, -gained))
    return pd.DataFrame(
        {
            "rank": np.arange(1, len(sites) + 1),
            "site": [sites[i].name for i in order],
            "lon": [sites[i].lon for i in order],
            "lat": [sites[i].lat for i in order],
            "gained": gained[order],
            "covered": covered[order],
        },
        columns=list(RANK_COLUMNS),
    )


def _chosen(ground: TrialGround, rule_id: str, name: str) -> PointParams:
    for rule, reading, params in ground.questions:
        is_it = rule_id in {"", rule.rule_id} and name in {"", reading.name}
        if is_it and field_key(params) in ground.fields:
            return params
    known = ", ".join(f"{rule.rule_id}/{reading.name}" for rule, reading, _ in ground.questions)
    what = f"there is no reading '{rule_id}/{name}' that holds people against a limit"
    raise InputError([Problem(what=what, hint=f"one of: {known}")])
