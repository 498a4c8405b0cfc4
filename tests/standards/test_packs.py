"""The packs that come with coverplan: nothing of the plans is lost, altered or invented; every verdict worked out."""

import csv
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from coverplan.core.model import Population
from coverplan.core.tables import INDICATORS
from coverplan.standards.assess import assess
from coverplan.standards.findings import Assessment
from coverplan.standards.rules import Fact, Rule, RulePack, read_pack
from standards.packs.hand_county import HERE, hand_county, hand_scene

FACT_KINDS = {"baseline", "definition", "benchmark"}
STRENGTH_WORDS = {
    "strive": ("力争", "争取", "努力", "争创"),  # 争创 is 争取创建
    "encourage": ("鼓励", "支持", "探索"),
}
GOVERNED = {
    # The word stands in the same sentence before the quoted clause and holds for it too.
    "JJ-087": "力争至“十四五”末期，一半以上基层医疗卫生机构",
    "QZ14-010": "力争泉州市疾控中心建设1个P3实验室、3个以上",
    "QZ14-011": "力争泉州市疾控中心建设1个P3实验室、3个以上加强型P2实验室，各县",
    "QZ14-047": "力争全市80%基层医疗卫生机构服务能力达到国家基本标准，20%",
    "QZ14-058": "大力支持华侨大学建设一流医学院，重点建设生命科学与医学学科群，实施直属附属医院",
}
PLAIN_DUTY = {
    "SM-001": "探索 belongs to the second half, grids and points; the committees come before it",
    "QZ21-005": "争创 belongs to the second half, the provincial pilots, which are a rule of their own (QZ21-050)",
}


def plain(text: str) -> str:
    """Return a text without white space, as documents break lines and spread letters."""
    return re.sub(r"\s", "", text)


@pytest.fixture(scope="module")
def paths(root: Path) -> list[Path]:
    """Every pack that comes with coverplan."""
    return sorted((root / "configs" / "standards").rglob("*.yaml"))


@pytest.fixture(scope="module")
def packs(paths: list[Path]) -> list[RulePack]:
    """The packs, read."""
    return [read_pack(path) for path in paths]


@pytest.fixture(scope="module")
def norms(shared: Path) -> dict[str, dict[str, str]]:
    """Every statement of the five documents, by id."""
    with (shared / "norms" / "norms.csv").open(encoding="utf-8") as file:
        return {row["id"]: row for row in csv.DictReader(file)}


@pytest.fixture(scope="module")
def documents(shared: Path) -> dict[str, str]:
    """The five documents by number, without white space."""
    texts = (shared / "seeds").glob("*.txt")
    return {path.name[:3]: plain(path.read_text(encoding="utf-8")) for path in texts}


def entries(packs: list[RulePack]) -> Iterator[tuple[str, Rule | Fact]]:
    """Return every rule and fact with its id."""
    for pack in packs:
        yield from ((rule.rule_id, rule) for rule in pack.rules)
        yield from ((fact.fact_id, fact) for fact in pack.facts)


def test_ids_are_unique_over_all_packs(packs: list[RulePack]) -> None:
    """No rule or fact stands in two files, and no two files have the same name."""
    assert max(Counter(name for name, _ in entries(packs)).values()) == 1
    assert max(Counter(pack.pack_id for pack in packs).values()) == 1


def test_every_statement_within_reach_is_loaded_once(packs: list[RulePack], norms: dict[str, dict[str, str]]) -> None:
    """The 239 spatial statements are there: 30 as facts, because they set nothing, and 209 as rules."""
    inside = {name: row for name, row in norms.items() if row["spatial"] != "no"}
    facts = {name for name, row in inside.items() if row["kind"] in FACT_KINDS}
    loaded = dict(entries(packs))
    assert {name for name, entry in loaded.items() if isinstance(entry, Fact)} == facts
    assert {name for name, entry in loaded.items() if isinstance(entry, Rule)} == set(inside) - facts
    assert (len(facts), len(loaded)) == (30, 239)


