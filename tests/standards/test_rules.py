"""A rule pack is read whole or refused whole, with the line of every mistake."""

import csv
import re
from pathlib import Path

import pytest

from coverplan.core.errors import InputError, Problem
from coverplan.standards.params import ReachParams, ResponseParams
from coverplan.standards.rules import RulePack, read_pack

DOCUMENT = """\
pack: mine
document:
  title_zh: 规划
  title_en: Plan
  number: 某政办〔2022〕1号
  issuer: 某市
  issued: 2022-09-14
"""
RULE = """\
rules:
  - rule: R-1
    section: 一
    quotation: 服务半径不超过5公里
    name_zh: 半径
    name_en: Radius
    english: The radius is at most 5 km.
    strength: must
    scope: 某市
    check: {kind: reach, by: road, kinds: [ems], limit: 5 km}
    readings:
      - {name: road, zh: 道路, en: by road, why: Roads are driven on.}
"""


def mistakes(tmp_path: Path, text: str) -> list[Problem]:
    """Read a pack and return what is wrong with it."""
    path = tmp_path / "pack.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as error:
        read_pack(path)
    return list(error.value.problems)


def test_the_smallest_pack_is_read(tmp_path: Path) -> None:
    """What is optional may be left out; dates, codes and units become what they mean."""
    path = tmp_path / "pack.yaml"
    path.write_text(DOCUMENT + RULE, encoding="utf-8-sig")
    pack = read_pack(path)
    assert (pack.pack_id, pack.document.issued, pack.document.number) == ("mine", "2022-09-14", "某政办〔2022〕1号")
    rule = pack.rule("R-1")
    assert (rule.check, rule.target_year, rule.our_reading, rule.facts) == ("reach", None, None, ())
    params = rule.readings[0].params
    assert isinstance(params, ReachParams)
    assert (params.limit.inside, params.limit.unit, params.operator) == (5000, "km", "<=")


@pytest.mark.parametrize(
    ("limit", "inside"), [("15 min", 900), ("15分钟", 900), ("840 s", 840), ("2.5 min", 150), ("14  minutes", 840)]
)
def test_limits_are_written_as_people_write_them(tmp_path: Path, limit: str, inside: float) -> None:
    """Minutes and seconds, with or without a blank, in Chinese and English, come out in seconds."""
    path = tmp_path / "pack.yaml"
    path.write_text(DOCUMENT + RULE.replace("by: road, ", "").replace("5 km", limit), encoding="utf-8")
    params = read_pack(path).rules[0].readings[0].params
    assert isinstance(params, ReachParams)
    assert params.limit.inside == inside


