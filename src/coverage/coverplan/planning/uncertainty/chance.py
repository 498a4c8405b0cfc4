"""The probability that each place is covered, and that the rule is met, when speeds vary and vehicles may be busy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from coverplan.core.errors import Cancelled, ProblemList
from coverplan.core.model import Study
from coverplan.core.progress import SILENT, Progress
from coverplan.core.units import METRES_PER_KM, SECONDS_PER_MINUTE
from coverplan.planning.uncertainty.asked import Asked, find_asked
from coverplan.planning.uncertainty.crews import Crews, gather
from coverplan.planning.uncertainty.ground import build_grounds
from coverplan.planning.uncertainty.variation import ALL_DAY, Draw, Variation, draw_speeds
from coverplan.roads.network import Bool, Float, Int64, Network
from coverplan.standards.checks.bench import ELSEWHERE_EN, ELSEWHERE_ZH
from coverplan.standards.checks.points import Crowd
from coverplan.standards.fields import keeps
from coverplan.standards.rules import RulePack

MOST_DRAWS = 100_000

PLACE_COLUMNS: dict[str, str] = {
    "point_id": "Demand point, in the order of the people table.",
    "place_id": "Village or community it belongs to.",
    "place": "Its name.",
    "area_id": "Town or street.",
    "people": "Residents that count for the rule.",
    "value": "Minutes or kilometres at the usual speeds, every vehicle free; inf when unreached.",
    "within": "Whether that keeps the limit: the plain verdict.",
    "vehicles": "Vehicles within the limit at the usual speeds; missing where none can be busy.",
    "probability": "Probability that the limit is kept; busy vehicles by formula, speeds by draws.",
    "standard_error": "Its Monte-Carlo standard error.",
    "drawn": "Share of the draws that keep the limit, busy vehicles drawn too.",
}
"""Columns of `Chances.places`."""

AREA_COLUMNS: dict[str, str] = {
    "area_id": "Town or street; empty for people who live in none.",
    "area": "Its Chinese name.",
    "area_en": "Its English name.",
    "people": "Residents that count.",
    "people_within": "Of them within the limit at the usual speeds.",
    "expected": "People expected within it.",
    "share": "Expected part of the residents; missing where nobody lives.",
    "share_p5": "In 5 of 100 draws the share is no larger than that.",
    "share_p95": "In 95 of 100 draws it is no larger than that.",
}
"""Columns of `Chances.areas`."""

DRAW_COLUMNS: dict[str, str] = {
    "draw": "Number of the draw, from 1.",
    "period": "Part of the week it falls in; empty for the speeds of the whole day.",
    "speed": "Factor that all roads share in it.",
    "people_within": "People within the limit.",
    "share": "The same as a part of all.",
    "expected": "People expected within at these speeds, whichever vehicles are busy.",
    "figure": "The rule's figure, in its own unit.",
    "met": "Whether the rule is met, by our own yardstick where the text sets none; missing where there is neither.",
}
"""Columns of `Chances.draws`."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Chances:
    """How sure a rule's coverage is.

    Attributes
    ----------
    asked
        Which rule and reading.
    variation, busy, period, seed
        What was assumed.
    plain
        What the reading comes out as at the usual speeds, every vehicle free.
    places, areas, draws
        `PLACE_COLUMNS`, `AREA_COLUMNS`, `DRAW_COLUMNS`.
    quality
        The weakest of the data; what was assumed is not weighed in.
    """

    study: Study
    asked: Asked
    variation: Variation
    busy: float
    period: str
    seed: int
    plain: Crowd
    places: pd.DataFrame
    areas: pd.DataFrame
    draws: pd.DataFrame
    quality: str

    @property
    def people(self) -> float:
        """Everybody who counts."""
        return float(self.plain.total["people"])

    @property
    def expected(self) -> float:
        """People expected within the limit."""
        return float(self.draws["expected"].mean())

    @property
    def expected_error(self) -> float:
        """Its Monte-Carlo standard error."""
        return float(self.draws["expected"].std(ddof=1) / np.sqrt(len(self.draws)))

    @property
    def share_range(self) -> tuple[float, float]:
        """The range in which the share of the people lies in 90 of 100 draws: from its 5th to its 95th percentile."""
        low, high = np.quantile(self.draws["share"], [0.05, 0.95])
        return float(low), float(high)

    @property
    def met(self) -> tuple[int, int] | None:
        """In how many of how many draws the rule is met; None where nothing says what would be enough."""
        told = self.draws["met"]
        return None if told.isna().all() else (int(told.sum()), len(told))