def test_quotations_are_literal(
    packs: list[RulePack], norms: dict[str, dict[str, str]], documents: dict[str, str]
) -> None:
    """Each quotation is the extracted one and stands in its document, white space aside; so does its section."""
    for name, entry in entries(packs):
        row = norms[name]
        assert entry.quotation == row["quote_zh"], name
        assert plain(entry.quotation) in documents[row["seed"]], name
        assert entry.section == row["section"], name


def test_rules_stand_in_the_order_of_their_document(
    packs: list[RulePack], norms: dict[str, dict[str, str]], documents: dict[str, str]
) -> None:
    """Whoever reads a pack beside the plan finds one after the other; the first file has its own order."""
    for pack in packs:
        if pack.pack_id == "jinjiang-14th-five-year-plan":
            continue
        for rules in (pack.rules, pack.facts):
            named = [(getattr(r, "rule_id", None) or r.fact_id, r) for r in rules]
            found = [(documents[norms[name]["seed"]].find(plain(r.quotation)), name) for name, r in named]
            assert found == sorted(found, key=lambda spot: spot[0]), pack.pack_id


def test_documents_are_named_as_they_name_themselves(packs: list[RulePack], documents: dict[str, str]) -> None:
    """Number and date are printed in the text; where a text prints none, the pack says so and gives none."""
    for pack in packs:
        about = pack.document
        text = next(text for text in documents.values() if plain(pack.rules[0].quotation) in text)
        assert (about.number is None) == bool(about.number_note), pack.pack_id
        assert about.number is None or plain(about.number) in text, pack.pack_id
        if about.issued:
            year, month, day = (int(part) for part in about.issued.split("-"))
            printed = f"{year}年{month}月{day}日" in text
            assert printed or pack.pack_id.startswith("jinjiang"), pack.pack_id  # our copy of it leaves the letter out


def test_strength_is_that_of_the_words(packs: list[RulePack], documents: dict[str, str]) -> None:
    """力争, 争取, 努力 strive; 鼓励, 支持, 探索 encourage; everything else must. The word governs the quoted clause."""
    for pack in packs:
        for rule in pack.rules:
            said = {
                strength
                for strength, words in STRENGTH_WORDS.items()
                if any(word in rule.quotation for word in words) and rule.rule_id not in PLAIN_DUTY
            }
            if rule.rule_id in GOVERNED:
                sentence = GOVERNED[rule.rule_id]
                assert any(sentence in text for text in documents.values()), rule.rule_id
                said = {s for s, words in STRENGTH_WORDS.items() if any(word in sentence for word in words)}
            assert {rule.strength} == (said or {"must"}), rule.rule_id


def test_target_years_are_those_of_the_documents(packs: list[RulePack], norms: dict[str, dict[str, str]]) -> None:
    """Each rule is due when its document says, or when the document ends."""
    for pack in packs:
        for rule in pack.rules:
            assert str(rule.target_year or "") == norms[rule.rule_id]["target_year"], rule.rule_id


def test_rules_are_told_in_both_languages(packs: list[RulePack]) -> None:
    """Names and readings are Chinese and English, each in its own field; every rule belongs to a system."""
    han = re.compile(r"[\u4e00-\u9fff]")
    for name, entry in entries(packs):
        assert han.search(entry.name_zh or "无"), name
        assert not han.search(entry.name_en), name
        if isinstance(entry, Rule):
            assert entry.name_zh, name
            assert entry.name_en, name
            assert entry.system != "other" or name in OTHER, name
            assert all(han.search(reading.zh) and not han.search(reading.en) for reading in entry.readings), name


OTHER = {"JJ-086", "JJ-100", "JJ-101", "JJ-150"}
"""Laundry, dialysis and sterile supply: no system of the plans has room for them."""


# What a check asks for as the text's own ------------------------------------------------------------------------------


ALL = 100.0
"""All of them, in per cent."""