# What is put for what, and what the reader says: line, key, words.
MISTAKES = [
    ("kind: reach", "kind: reech", 17, "kind", "'reech' is not a check kind (did you mean 'reach'?)"),
    ("limit: 5 km", "limit: 5 kilo", 17, "limit", "'kilo' is not a unit (one of: min, "),
    ("limit: 5 km", "limit: 5", 17, "limit", "'5' has no unit (write the unit: 5 min or 5 km)"),
    ("limit: 5 km", "limit: far", 17, "limit", "'far' is not a limit (such as 15 min or 5 km)"),
    ("limit: 5 km", "limit: 0 km", 17, "limit", "'0 km' is not a limit"),
    ("limit: 5 km", "limit: 5 min", 17, "limit", "'5 min' does not fit 'by: road' (write it in km)"),
    (", limit: 5 km", "", 17, "limit", "'limit' is missing (such as 15 min or 5 km)"),
    ("limit: 5 km", "limit: 5 km, operator: =<", 17, "operator", "'=<' is no operator (did you mean '<'?)"),
    ("kinds: [ems], ", "", 17, "kinds", "neither kinds nor tiers say which facilities count"),
    ("by: road", "bye: road, by: road", 17, "bye", "unknown key 'bye' (did you mean 'by'?)"),
    ("kinds: [ems]", "kinds: [ems, hosptial]", 17, "kinds", "'hosptial' is not a kind or group of kinds (did you"),
    ("by: road", "by: road, tiers: [primery]", 17, "tiers", "'primery' is not a tier (did you mean 'primary'?)"),
    ("by: road", "by: road, profile: drove", 17, "profile", "'drove' is not a speed profile (did you mean 'drive'?)"),
    ("by: road", "by: road, toward: facilities", 17, "toward", "'facilities' is no toward (did you mean 'facility'?)"),
    ("strength: must", "strength: should", 15, "strength", "'should' is no strength (one of: must, strive, encourage)"),
    ("    quotation: 服务半径不超过5公里\n", "", 9, "quotation", "'quotation' is missing"),
    ("quotation: 服务半径不超过5公里", "quotation: ''", 11, "quotation", "'quotation' is empty"),
    ("  title_zh: 规划\n", "", 2, "title_zh", "'title_zh' is missing"),
    ("number: 某政办〔2022〕1号", "number: null", 5, "number", "without a number says why (add number_note)"),
    ("issued: 2022-09-14", "issued: soon", 7, "issued", "'soon' does not fit"),
    ("why: Roads are driven on.", "en2: x", 19, "en2", "unknown key 'en2'"),
    (", why: Roads are driven on.", "", 19, "name", "the default reading says why it is the default (add why)"),
    ("    scope: 某市\n", "    scope: 某市\n    facts: [F-1]\n", 17, "facts", "'F-1' is not a fact of this pack"),
]


@pytest.mark.parametrize("case", MISTAKES, ids=lambda case: case[1].strip() or case[0].strip())
def test_a_mistake_is_told_with_line_and_hint(tmp_path: Path, case: tuple[str, str, int, str, str]) -> None:
    """Every kind of mistake names its line and its key, says what is wrong, and hints at what was meant."""
    old, new, line, key, says = case
    text = DOCUMENT + RULE
    assert old in text
    found = mistakes(tmp_path, text.replace(old, new))
    assert any((p.row, p.column) == (line, key) and says in str(p) for p in found), [str(p) for p in found]


COUNT = (
    "check: {kind: share, table: vehicles, where: {duty: emergency}, part: {negative_pressure: true}, share_pct: 40}"
)
COUNT_MISTAKES = [
    ("table: vehicles", "table: vehicle", "table", "'vehicle' is not a table that can be counted (did"),
    ("duty: emergency", "dutty: emergency", "where", "'dutty' is not a column of vehicles (did you mean 'duty'?)"),
    ("duty: emergency", "duty: emergancy", "where", "'emergancy' is not a value of column duty (did you"),
    ("negative_pressure: true", "negative_pressure: maybe", "part", "'maybe' is not true or false"),
    ("part: {negative_pressure: true}", "part: {}", "part", "says nothing"),
    ("share_pct: 40", "share_pct: 140", "share_pct", "'140' does not fit"),
    ("share_pct: 40", "share_pct: 40, of: need", "per_people", "is missing ('of: need' asks for the people per unit"),
    ("share_pct: 40", "share_pct: 40, sum: duty", "sum", "'duty' is not a count in vehicles"),
    ("share_pct: 40", "share_pct: 40, rounding: down", "rounding", "'down' is no rounding (one of: up, nearest)"),
    ("duty: emergency", "duty: [[1]]", "duty", "a value is text, true or false"),
]


@pytest.mark.parametrize(("old", "new", "key", "says"), COUNT_MISTAKES, ids=[case[1] for case in COUNT_MISTAKES])
def test_a_wrong_column_or_value_is_told(tmp_path: Path, old: str, new: str, key: str, says: str) -> None:
    """What is counted is held against the declared tables: unknown tables, columns and values are refused."""
    text = DOCUMENT + re.sub("check: .*", COUNT.replace(old, new), RULE)
    found = mistakes(tmp_path, text)
    assert any((p.row, p.column) == (17, key) and says in str(p) for p in found), [str(p) for p in found]


