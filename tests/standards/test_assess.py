"""A county worked out by hand, and what must hold for every county."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coverplan.core.errors import Cancelled, InputError
from coverplan.core.model import Study
from coverplan.standards.assess import assess
from coverplan.standards.fields import Fields
from coverplan.standards.findings import AREA_COLUMNS, POINT_COLUMNS, Assessment
from coverplan.standards.gaps import gaps
from coverplan.standards.rules import Reading, RulePack
from coverplan.standards.summary import SUMMARY_COLUMNS, summary
from scenes import draw, study
from standards.county import FACILITIES, county, fleet, scene

EVERYONE = 63

# Reading, people within, our yardstick met?  Driving is 300 s a road; E is on an island, 32 are off the road.
REACH = {
    "JJ-032/drive_any": (15, "C at 0, B and D at 5 min, A at 0"),
    "JJ-032/drive_primary": (15, "D at exactly 15 min"),
    "JJ-032/drive_hospital": (15, "A at 10 min"),
    "JJ-032/walk_any": (5, "only those at the door: A and C"),
    "JJ-032/walk_primary": (1, "only A"),
    "JJ-117/road": (3, "A at 0, B at 3 km, C at 6 km"),
    "JJ-117/line": (19, "A, B, and E at 1.5 km across the water"),
    "JJ-118/share_14": (7, "7 min, 9.5, 12, and D at 14.5"),
    "JJ-118/share_15": (15, "D too"),
}


@pytest.mark.parametrize("key", REACH)
def test_people_within_are_those_worked_out_by_hand(judged: Assessment, key: str) -> None:
    """Each reading of a limit covers exactly the people it should; the text sets no share, so it is measured."""
    finding = judged.finding(*key.split("/"))
    assert finding.people_within == REACH[key][0], REACH[key][1]
    assert finding.people_outside == EVERYONE - REACH[key][0]
    assert finding.figure == REACH[key][0] / EVERYONE
    assert (finding.status, finding.limit, finding.unit) == ("measured", None, "share_people")
    assert (finding.our_limit, finding.our_status) == (0.9, "not_met")
    assert (finding.shortfall, finding.shortfall_unit) == (finding.people_outside, "people")


# Reading: status, figure, unit, limit, shortfall.
FIGURES = {
    "JJ-118/p90": ("not_met", np.inf, "min", 14, 56),
    "JJ-118/mean": ("met", 190 / 15, "min", 14, 0),
    "JJ-113/city": ("not_met", 2, "vehicle", 3, 1),
    "JJ-113/city_2025": ("not_met", 2, "vehicle", 4, 2),
    "JJ-113/towns": ("not_met", 2, "vehicle", 3, 2),
    "JJ-114/of_fleet": ("met", 1 / 2, "share_vehicles", 0.4, 0),
    "JJ-114/of_needed": ("not_met", 1 / 3, "share_vehicles", 0.4, 1),
    "JJ-114/of_needed_2025": ("not_met", 1 / 4, "share_vehicles", 0.4, 1),
    "JJ-115/city": ("met", 7, "device", 7, 0),
    "JJ-115/city_2025": ("not_met", 7, "device", 10, 3),
    "JJ-115/towns": ("not_met", 7, "device", 3, 1),
}


@pytest.mark.parametrize("key", FIGURES)
def test_figures_are_those_worked_out_by_hand(judged: Assessment, key: str) -> None:
    """Each reading with a limit of its own has the status, figure, limit and shortfall of the hand count."""
    finding = judged.finding(*key.split("/"))
    status, figure, unit, limit, shortfall = FIGURES[key]
    assert (finding.status, finding.unit) == (status, unit)
    assert finding.figure == pytest.approx(figure, abs=1e-9)
    assert (finding.limit, finding.shortfall) == (limit, shortfall)


def test_every_reading_of_the_pack_was_worked_out(judged: Assessment) -> None:
    """No reading of the first pack is left without a verdict worked out by hand."""
    assert {f.key for v in judged.verdicts for f in v.findings} == set(REACH) | set(FIGURES)


def test_a_verdict_is_that_of_its_default_reading(judged: Assessment) -> None:
    """The first reading decides."""
    assert {v.rule.rule_id: v.status for v in judged.verdicts} == {
        "JJ-032": "measured",
        "JJ-117": "measured",
        "JJ-118": "not_met",
        "JJ-113": "not_met",
        "JJ-114": "met",
        "JJ-115": "met",
    }


def test_areas_tell_their_own_share(judged: Assessment) -> None:
    """By road the west has 3 of its 19 inside 5 km, the east none of 12, and 32 people lie in no area."""
    areas = judged.finding("JJ-117", "road").areas
    assert list(areas["area_id"]) == ["west", "east", ""]
    assert list(areas["people"]) == [19, 12, 32]
    assert list(areas["people_within"]) == [3, 0, 0]
    assert list(areas["people_unreached"]) == [16, 0, 32]
    assert list(areas["figure"]) == [3 / 19, 0, 0]
    assert areas.loc[2, "area_en"] == "outside every area"


def test_areas_tell_what_they_have_and_need(judged: Assessment) -> None:
    """Each area rounds its own need up: the station stands west, the east has none."""
    areas = judged.finding("JJ-113", "towns").areas
    assert list(areas["have"]) == [2, 0, 0]
    assert list(areas["need"]) == [1, 1, 1]
    assert list(areas["short"]) == [0, 1, 1]
    assert list(areas["status"]) == ["met", "not_met", "not_met"]
    assert areas["people_within"].isna().all()


def test_the_distribution_stands_beside_the_figure(judged: Assessment) -> None:
    """Mean of those reached, weighted by people; the median has no end when more than half are unreached."""
    total = judged.finding("JJ-118").total
    assert total["mean"] == pytest.approx(190 / 15)
    assert (total["median"], total["max"], total["people_unreached"]) == (np.inf, np.inf, 48)
    east = judged.finding("JJ-118").areas.set_index("area_id").loc["east"]
    assert (east["mean"], east["median"], east["p90"], east["max"]) == (pytest.approx(164 / 12), 14.5, 14.5, 14.5)


@pytest.mark.parametrize(
    ("clock", "minutes"), [("call", 14.5), ("dispatch", 9.5), ("wheels", 7.5)], ids=["call", "dispatch", "wheels"]
)
def test_the_clock_starts_where_the_pack_says(pack: RulePack, clock: str, minutes: float) -> None:
    """D waits 7.5 min for the drive, 2 more from the dispatch, 5 more from the call."""
    bench = assess(county(people={"D": 10}), scene().network, packs=(changed(pack, "JJ-118", "p90", clock=clock),))
    assert bench.finding("JJ-118").figure == pytest.approx(minutes)
    assert bench.finding("JJ-118").status == ("not_met" if minutes > 14 else "met")


def test_exactly_on_the_limit_is_inside_and_less_than_is_not(pack: RulePack) -> None:
    """不超过 lets D in at exactly 15 minutes; 低于 does not."""
    for operator, within in (("<=", 15), ("<", 7)):
        pack_ = changed(pack, "JJ-032", "drive_primary", operator=operator)
        assert assess(county(), scene().network, packs=(pack_,)).finding("JJ-032").people_within == within


def test_a_share_that_the_text_sets_decides(pack: RulePack) -> None:
    """With a share in the text the verdict is met or not met, and no yardstick of ours is shown."""
    for share, status in ((23, "met"), (24, "not_met")):
        pack_ = changed(pack, "JJ-032", "drive_any", share_pct=share)
        finding = assess(county(), scene().network, packs=(pack_,)).finding("JJ-032")
        assert (finding.status, finding.limit, finding.our_status) == (status, share / 100, None)
        assert f"the text asks for {share} %" in finding.statement_en


def test_only_stations_with_an_emergency_vehicle_count(pack: RulePack) -> None:
    """The station at D has a transfer vehicle only: it counts for nobody, and the notes say how many do."""
    more = {**FACILITIES, "D": {"kind": "ems_station"}}
    vehicles = fleet(("v", "f2", False, "emergency"), ("w", "f3", True, "transfer"))
    place = replace(county(facilities=more), vehicles=vehicles)
    finding = assess(place, scene().network, packs=(pack,)).finding("JJ-117")
    assert finding.people_within == 3
    assert "1 of 2 such facilities have an emergency vehicle and count." in finding.notes
    without = assess(replace(place, vehicles=place.vehicles.iloc[:0]), scene().network, packs=(pack,))
    assert without.finding("JJ-117").people_within == 1 + 2 + 4 + 8
    assert any(note.startswith("No vehicle table") for note in without.finding("JJ-117").notes)


def test_without_its_table_a_rule_has_no_data(pack: RulePack) -> None:
    """An absent table is said by name, in both languages, and gives no figure."""
    plain = county()
    bare = replace(plain, vehicles=plain.vehicles.iloc[:0], aeds=plain.aeds.iloc[:0])
    told = assess(bare, scene().network, packs=(pack,))
    cars, devices = ("vehicles", "救护车表"), ("aeds", "自动体外除颤仪表")
    needs = {"JJ-113": cars, "JJ-114": cars, "JJ-115": devices}
    for rule, (table_en, table_zh) in needs.items():
        finding = told.finding(rule)
        assert (finding.status, finding.statement_en) == (
            "no_data",
            f"No data: needs the {table_en} table (name its file under tables: {table_en}: of the config).",
        )
        assert finding.statement_zh.startswith(f"无数据：需要{table_zh}（在配置文件的 tables: {table_en}: 处")
        assert np.isnan(finding.figure)
        assert np.isnan(finding.shortfall)
        assert set(finding.areas["status"]) == {"no_data"}
        assert list(finding.areas["people"]) == [19, 12, 32]


def test_a_register_without_the_kind_has_no_data(pack: RulePack) -> None:
    """No primary institution in the register: no data. One that opens later: known, and nobody is reached."""
    hospital_only = {"C": {"kind": "hospital", "tier": "secondary"}}
    told = assess(county(facilities=hospital_only), scene().network, packs=(pack,))
    assert told.finding("JJ-032", "drive_primary").status == "no_data"
    assert "of tier primary in the facilities table" in told.finding("JJ-032", "drive_primary").statement_en
    assert told.finding("JJ-117").status == "no_data"
    later = {**hospital_only, "A": {"kind": "chc", "tier": "primary", "status": "planned", "open_year": 2024}}
    finding = assess(county(facilities=later), scene().network, packs=(pack,)).finding("JJ-032", "drive_primary")
    assert (finding.status, finding.people_within) == ("measured", 0)


def test_a_population_the_study_does_not_know_is_no_data(pack: RulePack) -> None:
    """The 2025 reading needs its population by name; the default reading does not."""
    plain = county()
    lean = replace(plain, populations={"resident": plain.populations["resident"]})
    told = assess(lean, scene().network, packs=(pack,))
    told_2025 = told.finding("JJ-113", "city_2025").statement_en
    assert told_2025.startswith("No data: needs a population 'resident_2025' in the study's config (populations: ")
    assert told.finding("JJ-113").status == "not_met"


def test_without_people_nothing_can_be_measured(pack: RulePack) -> None:
    """An empty people table is no data for reach and response, not a share of nobody."""
    plain = county()
    told = assess(replace(plain, people=plain.people.iloc[:0]), scene().network, packs=(pack,))
    assert {told.finding(rule).status for rule in ("JJ-032", "JJ-117", "JJ-118")} == {"no_data"}
    assert told.finding("JJ-113").status == "not_met"


def test_vehicles_count_where_their_base_serves(pack: RulePack) -> None:
    """A vehicle of a station that is not open yet does not count, and a note says so."""
    more = {**FACILITIES, "D": {"kind": "ems_station", "status": "planned", "open_year": 2024}}
    rows = (("v", "f2", False, "emergency"), ("w", "f3", True, "emergency"))
    place = replace(county(facilities=more), vehicles=fleet(*rows))
    finding = assess(place, scene().network, packs=(pack,)).finding("JJ-113")
    assert finding.have == 1
    assert any("does not serve in 2020" in note for note in finding.notes)


def test_what_rests_on_illustrative_data_says_so(pack: RulePack, judged: Assessment) -> None:
    """Roads, facilities and people of the scene are illustrative; its fleet and devices are official."""
    for key in ("JJ-032/drive_any", "JJ-117/road", "JJ-118/p90"):
        finding = judged.finding(*key.split("/"))
        assert finding.quality == "illustrative"
        assert finding.statement_en.endswith("(rests on illustrative data).")
        assert finding.statement_zh.endswith("（依据示意数据）。")
    assert judged.finding("JJ-113").quality == "official"
    assert "illustrative" not in judged.finding("JJ-113").statement_en
    assert judged.finding("JJ-113", "towns").quality == "illustrative"  # divides by the people table
    assert judged.quality == "illustrative"


def test_a_straight_line_does_not_rest_on_the_roads(pack: RulePack) -> None:
    """With official people and facilities only the reading by road is spoilt by illustrative roads."""
    plain = county()
    sure = replace(
        plain, people=plain.people.assign(quality="official"), facilities=plain.facilities.assign(quality="official")
    )
    told = assess(sure, scene().network, packs=(pack,))
    assert told.finding("JJ-117", "line").quality == "official"
    assert told.finding("JJ-117", "road").quality == "illustrative"


def test_statements_are_sentences(judged: Assessment) -> None:
    """Every finding says one sentence in each language, with the people or units in it."""
    assert judged.finding("JJ-117", "road").statement_en == (
        "4.8 % of the residents (3 people) are within 5 km by road; 60 are not; "
        "our own yardstick of 90 % would not be met (rests on illustrative data)."
    )
    assert judged.finding("JJ-113").statement_zh == (
        "全市合计，默认人口：每30,000人1辆，人口70,000人，应配3辆，现有2辆，缺1辆。"
    )
    for verdict in judged.verdicts:
        for finding in verdict.findings:
            assert finding.statement_en[0].isupper() or finding.statement_en[0].isdigit()
            assert finding.statement_en.endswith(".")
            assert finding.statement_en.count(". ") == 0
            assert finding.statement_zh.endswith("。")
            assert finding.statement_zh.count("。") == 1


def test_columns_are_the_declared_ones(judged: Assessment) -> None:
    """Areas, points and summary have their declared columns, in order, with the same types for every check."""
    findings = [finding for verdict in judged.verdicts for finding in verdict.findings]
    for finding in findings:
        assert list(finding.areas.columns) == list(AREA_COLUMNS)
        assert finding.areas.dtypes.to_dict() == findings[0].areas.dtypes.to_dict()
    for table in judged.points.values():
        assert list(table.columns) == list(POINT_COLUMNS)
    assert list(summary(judged).columns) == list(SUMMARY_COLUMNS)


def test_summary_has_a_row_for_everybody_and_one_per_area(judged: Assessment) -> None:
    """20 readings, each with `all`, west, east, and the people or units in neither; totals equal the findings."""
    told = summary(judged)
    everybody = told[told["area_id"] == "all"]
    findings = [finding for verdict in judged.verdicts for finding in verdict.findings]
    assert list(everybody["figure"]) == [finding.figure for finding in findings]
    assert list(everybody["shortfall"]) == [finding.shortfall for finding in findings]
    assert everybody["is_default"].sum() == 6
    counted = told[told["people_within"].notna()]
    assert ((counted["people_within"] + counted["people_outside"]) == counted["people"]).all()
    areas = counted[counted["area_id"] != "all"].groupby(["rule_id", "reading"], sort=False)
    totals = counted[counted["area_id"] == "all"].set_index(["rule_id", "reading"])
    for column in ("people", "people_within", "people_outside", "people_unreached"):
        pd.testing.assert_series_equal(areas[column].sum(), totals[column], check_names=False)


def test_each_distinct_question_is_asked_once(pack: RulePack) -> None:
    """Twenty readings need five fields by time, one by road, one in lines and one response: eight in all."""
    seen: list[int] = []

    class Counting:
        def message(self, text: str) -> None:
            seen.append(len(seen))

        def advance(self, done: int, total: int) -> None:
            assert 0 < done <= total == 6

        def cancelled(self) -> bool:
            return False

    study_ = county()
    assess(study_, scene().network, packs=(pack,), progress=Counting())
    assert len(seen) == 6
    fields = Fields(study_, scene().network)
    for rule in pack.rules:
        if rule.check in {"reach", "response"}:
            for reading in rule.readings:
                fields.ask(reading.params)
    assert len(fields) == 8


def test_work_stops_when_asked(pack: RulePack) -> None:
    """A cancelled run raises and returns nothing half-done."""

    class Stopped:
        def message(self, text: str) -> None: ...

        def advance(self, done: int, total: int) -> None: ...

        def cancelled(self) -> bool:
            return True

    with pytest.raises(Cancelled):
        assess(county(), scene().network, packs=(pack,), progress=Stopped())


def test_two_packs_do_not_share_a_rule(pack: RulePack) -> None:
    """A rule id that stands in two packs is refused by name."""
    with pytest.raises(InputError, match="'JJ-032' stands in two packs"):
        assess(county(), scene().network, packs=(pack, pack))


def test_a_study_without_packs_is_told_so(tmp_path: Path) -> None:
    """No pack named, or a pack that is not there: said as an input problem."""
    with pytest.raises(InputError, match="names no rule pack"):
        assess(county(), scene().network)
    with pytest.raises(InputError, match="no such file"):
        assess(replace(county(), standards=(tmp_path / "none.yaml",)), scene().network)


def test_inputs_stay_untouched(pack: RulePack) -> None:
    """Assessing changes nothing in the study's tables."""
    study_ = county()
    before = {name: getattr(study_, name).copy() for name in ("areas", "facilities", "people", "vehicles", "aeds")}
    assess(study_, scene().network, packs=(pack,))
    for name, table in before.items():
        pd.testing.assert_frame_equal(getattr(study_, name), table)