def asked_by_text(params: Any) -> tuple[float, ...] | None:
    """Return the figures that a reading takes as the text's, in per cent where it is a share; None where it sets none.

    Half of a distance rule (5 km, 15 min) is a figure of the text too, but no share of the people is.
    """
    if getattr(params, "limit_from", "text") == "ours" or getattr(params, "share_from", "text") == "ours":
        return None
    kind, figures = params.kind, ()
    if kind in {"reach", "response"}:
        figures = (params.limit.value,)
    elif kind in {"count", "register"}:
        figures = params.value or ((1.0,) if params.operator == "exists" else ())
    elif kind == "ratio":
        figures = (params.at_least, params.at_most)
    elif kind == "share":
        figures = (params.share_pct,)
    elif kind == "existence":
        figures = (params.value if params.share_pct == ALL else params.share_pct,)
    elif kind == "trend":
        figures = (params.factor,)
    return tuple(figure for figure in figures if figure is not None) or None


def figures_of(row: dict[str, str]) -> tuple[float, ...]:
    """Return the figures that were extracted from the text; a range has two."""
    parts = row["value"].split("-" if row["operator"] == "between" else ";")
    return tuple(float(part) for part in parts if re.fullmatch(r"[\d.]+", part.strip()))


def allowed(row: dict[str, str]) -> set[tuple[float, ...]]:
    """Return what a check may ask for as the text's own."""
    figures = figures_of(row)
    found: set[tuple[float, ...]] = {figures} if figures else set()
    found |= {(figure,) for figure in figures}
    if row["operator"] == "all":
        found.add((ALL,))
    if row["operator"] in {"exists", "all", ">=", "="} and not (set(found) - {(ALL,)}):
        found.add((1.0,))  # where no number is printed, less than one is none
    return found


SETS_MORE = {
    "JJ-078": ((ALL,), "五大中心: all five at the one named hospital"),
    "JJ-083": ((ALL,), "grade and community hospital at the one named hospital"),
    "JJ-085": ((ALL,), "five centres at the one named hospital"),
    "JJ-094": ((1.0,), "one main site"),
    "LC-002": ((8.0,), "8家"),
    "LC-026": ((ALL,), "both at the one named hospital"),
    "LC-032": ((ALL,), "全区公立基层医疗机构: all of them"),
    "QZ14-013": ((ALL,), "普配: all of them; the 34 are the hospitals, a rule of their own"),
    "QZ21-017": ((5.0,), "five projects are named"),
}
"""Rules whose extracted value is of another thing than their check counts; the words that give the figure beside."""


def test_no_figure_is_invented(packs: list[RulePack], norms: dict[str, dict[str, str]]) -> None:
    """What the default reading asks for as the text's own is the figure that the text prints, if it prints any."""
    wrong = []
    for pack in packs:
        for rule in pack.rules:
            asked = asked_by_text(rule.readings[0].params)
            row = norms[rule.rule_id]
            if asked is None:
                continue
            may = {SETS_MORE[rule.rule_id][0]} if rule.rule_id in SETS_MORE else allowed(row)
            if tuple(asked) not in may:
                wrong.append((rule.rule_id, asked, row["operator"], row["value"]))
    assert wrong == []


def test_no_figure_of_the_text_is_left_out(packs: list[RulePack], norms: dict[str, dict[str, str]]) -> None:
    """Where the text prints a figure that can be held against something, the check asks for it."""
    silent = [
        rule.rule_id
        for pack in packs
        for rule in pack.rules
        if asked_by_text(rule.readings[0].params) is None
        and figures_of(norms[rule.rule_id])
        and "not printed" not in norms[rule.rule_id]["how_to_check"]
    ]
    assert sorted(silent) == sorted(NOT_HELD)


NOT_HELD = {
    "JJ-155": "three tiers are the shape of a network; whether its base has links upwards is our own yardstick",
    "JJ-150": "four towns, but which four and what it means to serve them is not said",
}
"""Figures of the text that nothing can be held against, and why."""