def coverage_probability(
    study: Study,
    network: Network,
    *,
    rule: str | None = None,
    reading: str | None = None,
    variation: Variation | None = None,
    busy: float = 0.0,
    period: str | None = None,
    draws: int = 200,
    seed: int = 1,
    packs: tuple[RulePack, ...] | None = None,
    progress: Progress = SILENT,
) -> Chances:
    """Find how likely each place is within a rule's limit when speeds vary and vehicles may be busy.

    Every draw is a moment: speeds are drawn (`Variation`), every road gets its time anew in whole tenths, everybody's
    nearest facility is searched anew. With `busy` each vehicle is out with that probability, on its own account. A
    place with n vehicles within the limit then has one free with probability 1 - busy^n; the mean of that over the
    draws is its probability. Vehicles are drawn as well, and people within, figure and status of a draw go by those.

    Parameters
    ----------
    study, network
        The study and its roads.
    rule, reading
        Identifier of a rule of the study that holds people against a limit, and the name of a reading; the first rule
        about response times (or else travel times), and the reading that decides, unless given.
    variation
        How much speeds vary; our own illustrative figures unless given.
    busy
        Share of the time that a vehicle is out, 0 up to (not including) 1.
    period
        A period of the profile; None for its speeds of the whole day; ``"week"`` for a minute of the
        week in each draw.
    draws, seed
        How many draws (2 to 100,000), from which seed. The same seed gives the same result.
    packs
        Rule packs already read; those that `study.standards` names unless given.
    progress
        Told of every draw.

    Returns
    -------
    Chances

    Raises
    ------
    InputError
        When rule, reading, period or a figure is wrong, or the study has no data for the rule.
    Cancelled
        When the progress says so.

    Examples
    --------
    >>> import coverplan as cp
    >>> study = cp.read_study(cp.sample_config())
    >>> told = coverage_probability(study, cp.build_network(study), rule="TB-2", draws=20)
    >>> told.asked.rule.rule_id, bool(told.places["probability"].between(0, 1).all())
    ('TB-2', True)
    """
    check_figures(busy, draws, seed)
    variation = Variation() if variation is None else variation
    asked = find_asked(study, rule, reading, packs=packs)
    crews = gather(study.name, study, network, asked, busy=busy)
    (ground,) = build_grounds([crews], apart=busy > 0)
    (columns,) = ground.columns
    drawn = draw_speeds(study.profiles[asked.params.profile], variation, draws=draws, seed=seed, period=period)
    usual = ground.measure(usual_draw(drawn, period))[:, columns]
    free = free_pools(crews, columns, busy=busy, draws=draws, seed=seed)
    # Nobody is ever out where `busy` is 0: then each pool counts once, however many stand there.
    counts = crews.vehicles if busy else np.ones(len(columns), dtype=np.int64)
    plain = crews.plain(usual.min(axis=1, initial=np.inf))
    tally = _Tally(crews, plain)
    for i, draw in enumerate(drawn):
        if progress.cancelled():
            raise Cancelled("stopped while speeds were drawn")
        ways = ground.measure(draw)[:, columns] if asked.varies else usual
        inside = keeps(ways + crews.delay_s, asked.params)
        value = np.where(free[:, i], ways, np.inf).min(axis=1, initial=np.inf)
        tally.add(draw, _chance(inside, counts, busy), value)
        progress.advance(i + 1, draws)
    near = keeps(usual + crews.delay_s, asked.params) @ counts
    return Chances(
        study=study,
        asked=asked,
        variation=variation,
        busy=busy,
        period=period or ALL_DAY,
        seed=seed,
        plain=plain,
        places=tally.places(usual.min(axis=1, initial=np.inf), near if busy else None),
        areas=tally.areas(),
        draws=pd.DataFrame(tally.rows, columns=list(DRAW_COLUMNS)).astype({"met": "boolean"}),
        quality=crews.quality,
    )


def check_figures(busy: float, draws: int, seed: int) -> None:
    """Refuse figures that mean nothing.

    Raises
    ------
    InputError
        With all of them.
    """
    problems = ProblemList()
    if not 0 <= busy < 1:
        problems.add(f"vehicles cannot be busy {busy:g} of the time", hint="a share from 0 up to, not including, 1")
    if not 2 <= draws <= MOST_DRAWS:
        problems.add(f"{draws} draws are too {'few' if draws < 2 else 'many'}", hint=f"2 to {MOST_DRAWS:,}")
    if seed < 0:
        problems.add(f"{seed} is no seed", hint="a whole number from 0 on")
    problems.raise_if_any()