KINDS = {
    "count": "{kind: count, table: facilities, where: {services: ct}, value: 3, operator: 以上, unit: facility}",
    "indicator": "{kind: ratio, indicator: nurses, per_people: 1000, at_least: 1.9}",
    "existence": "{kind: existence, per: service_area, hubs: {kind: ems_subcentre}, where: {kind: decon_centre}}",
    "siting": "{kind: siting, of: [健康产业园], where: {kind: makeshift_hospital}}",
    "proximity": "{kind: proximity, where: {kind: elder_home}, to: {kind: care}, by: road, limit: 1 km}",
    "trend": "{kind: trend, indicator: nurses}",
    "register": "{kind: register, indicator: nurses, value: 3}",
    "assignment": "{kind: assignment, hubs: {role: lead}}",
}
WORDS = "words: {areas: [健康产业园], services: {eyes: {zh: 眼科, en: eye clinic}}}\n"
KIND_MISTAKES = [
    ("count", "operator: 以上", "operator: 已上", "operator", "'已上' is no operator"),
    ("count", "unit: facility", "unit: facilty", "unit", "'facilty' is not a unit (did you mean 'facility'?)"),
    ("count", "services: ct", "services: cto", "where", "'cto' is not a known service (did you mean 'ct'?)"),
    ("count", "services: ct", "services: surgery", "where", "(declare it under words: services: of this pack)"),
    ("count", "services: ct", "beds: {more: 3}", "beds", "'more: 3' is not a condition (any, all, not: values; min"),
    ("count", "services: ct", "owner: {min: 3}", "where", "column owner holds no numbers"),
    ("count", "value: 3", "value: [1, 2]", "value", "'>=' takes one figure (write 'operator: between' for a range)"),
    ("count", "value: 3, operator: 以上", "value: 3, operator: between", "value", "a range has two ends"),
    (
        "count",
        "table: facilities",
        "table: facilities, indicator: beds",
        "table",
        "name either a table or an indicator",
    ),
    (
        "count",
        "table: facilities",
        "table: facilities, only_in: [东区]",
        "only_in",
        "'东区' is not an area of this pack",
    ),
    ("indicator", "nurses", "nurse", "indicator", "'nurse' is not a known indicator (did you mean 'nurses'?)"),
    ("indicator", "nurses", "cars", "indicator", "(declare it under words: indicators: of this pack)"),
    ("indicator", "per_people: 1000", "per_people: 1000, level: service_area", "hubs", "is missing"),
    ("indicator", "at_least: 1.9", "at_least: 1.9, at_most: 1", "at_most", "1 is less than at_least"),
    ("existence", "per: service_area", "per: hamlet", "per", "'hamlet' is no per"),
    ("existence", "hubs: {kind: ems_subcentre}, ", "", "hubs", "is missing ('per: service_area' asks whose"),
    ("existence", "per: service_area", "per: village, assign: serves", "assign", "does not go with 'per: village'"),
    ("existence", "per: service_area", "per: zone", "zone_kind", "is missing ('per: zone' asks which"),
    (
        "siting",
        "健康产业园",
        "健康产业圆",
        "of",
        "'健康产业圆' is not an area of this pack (did you mean '健康产业园'?)",
    ),
    ("siting", "of: [健康产业园], ", "", "of", "name either areas or a kind of zone"),
    ("proximity", "limit: 1 km", "limit: 1 min", "limit", "'1 min' does not fit 'by: road' (write it in km)"),
    ("proximity", "limit: 1 km", "limit: 1 km, limit_from: ours", "check", "nothing says why (add our_reading"),
    ("trend", "indicator: nurses", "direction: up", "indicator", "name either an indicator or a rule"),
    ("register", "value: 3", "value: 3, unit: nurses", "unit", "'nurses' is not a unit"),
    ("assignment", "role: lead", "role: leed", "hubs", "'leed' is not a value of column role (did you mean 'lead'?)"),
]