def test_yardsticks_of_our_own_say_so(packs: list[RulePack]) -> None:
    """A limit or share that is ours is explained in both languages, and a rule without one has no such note."""
    for pack in packs:
        for rule in pack.rules:
            ours = any(
                "ours" in {getattr(reading.params, "limit_from", ""), getattr(reading.params, "share_from", "")}
                for reading in rule.readings
            )
            assert not ours or rule.our_reading is not None, rule.rule_id
            if rule.our_reading is not None:
                assert re.search("本工具|参考线|作参考", rule.our_reading.why_zh), rule.rule_id
                assert re.search(r"\bour\b", rule.our_reading.why_en), rule.rule_id


# The 151 outside ------------------------------------------------------------------------------------------------------


def test_what_is_outside_is_listed_with_its_reason(root: Path, norms: dict[str, dict[str, str]]) -> None:
    """docs/standards-outside.md names the other 151, each once, with section, quotation and the reason why."""
    page = (root / "docs" / "standards-outside.md").read_text(encoding="utf-8")
    rows = [re.split(r" \| ", line.strip("| ")) for line in page.splitlines() if re.match(r"\| (JJ|QZ|LC|SM)", line)]
    outside = {name: row for name, row in norms.items() if row["spatial"] == "no"}
    assert len(rows) == len(outside) == 151
    assert {row[0] for row in rows} == set(outside)
    for name, section, quotation, english, reason in rows:
        assert (section, quotation) == (outside[name]["section"], outside[name]["quote_zh"]), name
        assert min(len(english), len(reason)) > 10, name


def test_the_page_counts_what_it_lists(root: Path) -> None:
    """The table at the head of the page adds up, group by group."""
    page = (root / "docs" / "standards-outside.md").read_text(encoding="utf-8")
    head, *groups = page.split("\n## ")
    told = dict(re.findall(r"^\| (.+?) \| (\d+) \|$", head, flags=re.MULTILINE))
    listed = {g.split("\n")[0]: len(re.findall(r"^\| (?:JJ|QZ|LC|SM)", g, flags=re.MULTILINE)) for g in groups}
    assert {name: int(n) for name, n in told.items() if name != "together"} == listed
    assert int(told["together"]) == sum(listed.values())


# Verdicts worked out by hand ------------------------------------------------------------------------------------------


