"""Who is left outside, group by group: older people, small children, women of childbearing age, and the worst town."""

from __future__ import annotations

import pandas as pd

from coverplan.access.coverage import ELSEWHERE
from coverplan.access.equity import gini
from coverplan.core.tables import PEOPLE, PEOPLE_GROUPS
from coverplan.standards.findings import Assessment

EQUITY_COLUMNS: dict[str, str] = {
    "rule_id": "The rule.",
    "reading": "Name of the reading.",
    "group": "people (everyone), people_65_plus, people_under_3 or women_15_49.",
    "group_zh": "What the group is called in Chinese.",
    "people": "How many of the group there are.",
    "people_outside": "Those beyond the limit, unreached ones included.",
    "share_outside": "Of the group, 0..1.",
    "ratio_to_everyone": "That share divided by everyone's: above 1 the group is worse off; missing if all are inside.",
    "worst_area_id": "Town with the largest share outside.",
    "worst_area": "Its Chinese name.",
    "worst_share_outside": "The share of the group outside there.",
    "gini": "Gini coefficient of minutes or kilometres over the group's reached people: 0 all alike, towards 1 unlike.",
    "people_unreached": "Those of the group whom no route reaches; they have no place in the Gini coefficient.",
}
"""Columns of `equity`."""


def equity(assessment: Assessment, *, all_readings: bool = False) -> pd.DataFrame:
    """Tell, for every rule that holds single people against a limit, who is left outside group by group.

    A group that the people table does not tell apart has no row.

    Returns
    -------
    DataFrame
        `EQUITY_COLUMNS`, in the order of the rules.

    Examples
    --------
    >>> import coverplan as cp
    >>> study = cp.read_study(cp.sample_config())
    >>> list(equity(cp.assess(study, cp.build_network(study)))) == list(EQUITY_COLUMNS)
    True
    """
    rows = []
    for verdict in assessment.verdicts:
        for finding in verdict.findings if all_readings else verdict.findings[:1]:
            points = assessment.points.get(finding.key)
            if points is not None:
                rows += _groups(assessment, points, verdict.rule.rule_id, finding.reading.name)
    return pd.DataFrame(rows, columns=list(EQUITY_COLUMNS))


def _groups(assessment: Assessment, points: pd.DataFrame, rule_id: str, reading: str) -> list[dict[str, object]]:
    people = assessment.study.people
    everyone = float("nan")
    told: list[dict[str, object]] = []
    for group in ("people", *PEOPLE_GROUPS):
        if people[group].isna().all():
            continue
        # Where a rule counts only some of the points, the others have nobody.
        number = people[group].fillna(0).to_numpy(dtype="int64") * (points["people"] > 0).to_numpy()
        outside = number * ~points["within"].to_numpy(dtype=bool)
        total, beyond = int(number.sum()), int(outside.sum())
        share = beyond / total if total else float("nan")
        everyone = share if group == "people" else everyone
        told.append(
            {
                "rule_id": rule_id,
                "reading": reading,
                "group": group,
                "group_zh": PEOPLE.column(group).zh,
                "people": total,
                "people_outside": beyond,
                "share_outside": share,
                "ratio_to_everyone": share / everyone if everyone else float("nan"),
                **_worst(assessment, points["area_id"], number, outside),
                "gini": gini(points["value"], number),
                "people_unreached": int(number[~(points["value"] < float("inf")).to_numpy()].sum()),
            }
        )
    return told


def _worst(assessment: Assessment, area: pd.Series, number: object, outside: object) -> dict[str, object]:
    sums = pd.DataFrame({"area": area.to_numpy(), "number": number, "outside": outside}).groupby("area").sum()
    sums = sums[(sums["number"] > 0) & (sums.index != ELSEWHERE)]
    if not len(sums):
        return {"worst_area_id": "", "worst_area": "", "worst_share_outside": float("nan")}
    share = sums["outside"] / sums["number"]
    worst = share.idxmax()
    names = assessment.study.areas.set_index("area_id")["name"]
    return {"worst_area_id": worst, "worst_area": names.get(worst, ""), "worst_share_outside": float(share.max())}