@pytest.mark.parametrize("case", KIND_MISTAKES, ids=[f"{case[0]}-{case[2]}" for case in KIND_MISTAKES])
def test_every_kind_refuses_what_it_does_not_know(tmp_path: Path, case: tuple[str, str, str, str, str]) -> None:
    """Unknown operators, units, columns, services, figures, areas: each with its line and a hint."""
    kind, old, new, key, says = case
    assert old in KINDS[kind]
    text = DOCUMENT + WORDS + re.sub("check: .*", f"check: {KINDS[kind].replace(old, new)}", RULE)
    found = mistakes(tmp_path, text)
    assert any((p.row, p.column) == (18, key) and says in str(p) for p in found), [str(p) for p in found]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_can_be_written(tmp_path: Path, kind: str) -> None:
    """Each of the checks above is read as it stands, and keeps its kind."""
    path = tmp_path / "pack.yaml"
    path.write_text(DOCUMENT + WORDS + re.sub("check: .*", f"check: {KINDS[kind]}", RULE), encoding="utf-8")
    rule = read_pack(path).rules[0]
    assert rule.check == rule.readings[0].params.model_dump()["kind"]


def test_a_pack_declares_words_of_its_own(tmp_path: Path) -> None:
    """A declared service may be asked for; declaring one of ours again, or a unit there is not, is refused."""
    path = tmp_path / "pack.yaml"
    check = KINDS["count"].replace("services: ct", "services: {all: [eyes, ct]}")
    path.write_text(DOCUMENT + WORDS + re.sub("check: .*", f"check: {check}", RULE), encoding="utf-8")
    book = read_pack(path).rules[0].book
    assert (book.services["eyes"].zh, book.services["ct"].zh, book.areas) == ("眼科", "独立CT", ("健康产业园",))
    again = DOCUMENT + WORDS.replace("eyes", "ct") + RULE
    assert "'ct' is one of our own words (leave it out, or rename it)" in str(mistakes(tmp_path, again)[0])
    unit = DOCUMENT + "words: {indicators: {visits: {zh: 门诊量, en: visits, unit: visit}}}\n" + RULE
    assert "'visit' is not a unit" in str(mistakes(tmp_path, unit)[0])


def test_a_rule_names_its_system(tmp_path: Path) -> None:
    """A known system is kept; an unknown one is refused with a hint."""
    text = (DOCUMENT + RULE).replace("    strength: must", "    strength: must\n    system: emergncy")
    assert "'emergncy' is not a system (did you mean 'emergency'?)" in str(mistakes(tmp_path, text)[0])


def test_a_quotation_without_a_document_is_refused(tmp_path: Path) -> None:
    """A pack whose rules quote nothing that is named is not read."""
    assert any("'document' is missing" in str(p) for p in mistakes(tmp_path, "pack: mine\n" + RULE))


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    """Mistakes in the document, in two rules and in a shared check come together, each once, in the file's order."""
    second = RULE.removeprefix("rules:\n").replace("5 km", "5").replace("      - {name", "      - {wrong: 1, name")
    second += "      - {name: road, zh: 再, en: again}\n"
    text = DOCUMENT.replace("  issuer: 某市\n", "") + RULE.replace("must", "perhaps") + second
    found = [str(problem) for problem in mistakes(tmp_path, text)]
    assert [re.sub(r"[^,]+, line (\d+), key (\w+): .*", r"\1 \2", mistake) for mistake in found] == [
        "2 issuer",
        "14 strength",
        "27 limit",
        "29 wrong",
    ]


