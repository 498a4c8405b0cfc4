"""Problems as the interface tells them: the field, its place in words, what is wrong, and a hint, in both languages."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from coverplan.app.complaints import Told, plain_text
from coverplan.app.drafts import DESK
from coverplan.app.renderings import in_chinese, labels
from coverplan.core.errors import InputError, Problem
from coverplan.outputs.phrases import Both, both
from coverplan.scenarios.forms import ROAD_FORMS, Form, form_of

Data = dict[str, Any]

_HAN = re.compile(r"[\u4e00-\u9fff]")
_FIELDS = {
    "at": "位置", "kind": "类别", "facility_id": "设施", "k": "新增几处", "rule": "指标", "reading": "读法",
    "area": "范围", "seconds": "最多用时（秒）", "spacing_m": "候选点间距（米）", "year": "年份", "period": "时段",
    "options": "读法", "note": "备注", "scenario": "方案编号", "scenarios": "方案", "desks": "工作台",
    "desk_id": "工作台", "job_id": "任务", "file": "文件", "what": "导出内容", "language": "语言", "edits": "调整",
    "index": "序号", "body": "请求内容", "token": "口令", "replace": "覆盖", "seq": "序号", "Host": "服务器地址",
    "Origin": "来源网站", "Content-Type": "内容类型",
}  # fmt: skip


def as_problems(error: InputError) -> list[Data]:
    """Put problems into the shape of the interface, in the order in which they were found."""
    return [told(one) for one in error.problems]


def told(one: Problem) -> Data:
    """Put a problem into the shape of the interface.

    Sentences of the planner itself are there in both languages. Those of other rooms are said in Chinese where
    `renderings` knows how; else the English one stands in a Chinese frame.

    Examples
    --------
    >>> answer = told(Problem(what="is empty", file="sites.csv", sheet="拟建点", row=3, column="lon"))
    >>> answer["field"], answer["where"]["zh"], answer["what"]["zh"]
    ('拟建点, row 3, lon', '工作表“拟建点”，第3行，“经度”列', '此格为空')
    """
    if isinstance(one, Told):
        what, hint = both(one.what_zh, one.what), both(one.hint_zh, one.hint or "")
    else:
        what, hint = _rendered(one.what), _rendered(one.hint or "")
    field = _field(one)
    return {"field": plain_text(field), "where": _where(one, field), "what": what, "hint": hint}


def _rendered(text: str) -> Both:
    """Say an English sentence in Chinese too; one that nobody has rendered stands in a Chinese frame."""
    if not text:
        return both("", "")
    zh = in_chinese(text)
    return both(zh if zh is not None else text if _HAN.match(text) else f"原文：{text}", text)


def _is_of_table(one: Problem) -> bool:
    return one.file not in {None, "", DESK} or bool(one.sheet)


def _field(one: Problem) -> str:
    field = one.column or ""
    if _is_of_table(one):
        row = None if one.row is None else f"row {one.row}"
        return ", ".join(part for part in (one.sheet, row, field) if part)
    if one.row is not None and not field.startswith("edits"):
        return f"edits.{one.row - 1}.{field}".rstrip(".")
    return field


def _where(one: Problem, field: str) -> Both:
    """Say where a problem stands, as somebody sees it who fills in a form, writes a table or reads a list."""
    if not _is_of_table(one):
        return _in_request(field)
    sheet, column = plain_text(one.sheet or ""), plain_text(one.column or "")
    is_config = (one.file or "").endswith((".yaml", ".yml"))
    name = labels().get(column, column)
    zh = [
        f"方案文件{one.file}" if is_config else "",
        f"工作表“{sheet}”" if sheet else "",
        f"第{one.row}行" if one.row is not None else "",
        (f"“{name}”项" if is_config else f"“{name}”列") if column else "",
    ]
    en = [
        str(one.file) if is_config else "",
        f"sheet {sheet}" if sheet else "",
        f"{'line' if is_config else 'row'} {one.row}" if one.row is not None else "",
        f"{'key' if is_config else 'column'} {column}" if column else "",
    ]
    return both("，".join(filter(None, zh)), ", ".join(filter(None, en)))


def _in_request(field: str) -> Both:
    parts = [plain_text(part) for part in field.split(".") if part]
    if not parts:
        return both("", "")
    if parts[0] != "edits" or len(parts) == 1 or not parts[1].isdigit():
        zh = " · ".join(_FIELDS.get(part) or labels().get(part, part) for part in parts if not part.isdigit())
        return both(zh, " · ".join(part.replace("_", " ") for part in parts if not part.isdigit()))
    number, inside = int(parts[1]) + 1, parts[2:]
    said = " · ".join(_in_edit(inside))
    zh = f"第{number}项调整{f'（{said}）' if said else ''}"
    return both(zh, f"change {number}{f' ({chr(32).join(inside)})' if inside else ''}")


def _in_edit(parts: list[str]) -> list[str]:
    """Say the keys of an edit in Chinese, as scenario files may have them."""
    form: Form | None = form_of(parts[0]) if parts else None
    if form is None:
        return parts
    names = [form.zh]
    for part in parts[1:]:
        key = form.key(part)
        names.append(part if key is None else key.zh)
        form = ROAD_FORMS.get(part, form) if form.name == "road" else form
    return names


_MISFITS: Mapping[str, Callable[[Data], str]] = {
    "missing": lambda _: "缺少此项",
    "extra_forbidden": lambda _: "没有这一项",
    "string_type": lambda _: "应为文本",
    "int_type": lambda _: "应为整数",
    "int_parsing": lambda _: "应为整数",
    "int_parsing_size": lambda _: "数值过大",
    "int_from_float": lambda _: "应为整数",
    "float_type": lambda _: "应为数值",
    "finite_number": lambda _: "应为有限的数值",
    "bool_type": lambda _: "应为是或否（true或false）",
    "list_type": lambda _: "应为列表",
    "dict_type": lambda _: "应为一组键和值",
    "model_type": lambda _: "应为一组键和值",
    "model_attributes_type": lambda _: "应为一组键和值",
    "greater_than": lambda ctx: f"应大于{ctx['gt']:g}",
    "greater_than_equal": lambda ctx: f"应不小于{ctx['ge']:g}",
    "less_than": lambda ctx: f"应小于{ctx['lt']:g}",
    "less_than_equal": lambda ctx: f"应不大于{ctx['le']:g}",
    "too_short": lambda ctx: f"至少应有{ctx['min_length']}项",
    "too_long": lambda ctx: f"至多{ctx['max_length']}项",
    "string_too_short": lambda ctx: f"至少{ctx['min_length']}个字符",
    "string_too_long": lambda ctx: f"至多{ctx['max_length']}个字符",
    "string_unicode": lambda _: "含有无法识别的字符",
    "string_pattern_mismatch": lambda _: "写法不符：只用字母、数字和连字符",
    "literal_error": lambda ctx: f"应为其中之一：{str(ctx['expected']).replace(' or ', '、')}",
    "json_invalid": lambda _: "不是有效的JSON",
    "json_type": lambda _: "不是有效的JSON",
    "value_error": lambda _: "不符合要求",
}
"""What pydantic says of a value that does not fit, by its type of error."""

_UNKNOWN_KEY = both("不接受未知的项，见/docs", "unknown keys are refused; see /docs")


def misfit(fault: Data) -> Data:
    """Put one error of pydantic's into the shape of the interface."""
    place = [plain_text(str(part)) for part in fault["loc"] if part not in {"body", "path", "query"}]
    field = ".".join(place)
    cause = (fault.get("ctx") or {}).get("error")
    if isinstance(cause, InputError):
        return {**told(cause.problems[0]), "field": field, "where": _in_request(field)}
    what = str(fault["msg"]).removeprefix("Value error, ").replace("Input should", "should")
    en = plain_text(what) if len(what) > 300 else what
    say = _MISFITS.get(str(fault["type"]))
    zh = f"原文：{en}" if say is None else say(fault.get("ctx") or {})
    hint = _UNKNOWN_KEY if fault["type"] == "extra_forbidden" else both("", "")
    return {"field": field, "where": _in_request(field), "what": both(zh, en), "hint": hint}
