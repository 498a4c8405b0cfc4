"""A finding about single villages, towns or facilities, each as it should be or not; several checks make one."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from coverplan.core.words import worst_quality
from coverplan.standards.checks.bench import Bench, Outcome, plain_areas, unit_table
from coverplan.standards.findings import Finding, Status
from coverplan.standards.rules import Reading, Rule
from coverplan.standards.wording import count, percent, sentence_en, sentence_zh


def single_finding(
    bench: Bench,
    rule: Rule,
    reading: Reading,
    *,
    rows: list[dict[str, Any]],
    unit: str,
    counted: str,
    asked: float | None,
    ours: float | None,
    said: tuple[str, str],
    qualities: list[str],
    notes: tuple[str, ...],
) -> Outcome:
    """Hold the share of single things that are as they should be against a share of the text, or of our own.

    Parameters
    ----------
    rows
        One per thing, keys of `UNIT_COLUMNS`; `status` met, not_met or no_data.
    unit, counted
        Of the figure (`share_facilities`) and of what is missing (`facility`).
    asked, ours
        The share the text asks for, and our own yardstick where it asks for none.
    said
        What those that are as they should be are, in both languages: "within 1 km of ...".
    """
    units = unit_table(rows)
    known = units[units["status"] != "no_data"]
    n, good = len(known), int((known["status"] == "met").sum())
    status: Status = "measured" if asked is None else "met" if _reached(good, n, asked) else "not_met"
    quality = worst_quality(qualities)
    share = percent(good / n) if n else "–"
    en, zh = f"{count(good)} of {count(n)} {said[0]} ({share} %)", f"{count(n)}个中{count(good)}个{said[1]}（{share}%）"
    keeps = None if ours is None else _reached(good, n, ours)
    if asked is not None:
        text = ("all of them", "全部") if asked == 1 else (f"{percent(asked)} %", f"{percent(asked)}%")
        en, zh = f"{en}; the text asks for {text[0]}", f"{zh}；要求{text[1]}"
    elif ours is not None:
        en += f"; the text sets no share, our own yardstick of {percent(ours)} % would {'' if keeps else 'not '}be met"
        zh = f"{zh}；原文未定比例，按本工具参考线{percent(ours)}%{'可达到' if keeps else '未达到'}"
    else:
        en, zh = f"{en}; the text sets no share", f"{zh}；原文未定比例"
    finding = Finding(
        rule_id=rule.rule_id,
        reading=reading,
        status=status if n else "no_data",
        figure=good / n if n else float("nan"),
        unit=unit,
        limit=asked,
        our_limit=ours if asked is None else None,
        our_status=None if asked is not None or keeps is None else "met" if keeps else "not_met",
        shortfall=0.0 if status == "met" else float(n - good),
        shortfall_unit=counted,
        statement_en=sentence_en(f"{rule.name_en}: {en}", quality),
        statement_zh=sentence_zh(f"{reading.zh}：{zh}", quality),
        areas=plain_areas(bench, "no_data"),
        quality=quality,
        notes=notes,
        people=bench.everyone,
        have=float(good),
        need=float("nan") if asked is None else float(-(-(Fraction(str(asked)) * n) // 1)),
        short=0.0 if status == "met" or asked is None else float(-(-(Fraction(str(asked)) * n) // 1) - good),
        units=units,
    )
    return Outcome(finding=finding)


def _reached(good: int, n: int, share: float) -> bool:
    return Fraction(good) >= Fraction(str(round(share, 9))) * n
