"""The sentences that every document says: purpose, method, limits; in plain words."""

from __future__ import annotations

from coverplan.core.model import SpeedProfile
from coverplan.core.units import METRES_PER_KM
from coverplan.core.words import PROFILES, QUALITIES
from coverplan.outputs.phrases import Both, both, of_word
from coverplan.outputs.review.cells import fit, listed
from coverplan.standards.findings import Assessment
from coverplan.standards.wording import count


def purpose(assessment: Assessment) -> list[Both]:
    """Say what the document is for, and against which plans the study was held."""
    study = assessment.study
    titles = dict.fromkeys((v.rule.document.title_zh, v.rule.document.title_en) for v in assessment.verdicts)
    named = listed([both(f"《{zh}》", en) for zh, en in titles], zh="、")
    return [
        both(
            f"本文件供规划评审使用：以{study.year}年为基准，把{fit(study.name)}的医疗卫生设施布局与规划文本逐项对照，"
            "说明哪些居民能在规定的时间或距离内得到服务，哪些指标达标、哪些未达标，缺口在哪里、因何而起、怎样弥补。",
            f"This document is for plan review. It holds the health facilities of "
            f"{fit(study.name_en or study.name)} in "
            f"{study.year} against the plans, target by target: who is reached within the time or distance asked for, "
            "which targets are met, where the gaps are, what causes them and what would close them.",
        ),
        both(
            f"依据的规划文件：{named['zh']}。每项结论都附规划原文和出处，便于核对。",
            f"Plans: {named['en']}. Every verdict comes with the words of the plan and where they stand.",
        ),
    ]


def method(assessment: Assessment) -> list[Both]:
    """Say in plain words how a figure comes about."""
    study, network = assessment.study, assessment.network
    clock = study.clock
    used = [profile for name, profile in study.profiles.items() if name in {"drive", "walk", "ambulance"}]
    speeds = listed([_way(one) for one in used], zh="、", en=", ")
    population = study.populations.get(study.default_population)
    return [
        both(
            f"人口按点计：全域{len(study.people):,}个人口点，共{count(float(study.people['people'].sum()))}人。"
            "每个点沿道路网找到最近的可用设施，时间或距离不超过限值即为覆盖；恰好等于限值也算覆盖。"
            "结论由这些点逐一判定，地图上的范围只供示意。",
            f"People are counted at points: {len(study.people):,} points with "
            f"{count(float(study.people['people'].sum()))} people in all. From each point the nearest "
            "facility that counts "
            "is found along the roads; within the limit is covered, exactly on the limit too. Coverage is "
            "decided at the "
            "points; areas on maps are for the eye.",
        ),
        both(
            f"道路网有{network.n_nodes:,}个节点、{network.n_edges:,}条路段，单行路按方向计算。行进方式：{speeds['zh']}。"
            "点到道路的一段按步行速度计入；离路过远或道路不通的点单独列出，不会悄悄略去。",
            f"The road network has {network.n_nodes:,} nodes and {network.n_edges:,} edges; one-way streets "
            "count as such. "
            f"Ways to travel: {speeds['en']}. The way between a door and the road is walked; points too far "
            "from any road, "
            "or cut off, are listed and never dropped.",
        ),
        both(
            f"急救反应时间＝受理（{clock.call_handling_s / 60:g}分钟）＋出车（{clock.turnout_s / 60:g}分钟）＋行驶；"
            "从何时起算、用平均值还是九成居民，由口径写明。",
            f"Response time is call handling ({clock.call_handling_s / 60:g} min) plus turnout "
            f"({clock.turnout_s / 60:g} min) plus driving. When the clock starts, and whether the mean or "
            "90% of people "
            "decide, is part of the reading.",
        ),
        both(
            "按人口配置的指标，应配数向上取整。默认人口口径："
            + (f"{fit(population.name)}，{count(population.people)}人。" if population else "人口表合计。"),
            "Needs per population are rounded up. Default population: "
            + (f"{fit(population.name)}, {count(population.people)} people." if population else "the people table."),
        ),
        both(
            "四种结论：达标；未达标；已测算（原文未设限值，只给出测算值，本工具的参考线另行标明）；无数据（缺少所需数据，不作推断）。",
            "Four verdicts: met; not met; measured (the text sets no limit: the figure is given, a "
            "yardstick of ours is "
            "labelled as ours); no data (something is absent, and nothing is guessed).",
        ),
    ]


def _way(profile: SpeedProfile) -> Both:
    """Name a way to travel, with its factor and how far from a road it begins."""
    word, km = of_word(PROFILES[profile.name]), profile.max_offroad_m / METRES_PER_KM
    return both(
        f"{word['zh']}（速度系数{profile.factor:g}，离路最远{km:g}公里）",
        f"{word['en']} (speed factor {profile.factor:g}, up to {km:g} km off the road)",
    )


def limits(assessment: Assessment) -> list[Both]:
    """Say where the method ends, and what of this study must not be leaned on."""
    waiting = sum(verdict.status == "no_data" for verdict in assessment.verdicts)
    split = [v.rule.rule_id for v in assessment.verdicts if len({finding.status for finding in v.findings}) > 1]
    told: list[Both] = []
    if assessment.quality == "illustrative":
        told.append(
            both(
                "部分数据为示意数据，凡以其为依据的结论均已注明，不可作为结论引用；换成实际数据后应重新计算。",
                "Some of the data is illustrative. Whatever rests on it says so and is no finding; compute it "
                "again with "
                "real data.",
            )
        )
    if split:
        told.append(
            both(
                f"有{len(split)}项指标在不同口径下结论不同：{'、'.join(split[:12])}。评审时应先确定口径。",
                f"{len(split)} target{'' if len(split) == 1 else 's'} come out differently under another reading: "
                f"{', '.join(split[:12])}. Settle the reading first.",
            )
        )
    if waiting:
        told.append(
            both(
                f"有{waiting}项指标因缺少数据未能核算，见附录。",
                f"{waiting} target{'' if waiting == 1 else 's'} could not be checked for want of data; see the annex.",
            )
        )
    return [
        *told,
        both(
            "行驶时间由道路等级和速度推算，并非实测；拥堵、天气和临时管制未计入，除非所用速度已经反映。",
            "Travel times are modelled from road classes and speeds, not observed; congestion, weather and "
            "closures count "
            "only as far as the speeds reflect them.",
        ),
        both(
            "只判定能否到达最近的设施，未计入候诊、床位占用、出车冲突和服务质量。",
            "Reaching the nearest facility is what is judged; queues, occupied beds, busy vehicles and "
            "quality of care are "
            "not part of it.",
        ),
        both(
            "示意图上的范围和分级只供阅读，数字以结论表和随附工作簿为准。",
            "Areas and classes on maps are for reading; the figures are those of the tables and of the workbook.",
        ),
    ]


def quality_sentence(assessment: Assessment) -> Both:
    """Say how far the data as a whole can be trusted."""
    word = QUALITIES[assessment.quality]
    return both(
        f"全部结论所依据数据中最低的质量等级：{word.zh}。", f"The weakest data that any verdict rests on: {word.en}."
    )
