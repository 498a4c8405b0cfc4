"""What the planner itself refuses, said once in both languages: the sentence, and what helps."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from coverplan.app.renderings import in_chinese
from coverplan.core.errors import Problem
from coverplan.outputs.phrases import Both, both

UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]")


@dataclass(frozen=True, kw_only=True)
class Told(Problem):
    """A problem that is said in both languages: `what` and `hint` are the English ones.

    Attributes
    ----------
    code
        Its name in `COMPLAINTS`.
    """

    code: str
    what_zh: str
    hint_zh: str = ""


@dataclass(frozen=True, kw_only=True)
class Complaint:
    """How a problem is worded; names in braces stand for what is filled in."""

    what: Both
    hint: Both


def _complaints(*rows: tuple[str, str, str, str, str]) -> dict[str, Complaint]:
    return {code: Complaint(what=both(zh, en), hint=both(hint_zh, hint_en)) for code, zh, en, hint_zh, hint_en in rows}


COMPLAINTS = _complaints(
    # Desks and their edits.
    ("no_desk", "没有这个工作台", "there is no such desk",
     "可能闲置过久，请重新打开页面", "it may have been idle for too long"),
    ("no_edit", "没有第{index}项调整", "there is no edit {index}", "当前共有{n}项，从0数起", "the desk has {n}"),
    ("too_many_edits", "调整不能超过{most}项", "more than {most} edits",
     "请先保存此方案，再另起一个", "save this scenario and begin another"),
    ("too_deep", "嵌套过深", "is nested too deeply",
     "各项的写法见docs/scenarios.md", "see docs/scenarios.md for the keys of an edit"),
    ("too_long", "超过{most}个字符", "is longer than {most} characters", "请用一行普通文字", "one line of plain text"),
    ("unprintable", "含有无法显示的字符", "holds characters that cannot be printed",
     "请用一行普通文字", "one line of plain text"),
    ("not_finite", "不是有效数值", "is no number", "请填写普通数值", "give a plain number"),
    ("too_large_number", "数值过大", "is too large a number", "请核对单位", "look at the unit"),
    ("no_period", "没有“{period}”这个时段", "'{period}' is not a part of the week", "", ""),
    ("rule_not_shown", "指标{rule}无法在图上显示", "the map cannot show who keeps the rule '{rule}'",
     "可选：{known}", "one of: {known}"),
    # Facilities and the pointer.
    ("no_facility", "没有这个设施", "there is no such facility", "见“设施”列表", "see the desk's list of facilities"),
    ("outside", "位置{lon}, {lat}在规划范围以外", "{lon}, {lat} lies outside the study area", "", ""),
    ("facility_or_kind", "设施编号与类别须给出其中一个", "give either facility_id or kind",
     "类别用于新设施", "kind is for a new facility"),
    ("not_a_kind", "“{kind}”不是可识别的设施类别", "'{kind}' is not a facility kind",
     "可选：{known}", "one of: {known}"),
    ("not_on_earth", "不是有效的经纬度", "is no position; longitude first, then latitude",
     "先经度（−180至180），后纬度（−90至90）", "longitude from -180 to 180, then latitude from -90 to 90"),
    # Sites suggested, scenarios compared.
    ("no_rule_of_people", "没有按单个人口对照限值的指标", "no rule holds single people against a limit",
     "此项研究无法推荐选址", "no sites can be suggested for this study"),
    ("no_reading", "“{reading}”不是指标{rule}按单个人口核算的读法",
     "'{reading}' is not a reading of {rule} that looks at single people", "", ""),
    ("no_area", "没有镇街“{area}”", "there is no area '{area}'", "见镇街列表", "see the areas of the study"),
    ("no_place", "范围内没有可设点的路口", "there is no junction where a site may stand",
     "请放大范围，或缩小候选点间距", "choose a larger area, or a smaller distance between candidates"),
    ("kind_not_counted", "指标{rule}不计算新增的{kind}", "a new {kind} does not count for {rule}",
     "此指标计算：{counted}", "it counts: {counted}"),
    ("nothing_to_compare", "没有可比较的方案", "there is nothing to compare", "请至少勾选一个方案", "name one"),
    # Saved scenarios.
    ("no_scenario", "没有方案“{scenario}”", "there is no scenario '{scenario}'",
     "见已保存的方案列表", "see the list of scenarios"),
    ("no_scenario_id", "没有这个方案", "there is no such scenario",
     "编号只用小写字母、数字和连字符", "small letters, digits and hyphens"),
    ("scenario_exists", "已有编号为“{scenario}”的方案", "there is a scenario '{scenario}' already",
     "请换一个编号", "choose another name"),
    ("too_many_scenarios", "已保存{most}个方案，达到上限", "there are {most} scenarios already",
     "请先删除一些", "delete some"),
    # Uploads.
    ("empty_file", "文件是空的", "the file is empty",
     "请选择工作簿（.xlsx）或CSV文件", "a workbook (.xlsx) or CSV file"),
    ("too_many_sites", "共{n}个站点，一次最多{most}个", "{n} sites are more than {most}",
     "请将表格分开上传", "split the table"),
    ("damaged_workbook", "工作簿已损坏，无法读取", "the workbook is damaged",
     "请用Excel或WPS打开后另存为.xlsx", "open it in Excel or WPS, and save it again as .xlsx"),
    ("too_many_parts", "工作簿内含{n}个部件，过多", "the workbook has {n} parts",
     "请只保留站点所在的工作表", "keep only the sheet with the sites"),
    ("swollen", "工作簿解压后远超正常大小", "the workbook unpacks to far more than it should",
     "请只保留站点所在的工作表", "keep only the sheet with the sites"),
    ("file_too_large", "文件过大", "the file is too large", "最大{most} MB", "at most {most} MB"),
    # Long work.
    ("no_job", "没有这项任务", "there is no such job", "任务可能已过期，请重新开始", "it may be forgotten"),
    ("no_file", "没有可下载的文件", "there is no file", "请等任务完成后再下载", "ask for the job until it is done"),
    ("busy", "正在处理的任务过多", "too much is being worked on already", "请过一分钟再试", "try again in a minute"),
    ("not_done", "未能完成：{text}", "{text}", "", ""),
    ("broken", "程序内部出错：{text}", "something went wrong inside coverplan: {text}",
     "请将此信息告知维护者", "please report it"),
    # The door.
    ("no_address", "此地址没有内容", "there is nothing at this address", "见/docs", "see /docs"),
    ("no_method", "此地址不接受这种请求方式", "this address does not take that method", "见/docs", "see /docs"),
    ("unreadable", "请求无法读取：{text}", "{text}", "见/docs", "see /docs"),
    ("wrong_host", "这不是本规划工具的地址", "this is not the name of the planner",
     "请用http://127.0.0.1加端口号打开", "open it as http://127.0.0.1 with its port"),
    ("foreign_site", "其他网站不得在此作更改", "another site may not change anything here",
     "请使用规划工具自己的页面，或不带Origin", "use the planner's own page, or send no Origin"),
    ("no_content_type", "没有注明内容类型", "says no content type", "应为{wanted}", "send {wanted}"),
    ("wrong_content_type", "不接受内容类型“{kind}”", "'{kind}' is not what is wanted here",
     "应为{wanted}", "send {wanted}"),
    ("no_token", "需要口令才能使用", "the planner wants its token",
     "请打开启动命令所显示的完整地址，或附上Authorization: Bearer口令",
     "open the address that the command printed, or send Authorization: Bearer TOKEN"),
    ("too_large", "请求内容过大", "the request is too large", "最大{most} MB", "at most {most} MB"),
)  # fmt: skip
"""Everything that the planner's own code refuses, by code."""