def worked_out() -> list[dict[str, str]]:
    """Return the verdicts of the default readings on the hand-made county, each with the reckoning behind it."""
    with (HERE / "verdicts.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def judged(packs: list[RulePack]) -> Assessment:
    """The hand-made county under every pack."""
    return assess(hand_county(), hand_scene().network, packs=tuple(packs))


@pytest.fixture(scope="module")
def told(judged: Assessment) -> dict[str, tuple[str, float, str]]:
    """Status, figure and sentence of each rule's default reading: little enough to be printed when a test fails."""
    found = {verdict.rule.rule_id: verdict.default for verdict in judged.verdicts}
    return {name: (finding.status, finding.figure, finding.statement_en) for name, finding in found.items()}


@pytest.mark.parametrize("row", worked_out(), ids=lambda row: row["rule"])
def test_the_verdict_is_the_one_worked_out_by_hand(
    told: dict[str, tuple[str, float, str]], row: dict[str, str]
) -> None:
    """Status and figure are those of the reckoning; what is missing is named."""
    status, figure, sentence = told[row["rule"]]
    assert status == row["status"], sentence
    if status == "no_data":
        assert row["figure"] == ""
        assert row["needs"] in sentence
    else:
        assert figure == pytest.approx(float(row["figure"]), abs=1e-8), row["why"]


def test_every_rule_was_worked_out(told: dict[str, tuple[str, float, str]]) -> None:
    """No rule of any pack is left without a verdict worked out by hand, and none stands in the table for nothing."""
    names = [row["rule"] for row in worked_out()]
    assert len(names) == len(set(names))
    assert set(told) == set(names)


def test_without_tables_every_rule_says_what_it_needs(packs: list[RulePack]) -> None:
    """A study that has nothing but its areas gets no verdict, never a guess: each reading names what it needs."""
    full = hand_county()
    empty = {name: getattr(full, name).iloc[:0] for name in ("facilities", "people", "vehicles", "aeds", "projects")}
    bare = assess(replace(full, **empty, indicators=None, zones=None), hand_scene().network, packs=tuple(packs))
    findings = [finding for verdict in bare.verdicts for finding in verdict.findings]
    silent = [
        (finding.key, finding.statement_en)
        for finding in findings
        if finding.status != "no_data"
        or "No data: needs" not in finding.statement_en
        or "无数据：需要" not in finding.statement_zh
    ]
    assert silent == []


# The plan's own arithmetic --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def of_the_plan(packs: list[RulePack], root: Path) -> Assessment:
    """A county with the plan's populations, the beds of its Table 1 and the projects of its Table 2."""
    projects = pd.read_csv(root / "data" / "jinjiang" / "projects.csv", dtype={"project_id": str})
    row = {"indicator_id": "beds", "value": 6453.0, "year": 2020, "source": "表1", "quality": "official"}
    beds = pd.DataFrame([row])
    declared = hand_county().projects.dtypes.to_dict()
    study = replace(
        hand_county(),
        projects=projects.reindex(columns=list(declared)).astype(declared),
        indicators=beds.reindex(columns=list(INDICATORS.names)),
        populations={
            "resident_2020": Population(name="resident_2020", people=2_061_600, year=2020, source="表1"),
            "resident_2025": Population(name="resident_2025", people=2_110_800, year=2025, source="表1"),
        },
    )
    reckoned = ["JJ-029", "JJ-113", "JJ-115", "JJ-125", "JJ-142", "JJ-149", "JJ-164", "JJ-165"]
    plan = tuple(pack for pack in packs if pack.pack_id.startswith("jinjiang"))
    return assess(study, hand_scene().network, packs=plan, only=reckoned)


@pytest.mark.parametrize(
    ("key", "status", "figure", "need"),
    [
        # 3.13 per 1,000 of 206.16万 are 6,453 beds; projects ending by 2025 add 2,290, all of them 2,890.
        ("JJ-029/base_and_projects", "met", 8743, 8659),
        ("JJ-029/base_and_projects_2025", "met", 8743, 8659),
        ("JJ-029/on_population_2025", "not_met", 8743, 8866),
        ("JJ-029/all_projects", "met", 9343, 8659),
        ("JJ-029/statistics", "not_met", 6453, 8659),
        ("JJ-113/city", "not_met", 2, 69),
        ("JJ-113/city_2025", "not_met", 2, 71),
        ("JJ-115/city", "not_met", 4, 207),
        ("JJ-115/city_2025", "not_met", 4, 212),
        ("JJ-125/city", "not_met", 150, 12_370),
        ("JJ-125/city_2025", "not_met", 150, 12_665),
        ("JJ-142/in_register", "met", 25, 25),
        ("JJ-164/ending_by_2025", "not_met", 38.8837, 40),
        ("JJ-164/all", "met", 67.8387, 40),
        ("JJ-165/ending_by_2025", "not_met", 2290, 2800),
        ("JJ-165/all", "met", 2890, 2800),
        ("JJ-149/project", "met", 1008, 1008),
    ],
)
def test_the_plans_own_arithmetic_comes_out(
    of_the_plan: Assessment, key: str, status: str, figure: float, need: float
) -> None:
    """Beds, ambulances, devices, rooms, money: the figures that follow from the plan's own tables."""
    finding = of_the_plan.finding(*key.split("/"))
    assert (finding.status, finding.limit) == (status, need)
    assert finding.figure == figure


def test_beds_per_1000_decide_on_the_population(of_the_plan: Assessment) -> None:
    """4.24 on 206.16万 residents keeps the 4.2 of the plan; 4.14 on 211.08万 does not."""
    rates = [of_the_plan.finding("JJ-029", name).rate for name in ("base_and_projects_2025", "on_population_2025")]
    assert [round(rate, 2) for rate in rates] == [4.24, 4.14]