def changed(pack: RulePack, rule_id: str, reading: str, **params: object) -> RulePack:
    """Return the pack with one rule only, with one reading only, whose parameters are changed."""
    rule = pack.rule(rule_id)
    one = next(r for r in rule.readings if r.name == reading)
    return replace(pack, rules=(replace(rule, readings=(replace(one, params=one.params.model_copy(update=params)),)),))


@st.composite
def towns(draw_from: st.DrawFn) -> Study:
    """A line of villages with any number of people, a health centre and a station somewhere among them."""
    people = draw_from(st.lists(st.integers(0, 50), min_size=4, max_size=4))
    spots = {(name, 0 if name == "AB" else 10): n for name, n in zip(("AB", "BC", "CD", "DE"), people, strict=True)}
    place = draw_from(st.sampled_from(["A", "B", "C", "D", "E"]))
    return study(
        LINE, spots, {place: {"kind": "chc", "tier": "primary"}, ("AB", 0): {"kind": "ems_station"}}, areas=HALVES
    )


LINE = draw("A---B--->C---D---E", step_m=400)
HALVES = {"west": (-100.0, -100.0, 3_000.0, 100.0), "east": (3_000.0, -100.0, 20_000.0, 100.0)}


@settings(max_examples=12, deadline=None)
@given(place=towns(), limits=st.lists(st.integers(1, 20), min_size=2, max_size=2))
def test_a_longer_limit_never_covers_fewer(pack: RulePack, place: Study, limits: list[int]) -> None:
    """Raising the limit never lowers the share, in any area; covered + uncovered is everyone; the percentile agrees.

    The 90th percentile keeps a limit exactly when nine in ten people are within it.
    """
    tight, wide = sorted(limits)
    told = limited(pack, place, tight=tight, wide=wide)
    for rule in ("JJ-032", "JJ-118"):
        low, high = told.finding(rule, "tight"), told.finding(rule, "wide")
        assert low.people_within <= high.people_within
        assert (low.areas["people_within"] <= high.areas["people_within"]).all()
        for finding in (low, high):
            assert finding.people_within + finding.people_outside == finding.people == place.people["people"].sum()
            assert (finding.areas["people_within"] + finding.areas["people_outside"] == finding.areas["people"]).all()
            assert finding.areas["people"].sum() == finding.people
    for name in ("tight", "wide"):
        share = told.finding("JJ-118", name)
        if share.people:
            assert (told.finding("JJ-118", f"p90_{name}").status == "met") == (share.our_status == "met")


