"""What changed between two stored runs, and why: an input, an option, a rule, or the code."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from coverplan.core.errors import InputError, Problem, ProblemList

DIFF_COLUMNS: dict[str, str] = {
    "kind": "verdict: a rule came out differently; else what was changed: input, option, rule or code.",
    "rule_id": "The rule; empty for what concerns all of them.",
    "rule": "Its Chinese name.",
    "rule_en": "Its English name.",
    "reading": "The reading that decides, in the second run.",
    "what": "What changed: status, figure, shortfall, reading; a file, a setting, a version; added, removed.",
    "before": "What it was, as text; empty where it was not there.",
    "after": "What it is.",
    "change": "After minus before, where both are numbers.",
    "unit": "What the numbers count.",
    "why": "For verdicts: every change that may have caused it; `nothing recorded` when none is known.",
    "why_zh": "And in Chinese.",
}
"""Columns of `diff`."""

_RULE_TEXT = ("document", "section", "quotation", "english", "strength", "target_year", "scope", "check")
_KIND_ZH = {"input": "数据", "option": "选项", "rule": "规则", "code": "程序"}
_UNSAID = "nothing recorded"


@dataclass(frozen=True, kw_only=True)
class _Run:
    """A stored run: what was made of what."""

    verdicts: Mapping[str, Any]
    record: Mapping[str, Any]

    @property
    def rules(self) -> dict[str, dict[str, Any]]:
        """The verdicts by rule."""
        return {entry["rule_id"]: entry for entry in self.verdicts["verdicts"]}


@dataclass(frozen=True, kw_only=True)
class _Change:
    """Something that went into a run and is not the same any more; `rule_id` is empty when it concerns all rules."""

    kind: str
    what: str
    before: str
    after: str
    rule_id: str = ""


def diff(run_a: str | Path, run_b: str | Path, *, all_readings: bool = False) -> pd.DataFrame:
    """Say what changed from one stored run to another, and why.

    Parameters
    ----------
    run_a, run_b
        Folders that `write_run` wrote, the earlier one first; `verdicts.json` and `run.json` are read.
    all_readings
        Also compare the readings that are not the default.

    Returns
    -------
    DataFrame
        `DIFF_COLUMNS`: first the verdicts, in the order of the second run, then what went into the runs. Empty when
        nothing changed. A verdict's `why` names every change that may have caused it: its own rule and option, every
        input file whose SHA-256 differs, every setting, and the version of the code.

    Raises
    ------
    InputError
        When a folder is no run; both are told at once.
    """
    before, after = _read_both(run_a, run_b)
    changes = [*_inputs(before, after), *_options(before, after), *_rules(before, after), *_code(before, after)]
    rows = [row for name in _all_rules(before, after) for row in _verdict(name, before, after, changes, all_readings)]
    known = {**before.rules, **after.rules}
    rows += [
        {
            "kind": change.kind,
            "rule_id": change.rule_id,
            **_names(known.get(change.rule_id)),
            "what": change.what,
            "before": change.before,
            "after": change.after,
        }
        for change in changes
    ]
    table = pd.DataFrame(rows, columns=list(DIFF_COLUMNS))
    texts = [name for name in DIFF_COLUMNS if name != "change"]
    table = table.astype(object)
    return table.assign(**{name: table[name].fillna("").astype("str") for name in texts}).astype({"change": "float64"})


def _read_both(run_a: str | Path, run_b: str | Path) -> tuple[_Run, _Run]:
    problems = ProblemList()
    found = [_read(Path(folder), problems) for folder in (run_a, run_b)]
    problems.raise_if_any()
    before, after = found
    if before is None or after is None:
        raise InputError([Problem(what="not a run")])
    return before, after


def _read(folder: Path, problems: ProblemList) -> _Run | None:
    told: dict[str, Any] = {}
    for name in ("verdicts.json", "run.json"):
        try:
            told[name] = json.loads((folder / name).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            hint = "name a folder that coverplan run wrote"
            problems.add("there is no such file, or it cannot be read", file=str(folder / name), hint=hint)
    return _Run(verdicts=told["verdicts.json"], record=told["run.json"]) if len(told) == 2 else None


def _inputs(before: _Run, after: _Run) -> Iterator[_Change]:
    old, new = before.record.get("inputs_sha256", {}), after.record.get("inputs_sha256", {})
    packs = {*_packs(before), *_packs(after)}
    for name in sorted({*old, *new}):
        if old.get(name) != new.get(name):
            # A pack is told rule by rule; as a file it only says that something in it is not the same.
            kind = "rule" if Path(name).name in packs else "input"
            yield _Change(kind=kind, what=name, before=_short(old.get(name)), after=_short(new.get(name)))


def _packs(run: _Run) -> list[str]:
    return list(run.record.get("settings", {}).get("standards", []))


def _short(digest: str | None) -> str:
    return digest[:12] if digest else ""


def _options(before: _Run, after: _Run) -> Iterator[_Change]:
    old, new = _flat(before.record.get("settings", {})), _flat(after.record.get("settings", {}))
    rules = {*before.rules, *after.rules}
    for name in sorted({*old, *new}):
        if old.get(name) == new.get(name):
            continue
        rule = name.removeprefix("options.")
        own = rule if name.startswith("options.") and rule in rules else ""
        yield _Change(kind="option", what=name, before=old.get(name, ""), after=new.get(name, ""), rule_id=own)
    year = [str(run.record.get("study", {}).get("year", "")) for run in (before, after)]
    if year[0] != year[1]:
        yield _Change(kind="option", what="year", before=year[0], after=year[1])


def _flat(settings: Any, at: str = "") -> dict[str, str]:
    if isinstance(settings, Mapping):
        parts = [_flat(value, f"{at}.{key}" if at else str(key)) for key, value in settings.items()]
        return {key: value for part in parts for key, value in part.items()}
    return {at: json.dumps(settings, ensure_ascii=False) if isinstance(settings, list) else str(settings)}


def _rules(before: _Run, after: _Run) -> Iterator[_Change]:
    old, new = before.rules, after.rules
    for name in _all_rules(before, after):
        if name not in old or name not in new:
            what = "added" if name in new else "removed"
            yield _Change(kind="rule", what=what, before="", after="", rule_id=name)
            continue
        for key in _RULE_TEXT:
            if old[name].get(key) != new[name].get(key):
                yield _Change(kind="rule", what=key, before=_text(old[name].get(key)), after=_text(new[name].get(key)),
                              rule_id=name)  # fmt: skip
        then, now = _readings(old[name]), _readings(new[name])
        if set(then) != set(now):
            yield _Change(kind="rule", what="readings", before=", ".join(then), after=", ".join(now), rule_id=name)
        for reading in then:
            limits = [(side[reading].get("point_limit"), side[reading].get("point_unit")) for side in (then, now)
                      if reading in side]  # fmt: skip
            if len(set(limits)) > 1:
                yield _Change(kind="rule", what=f"limit of {reading}", before=_text(limits[0][0]),
                              after=_text(limits[1][0]), rule_id=name)  # fmt: skip


def _code(before: _Run, after: _Run) -> Iterator[_Change]:
    old, new = (_flat(run.record.get("made_with", {})) for run in (before, after))
    for name in sorted({*old, *new}):
        if old.get(name) != new.get(name) and name != "system":
            yield _Change(kind="code", what=name, before=old.get(name, ""), after=new.get(name, ""))


def _all_rules(before: _Run, after: _Run) -> list[str]:
    return [*after.rules, *(name for name in before.rules if name not in after.rules)]


def _readings(entry: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    return {told["reading"]: told for told in [entry, *entry.get("other_readings", [])]}


def _verdict(
    name: str, before: _Run, after: _Run, changes: list[_Change], all_readings: bool
) -> Iterator[dict[str, Any]]:
    """Tell how one rule came out differently; one row per thing that is not the same."""
    old, new = before.rules.get(name), after.rules.get(name)
    if old is None or new is None:
        return
    pairs = [(old, new)]
    if all_readings:
        then, now = _readings(old), _readings(new)
        pairs += [(then[key], now[key]) for key in now if key in then and key != new["reading"]]
    for one, other in pairs:
        for what in ("reading", "status", "figure", "shortfall", "quality"):
            if one.get(what) == other.get(what):
                continue
            why_en, why_zh = _why(name, changes)
            yield {
                "kind": "verdict",
                "rule_id": name,
                **_names(new),
                "reading": other["reading"],
                "what": what,
                "before": _text(one.get(what)),
                "after": _text(other.get(what)),
                "change": _difference(one.get(what), other.get(what)),
                "unit": _unit(other, what),
                "why": why_en,
                "why_zh": why_zh,
            }


def _names(entry: Mapping[str, Any] | None) -> dict[str, str]:
    return {} if entry is None else {"rule": entry["name_zh"], "rule_en": entry["name_en"]}


def _unit(entry: Mapping[str, Any], what: str) -> str:
    return str({"figure": entry.get("unit"), "shortfall": entry.get("shortfall_unit")}.get(what) or "")


def _why(name: str, changes: list[_Change]) -> tuple[str, str]:
    mine = [change for change in changes if change.rule_id in {"", name}]
    if not mine:
        return _UNSAID, "未记录到变化"
    kinds = dict.fromkeys(change.kind for change in mine)
    listed = {kind: ", ".join(c.what for c in mine if c.kind == kind) for kind in kinds}
    en = "; ".join(f"{kind}: {what}" for kind, what in listed.items())
    return en, "；".join(f"{_KIND_ZH[kind]}：{what}" for kind, what in listed.items())


def _text(value: Any) -> str:
    if value is None:
        return ""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else str(value)


def _difference(one: Any, other: Any) -> float:
    numbers = all(isinstance(value, int | float) and not isinstance(value, bool) for value in (one, other))
    return float(other) - float(one) if numbers else float("nan")