def usual_draw(drawn: Sequence[Draw], period: str | None) -> Draw | None:
    """Return the usual speeds: of the period asked about, or of the whole day."""
    hour = drawn[0].period
    return Draw(period=hour, factor=1.0, class_factor={}) if period and hour == period else None


def free_pools(crews: Crews, columns: Int64, *, busy: float, draws: int, seed: int) -> Bool:
    """Say in which draws (columns) a vehicle of each of a plan's pools (rows) is free."""
    if not busy:
        return np.ones((len(columns), draws), dtype=bool)
    return crews.free(busy=busy, draws=draws, seed=seed)


def _chance(inside: Bool, vehicles: Int64, busy: float) -> Float:
    """Return the probability that one of the vehicles within the limit is free: 1 - busy^n."""
    return 1.0 - np.power(float(busy), inside @ vehicles)


class _Tally:
    """Adds draws up."""

    def __init__(self, crews: Crews, plain: Crowd) -> None:
        k = len(crews.people)
        self.crews, self.plain = crews, plain
        self.rows: list[dict[str, object]] = []
        self._first: Float | None = None
        self._sum, self._away, self._squares, self._drawn = (np.zeros(k) for _ in range(4))
        self._by_area: list[Float] = []
        self._area = pd.Index(plain.rows["area_id"]).get_indexer(pd.Index(crews.bench.people["area_id"]))

    def add(self, draw: Draw, chance: Float, value: Float) -> None:
        """Add a draw: the probabilities at its speeds, and seconds or metres to the nearest free vehicle."""
        crews = self.crews
        self._sum += chance
        # Sums of what differs from the first draw, so that what never differs has no error at all.
        self._first = chance if self._first is None else self._first
        away = chance - self._first
        self._away += away
        self._squares += away * away
        inside = keeps(value + crews.delay_s, crews.asked.params)
        self._drawn += inside
        self._by_area.append(self._summed(inside * crews.people))
        held = crews.judge(value, self.plain)
        self.rows.append(
            {
                "draw": len(self.rows) + 1,
                "period": draw.period,
                "speed": draw.factor,
                "people_within": held.inside,
                "share": held.inside / max(self.plain.total["people"], 1),
                "expected": float(chance @ crews.people),
                "figure": held.figure,
                "met": held.met,
            }
        )

    def places(self, usual: Float, vehicles: Int64 | None) -> pd.DataFrame:
        """Return one row per demand point."""
        crews, n = self.crews, len(self.rows)
        people = crews.study.people
        mean = self._sum / n
        spread = np.maximum(self._squares - self._away * self._away / n, 0.0) / (n - 1)
        minutes = crews.asked.params.limit.unit == "min"
        value = (usual + crews.delay_s) / (SECONDS_PER_MINUTE if minutes else METRES_PER_KM)
        texts = {name: people[name].astype("str").where(people[name].notna(), "") for name in list(PLACE_COLUMNS)[:3]}
        columns = {
            **{name: column.array for name, column in texts.items()},
            "area_id": crews.bench.people["area_id"].array,
            "people": crews.people,
            "value": value,
            "within": keeps(usual + crews.delay_s, crews.asked.params),
            "vehicles": np.full(len(mean), np.nan) if vehicles is None else vehicles.astype(np.float64),
            "probability": mean,
            "standard_error": np.sqrt(spread / n),
            "drawn": self._drawn / n,
        }
        return pd.DataFrame({name: columns[name] for name in PLACE_COLUMNS})

    def areas(self) -> pd.DataFrame:
        """Return one row per area."""
        crews, rows = self.crews, self.plain.rows
        people = rows["people"].to_numpy(dtype=np.float64)
        whole = np.where(people > 0, people, np.nan)
        expected = self._summed(self._sum / len(self.rows) * crews.people)
        low, high = np.quantile(np.array(self._by_area) / whole, [0.05, 0.95], axis=0)
        names = crews.bench.areas.set_index("area_id").reindex(rows["area_id"])
        columns = {
            "area_id": rows["area_id"].to_numpy(),
            "area": names["area"].fillna(ELSEWHERE_ZH).to_numpy(),
            "area_en": names["area_en"].fillna(ELSEWHERE_EN).to_numpy(),
            "people": rows["people"].to_numpy(),
            "people_within": rows["people_within"].to_numpy(),
            "expected": expected,
            "share": expected / whole,
            "share_p5": low,
            "share_p95": high,
        }
        return pd.DataFrame({name: columns[name] for name in AREA_COLUMNS})

    def _summed(self, people: Float | Int64) -> Float:
        return np.bincount(self._area, weights=people, minlength=len(self.plain.rows)).astype(np.float64)