def test_ids_and_names_stand_once(tmp_path: Path) -> None:
    """Two rules of one id, and two readings of one name, are told; the id names the line where it stood first."""
    twice = DOCUMENT + RULE + RULE.removeprefix("rules:\n")
    assert "rule 'R-1' stands twice (it stands first in line 9)" in str(mistakes(tmp_path, twice)[0])
    again = DOCUMENT + RULE + "      - {name: road, zh: 再, en: again}\n"
    assert "two readings are called 'road'" in str(mistakes(tmp_path, again)[0])


def test_our_reading_stands_only_where_the_text_sets_nothing(tmp_path: Path) -> None:
    """A yardstick of ours beside a share in the text, or beside a count, is refused."""
    ours = "    our_reading: {share_pct: 90, why_zh: 我们的, why_en: ours}\n    readings:"
    with_share = (DOCUMENT + RULE).replace("limit: 5 km", "limit: 5 km, share_pct: 95").replace("    readings:", ours)
    assert "the text sets a share" in str(mistakes(tmp_path, with_share)[0])
    counted = (DOCUMENT + re.sub("check: .*", COUNT, RULE)).replace("    readings:", ours)
    assert any("the text sets a share" in str(p) for p in mistakes(tmp_path, counted))


def test_a_reading_keeps_its_rules_check(tmp_path: Path) -> None:
    """A reading changes parameters, not what kind of check it is."""
    text = (DOCUMENT + RULE).replace("{name: road,", "{name: road, kind: response,")
    assert any("keeps the check kind of its rule" in str(p) for p in mistakes(tmp_path, text))


@pytest.mark.parametrize(
    "text",
    ["", "- 1\n- 2\n", "just words\n", "pack: x\n", DOCUMENT + "rules: []\n", DOCUMENT + "rules: [1]\n", "a: [1\n"],
    ids=["empty", "list", "words", "no rules", "empty rules", "rule without keys", "broken"],
)
def test_what_is_not_a_pack_is_refused_calmly(tmp_path: Path, text: str) -> None:
    """Empty, broken and foreign YAML is an input problem, never a crash."""
    assert mistakes(tmp_path, text)


def test_a_missing_pack_is_an_input_problem(tmp_path: Path) -> None:
    """A path that leads nowhere is told by name."""
    with pytest.raises(InputError, match=r"none\.yaml.*no such file"):
        read_pack(tmp_path / "none.yaml")


def test_the_first_pack_says_what_it_must(pack: RulePack) -> None:
    """Document without a number, and why; strengths and years as printed; defaults with their reasons."""
    assert pack.document.title_zh == "晋江市“十四五”卫生健康事业发展专项规划"
    assert (pack.document.number, pack.document.issued) == (None, "2022-09-14")
    assert "not printed" in pack.document.number_note
    assert {rule.rule_id: rule.strength for rule in pack.rules} == {
        **dict.fromkeys(("JJ-032", "JJ-117", "JJ-113", "JJ-114", "JJ-115"), "must"),
        "JJ-118": "strive",
    }
    assert {rule.target_year for rule in pack.rules} == {2025}
    assert all(rule.readings[0].why for rule in pack.rules)
    response = pack.rule("JJ-118").readings[0].params
    assert isinstance(response, ResponseParams)
    assert (response.statistic, response.clock, response.toward) == ("p90", "call", "demand")


@pytest.mark.shared
def test_every_quotation_is_literal(pack: RulePack, shared: Path) -> None:
    """Each quotation and section is that of the register, and stands in the document, white space aside."""
    with (shared / "norms" / "norms.csv").open(encoding="utf-8-sig", newline="") as stream:
        register = {row["id"]: row for row in csv.DictReader(stream)}
    seed = next((shared / "seeds").glob("001*.txt")).read_text(encoding="utf-8")
    text = re.sub(r"\s", "", seed)
    quoted = {rule.rule_id: rule for rule in pack.rules} | {fact.fact_id: fact for fact in pack.facts}
    for name, entry in quoted.items():
        assert re.sub(r"\s", "", entry.quotation) in text, name
        assert (entry.quotation, entry.section) == (register[name]["quote_zh"], register[name]["section"]), name