def problem(code: str, field: str = "", *, hint: str | None = None, **given: Any) -> Told:
    """Word one of `COMPLAINTS`.

    Parameters
    ----------
    code
        Which.
    field
        The part of the request that it is about.
    hint
        An English hint of another room, such as `did_you_mean` gives, in the place of the complaint's own.
    given
        What stands for the names in braces; a text in both languages is filled in in each.

    Examples
    --------
    >>> told = problem("no_scenario", "scenario", scenario="plan-a")
    >>> told.what, told.what_zh
    ("there is no scenario 'plan-a'", '没有方案“plan-a”')
    """
    said = COMPLAINTS[code]
    zh, en = ({name: _in(value, lang) for name, value in given.items()} for lang in ("zh", "en"))
    return Told(
        code=code,
        column=field,
        what=said.what["en"].format(**en),
        what_zh=said.what["zh"].format(**zh),
        hint=(said.hint["en"].format(**en) if hint is None else hint) or None,
        hint_zh=said.hint["zh"].format(**zh) if hint is None else in_chinese(hint) or hint,
    )


def _in(value: Any, lang: str) -> str:
    return str(value[lang]) if isinstance(value, dict) else str(value)


def plain_text(text: str) -> str:
    """Return a text without what cannot be printed, cut short, for messages."""
    return UNPRINTABLE.sub("?", text)[:60]