def limited(pack: RulePack, place: Study, **minutes: int) -> Assessment:
    """Judge a place by two rules, under each of some limits; the response also by its 90th percentile."""
    care, response = pack.rule("JJ-032"), pack.rule("JJ-118")
    readings = {name: {reading.name: reading for reading in rule.readings}
                for name, rule in (("care", care), ("response", response))}  # fmt: skip
    limit = type(response.readings[0].params.limit)

    def under(rule: str, reading: str, prefix: str = "", **more: object) -> list[Reading]:
        one = readings[rule][reading]
        return [
            replace(one, name=f"{prefix}{name}",
                    params=one.params.model_copy(update={"limit": limit(value=float(n), unit="min"), **more}))
            for name, n in minutes.items()
        ]  # fmt: skip

    rules = (
        replace(care, readings=tuple(under("care", "drive_primary"))),
        replace(
            response,
            readings=(
                *under("response", "share_14", with_vehicle=False),
                *under("response", "p90", "p90_", with_vehicle=False),
            ),
        ),
    )
    return assess(place, LINE.network, packs=(replace(pack, rules=rules),))


def test_row_order_does_not_matter(pack: RulePack) -> None:
    """Shuffled people and facilities give the same summary and the same gap list."""
    plain = county()
    told = assess(plain, scene().network, packs=(pack,))
    # All tables at once: no rule looks at two of them in such a way that two wrongs would make a right.
    tables = ("people", "facilities", "vehicles", "aeds")
    turned = {name: getattr(plain, name).iloc[::-1].reset_index(drop=True) for name in tables}
    other = assess(replace(plain, **turned), scene().network, packs=(pack,))
    pd.testing.assert_frame_equal(summary(told), summary(other))
    # Of two facilities equally far, the one that stands first is named, so the name may change with their order.
    named = ["facility_id", "nearest", "nearest_en"]
    pd.testing.assert_frame_equal(*(gaps(a, all_readings=True).drop(columns=named) for a in (told, other)))
