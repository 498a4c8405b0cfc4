"""What other rooms complain about in English, said in Chinese: the sentences that readers of edits and tables use."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from coverplan.core.tables import AEDS, FACILITIES, PEOPLE, VEHICLES
from coverplan.core.words import KINDS, PROFILES, PUBLIC_PLACES, ROAD_CLASSES
from coverplan.planning.sites import SITES

NOUNS = {
    "facility": "设施", "area": "镇街", "project": "项目", "facilities": "设施表", "areas": "镇街表",
    "projects": "项目表", "a facility kind": "设施类别", "a kind of place": "场所类型", "a road class": "道路等级",
    "a speed profile": "出行方式", "a part of the week": "时段", "a population of the study": "本研究的人口口径",
    "a medical community of the study": "本研究的医共体", "everybody": "全部人口", "the county": "全县",
    "all profiles": "所有出行方式", "a number": "数值", "a whole number": "整数", "sites": "拟建站点",
    "vehicles": "救护车", "the number of everybody": "全部人口数", "none": "没有",
}  # fmt: skip
"""Words that stand inside a sentence of another room."""

RENDERINGS: tuple[tuple[str, str], ...] = (
    # Names that are not known.
    ("did you mean '{a}'?", "是否为“{a}”？"),
    ("one of: {a}", "可选：{a}"),
    ("such as {a}, or {b}", "例如{a}，或{b}"),
    ("such as {a}", "例如{a}"),
    ("there is no {a:w} '{b}'", "没有{a}“{b}”"),
    ("name it as the {a:w} table does", "请与{a}表中的写法一致"),
    ("'{a}' names {n} {b:w}", "“{a}”对应{n}条记录（{b}）"),
    ("say which: {a}", "请指明是哪一个：{a}"),
    ("'{a}' is not a known {b:w}", "“{a}”不是可识别的{b}"),
    ("'{a}' is not a reading of {b}", "“{a}”不是指标{b}的读法"),
    ("option '{a}' is neither a rule of the study's packs nor a setting", "“{a}”既不是本研究的指标，也不是设置项"),
    # Edits.
    ("unknown edit '{a}'", "没有“{a}”这种调整"),
    ("unknown key '{a}'", "没有“{a}”这一项"),
    ("'{a}' ({zh}) is missing", "缺少“{zh}”"),
    ("'{a}' says {b:w} a second time", "“{a}”重复说明了{b}"),
    ("What it is called.", "请填写名称"),
    ("Where: [lon, lat].", "请填写位置：[经度, 纬度]"),
    ("Which: identifier or name.", "请填写编码或名称"),
    ("Which: number or name.", "请填写序号或名称"),
    ("What the facility is.", "请填写设施类别"),
    ("Which town.", "请填写镇街"),
    ("The community it goes to.", "请填写划归的医共体"),
    ("Which figure, such as beds.", "请填写指标，例如床位数"),
    ("The figure.", "请填写数值"),
    ("Its vertices: {a}.", "请依次填写各顶点：[[经度, 纬度], …]"),
    ("Of the usual speed.", "请填写为平时车速的几倍"),
    ("is no edit", "不是一项调整"),
    ("- close: F12; one of: {a}", "写法如：close: F12；可选：{a}"),
    ("should hold keys of its own", "其下应有各自的项目"),
    ("should be a text", "应为文本"),
    ("should be a number", "应为数值"),
    ("'{a}' should be a number", "“{a}”应为数值"),
    ("'{a}' should be a whole number", "“{a}”应为整数"),
    ("'{a}' should be yes or no", "“{a}”应为是或否"),
    ("should be a position", "应为位置"),
    ("longitude and latitude, such as {a}", "先经度后纬度，例如{a}"),
    ("should be a list of positions", "应为一串位置"),
    ("'{a}' is neither everyone nor cars", "“{a}”应为所有人（everyone）或机动车（cars）"),
    ("{n} is below {m}", "{n}小于{m}"),
    ("{n} is above {m}", "{n}大于{m}"),
    ("{n} is no year", "{n}不是年份"),
    ("needs one of add, close and slow", "新建、封闭、减速须选其一"),
    ("'between' takes two positions", "“两点间”须给两个位置"),
    ("{a}, {b} is no position", "{a}, {b}不是有效的经纬度"),
    ("degrees, longitude first", "以度为单位，先经度后纬度"),
    ("longitude comes first: are the two swapped?", "应先经度后纬度：是否颠倒了？"),
    ("longitude first", "应先经度后纬度"),
    ("{a}, {b} lies outside the study area", "位置{a}, {b}在规划范围以外"),
    ("{a} at {b}, {c} lies outside the study area", "“{a}”的位置{b}, {c}在规划范围以外"),
    ("{n} km from it", "距规划范围{n}公里"),
    ("{n} km from it; check lon, lat and datum", "距规划范围{n}公里，请核对经度、纬度与坐标系"),
    ("there is a facility '{a}' already", "已有设施“{a}”"),
    ("give it another id or name", "请换一个编号或名称"),
    ("{n} of {m} vehicles cannot be negative-pressure ambulances", "{m}辆车中不可能有{n}辆负压救护车"),
    ("{a}: {n} of {m} vehicles cannot be negative-pressure ambulances", "“{a}”：{m}辆车中不可能有{n}辆负压救护车"),
    ("at most as many as there are vehicles", "不得多于车辆总数"),
    ("'{a}' is closed already", "“{a}”已经关闭"),
    ("its vehicles cannot stay where it closes", "关闭的设施不能留用其车辆"),
    ("'negative_pressure' goes with 'vehicles'", "“负压”须与“救护车”一起给出"),
    ("say how many vehicles there are in all", "请说明车辆总数"),
    ("the part of the week of all profiles is said already", "所有出行方式的时段已另行说明"),
    ("says no change", "没有说明任何变化"),
    ("facilities have no column '{a}'", "设施表没有“{a}”列"),
    ("both 'year' and 'after' say when", "“年份”与“随项目”重复说明了时间"),
    ("keep one of them", "请保留其中一个"),
    ("needs one of 'years' and 'until'", "“年数”与“至”须给其一"),
    ("nobody says when '{a}' ends", "没有“{a}”的完工年份"),
    ("say until which year it takes", "请说明至哪一年完工"),
    ("a road has two ends", "道路须有两个端点"),
    ("course: {a}", "走向：{a}"),
    ("people who come need 'add' and 'at'", "新增人口须给出“新增”和“位置”"),
    ("'{a}' does not go with 'add'", "“{a}”不能与“新增”并用"),
    ("make it an edit of its own", "请另作一项调整"),
    ("{n} is no number of beds", "{n}不是床位数"),
    ("the scenario '{a}' is in this study already", "本研究已含方案“{a}”"),
    ("apply it to the base study", "请用于现状研究"),
    ("is no scenario", "不是方案"),
    ("start with: scenario: my-proposal", "开头应为：scenario: my-proposal"),
    ("'{a}' cannot name a folder", "“{a}”不能作编号"),
    ("use small letters, digits and hyphens, such as '{a}'", "请用小写字母、数字和连字符，例如{a}"),
    ("should be a list of edits", "应为一串调整"),
    ("- close: F12", "写法如：- close: F12"),
    ("the file holds no scenario", "文件中没有方案"),
    ("{n} km/h is no speed limit", "{n}公里/小时不是合理的限速"),
    ("does not say which roads", "没有说明是哪些道路"),
    ("name, near, between, area or class", "请给出路名、附近、两点间、镇街或道路等级"),
    ("should hold a factor by road class", "应按道路等级给出系数"),
    ("'within_m' is a distance around 'near'", "“半径”须与“附近”一起给出"),
    ("{n} is no factor", "{n}不是合理的系数"),
    ("above 0, at most 5; 0.5 is half as fast", "应大于0、不超过5；0.5表示减半"),
    ("{n:w} of 'factor', 'total' and 'to' are given", "“系数”“总数”“目标人口”须给且只给一个（现有{n}）"),
    ("give one of them", "请只给一个"),
    ("from 0 on", "应不小于0"),
    ("there cannot be fewer people than none", "人口不能为负数"),
    ("'to' is for everybody", "“目标人口”适用于全部人口"),
    ("leave 'area' out, or give a total", "请去掉“镇街”，或给出总数"),
    ("nobody lives there who could become more", "该处无人居住，无法增长"),
    ("add people at a place: at, add", "请在某处新增人口（位置、新增）"),
    ("nobody comes", "没有新增人口"),
    ("there are no devices", "没有设备"),
    ("a whole number from 1", "应为不小于1的整数"),
    ("'{a}' is among the people already", "人口表中已有“{a}”"),
    ("'{a}' is among the AEDs already", "AED表中已有“{a}”"),
    ("'{a}' is no figure we know", "没有“{a}”这项指标"),
    ("the figure is no number", "指标值不是数值"),
    ("{a} is said already in line {n}", "与第{n}项调整重复（{a}）"),
    ("{a} is said already", "与另一项调整重复（{a}）"),
    ("the order of edits does not matter", "各项调整不分先后，请只保留一项"),
    ("the facility is closed at the same time", "该设施同时被关闭"),
    ("everybody is scaled already", "全部人口已经调整"),
    ("scale either everybody or single areas", "请调整全部人口或单个镇街，不要两者并用"),
    ("no road is called '{a}'", "没有名为“{a}”的道路"),
    ("no road fits all of that", "没有符合全部条件的道路"),
    ("look at the map, and give a larger within_m", "请查看地图，并放大半径"),
    ("no way leads from one position to the other", "两处之间没有通路"),
    ("a new road ends where there is none", "新建道路的端点附近没有道路"),
    ("the nearest is {n} km away; a road is met within {m} m", "最近的道路在{n}公里外；端点须距已有道路{m}米以内"),
    # Tables of sites.
    ("the column is missing", "缺少此列"),
    ("add it as '{a}' or '{b}'", "请加上“{b}”列"),
    ("is empty", "此格为空"),
    ("is empty, and {a:w} is not", "此格为空，而{a}已填写"),
    ("give both, or neither", "请两者都填，或都不填"),
    ("it must hold: {a}", "此列必须填写"),
    ("'{a}' is not {b:w}", "“{a}”不是{b}"),
    ("'{a}' is neither yes nor no", "“{a}”应为是或否"),
    ("write yes or no (是 or 否)", "请填写是或否"),
    ("'{a}' are no opening hours", "“{a}”不是可识别的开放时间"),
    ("write mon-fri 08:00-17:30; sat 09:00-12:00, 周一至周五 8:00-17:30, 24/7, or leave it empty",
     "例如：周一至周五 8:00-17:30，或24/7；不填表示全天"),
    ("leave the cell empty when it is not known", "不详时请留空"),
    ("the date {a}, counted in days? write {n}", "是否为日期{a}（以天数表示）？请写{n}"),
    ("a date? write {n}", "是否为日期？请写{n}"),
    ("every {a:w} may stand once", "{a}不得重复"),
    ("a cell that holds a comma must stand in quotes", "含逗号的单元格须加引号"),
    ("write a heading above it", "请在上方写表头"),
    ("write decimal degrees: {n}", "请写十进制度数：{n}"),
    ("write one number; how sure it is goes into 'quality'", "请写一个数值，可靠程度写入“数据质量”列"),
    ("write {n}, in full", "请写完整数值{n}"),
    ("write {n}, without the unit", "请只写{n}，不带单位"),
    ("write it in {a}", "请以{a}为单位"),
    ("are longitude and latitude swapped?", "经度与纬度是否颠倒了？"),
    ("the same mistake stands in {n} more row", "另有{n}行同样的问题"),
    ("the same mistake stands in {n} more rows", "另有{n}行同样的问题"),
    ("'{a}' and '{b}' are both read as {c:w}", "“{a}”与“{b}”都被读作{c}"),
    ("the heading '{a}' says {b}, and the column is in {c}", "表头“{a}”的单位是{b}，与规定的单位不同"),
    ("convert the numbers and write '{a}'", "请换算数值，并将表头写作“{a}”"),
    ("'{a}' stands in row {n} already", "“{a}”已在第{n}行出现"),
    ("there is no site", "表中没有站点"),
    ("give it a name and a position", "请填写名称和经纬度"),
    ("two sites are called '{a}'", "有两个站点都叫“{a}”"),
    ("give each a name of its own", "请各取不同的名称"),
    ("'{a}' has no position", "“{a}”没有位置"),
    ("give lon and lat, or let it be placed by its name: {a}", "请填写经度和纬度"),
    ("add columns lon and lat, or let them be placed by their names: {a}", "请加上“经度”“纬度”两列"),
    ("none of {n} records has a position", "{n}条记录都没有位置"),
    ("{a}: {n} vehicles are fewer than none", "“{a}”：救护车数{n}小于0"),
    # What leaves nothing to reckon with.
    ("{a} is closed by then", "{a}届时已关闭"),
    ("name a station that stays", "请写保留的站点"),
    ("name a station that serves", "请写正在服务的站点"),
    ("how many vehicles stand at {a} is said already", "{a}的救护车数已另有说明"),
    ("leave it out, and say the sum there", "请去掉此项，在该处写合计车数"),
    ("say it once, or by profile", "请只写一次，或按出行方式分别写"),
    ("has no name", "没有名称"),
    ("{a} people are more than a county has", "{a}人超出一个县的人口"),
    ("check the zeros", "请核对零的个数"),
    ("{n} vehicles are more than a station has", "{n}辆车超出一个站点的规模"),
    ("up to {n}", "最多{n}"),
    ("project '{a}' is finished since {n}", "项目“{a}”已于{n}年完工"),
    ("what is finished cannot be late", "已完工的项目不会推迟"),
    ("project '{a}' would end in {n}, before it begins", "项目“{a}”将在{n}年完工，早于开工"),
    ("it begins in {n}", "{n}年开工"),
    ("project '{a}' would end in {n}", "项目“{a}”将在{n}年完工"),
    ("a year up to {n}", "应为{n}年及以前"),
    ("{a} is no cost", "{a}不是投资额"),
    ("a number from 0 on", "应为不小于0的数值"),
    ("{n} is no year to look at", "{n}不是可以查看的年份"),
    ("a year from {n} to {m}", "{n}至{m}年之间"),
    ("'{a}' is a group of kinds, and one is opened at a time", "“{a}”是一组类别，每次只能新建一种"),
    # Files.
    ("name it .xlsx or .xls, or save the sheet as CSV UTF-8", "请以.xlsx或.xls命名，或将工作表另存为“CSV UTF-8”格式"),
    ("the workbook unpacks to more than a gigabyte", "工作簿解压后超过1 GB"),
    ("keep only the sheets needed", "请只保留需要的工作表"),
    ("the file cannot be opened: {a}", "文件无法打开（{a}）"),
    ("is it open in another program?", "是否正被其他程序打开？"),
    ("no such file", "没有这个文件"),
    ("looked in {a}", "查找位置：{a}"),
    ("cannot be read: {a}", "无法读取（{a}）"),
    ("neither UTF-8 nor GB 18030 text", "文字编码既不是UTF-8，也不是GB 18030"),
    ("save it as UTF-8", "请另存为UTF-8"),
    ("no row holds headings", "没有一行是表头"),
    ("write the names of the columns in a row above the records", "请在数据上方写一行表头"),
    ("the heading '{a}' stands twice", "表头“{a}”出现两次"),
    ("columns {a} and {b}: keep one", "{a}列与{b}列：请保留一列"),
    ("{n} cells under {m} headings", "{m}个表头下有{n}格"),
    ("the file cannot be read as a workbook: {a}", "文件无法作为工作簿读取"),
    ("open it in a spreadsheet program and save it again as .xlsx", "请用Excel或WPS打开后另存为.xlsx"),
    ("writing the document needs more than the basic installation: {a}", "编写文稿还需安装：{a}"),
    ('pip install "{a}"', "请在命令行运行：pip install {a}"),
    ("the file is empty", "文件是空的"),
    ("there is no record", "没有任何记录"),
    ("there is no heading", "没有表头"),
    ("every sheet of the workbook is empty", "工作簿的所有工作表都是空的"),
    ("the sheet '{a}' is empty", "工作表“{a}”是空的"),
    ("which sheet holds {a:w}? it may be {b}", "无法判断哪个工作表是{a}：可能是{b}"),
    ("name the sheet", "请只保留一个工作表"),
    ("the text is neither UTF-8 nor GB18030", "文字编码既不是UTF-8，也不是GB18030"),
    ("save it as CSV UTF-8", "请另存为“CSV UTF-8”格式"),
    ("this is not a CSV file ({a})", "这不是CSV文件"),
    ("this is a workbook, not a CSV file", "这是工作簿，不是CSV文件"),
    ("the workbook is protected by a password", "工作簿设有密码"),
    ("save it without one", "请去掉密码后另存"),
    ("sheet '{a}' reaches over {n} rows and {m} columns", "工作表“{a}”占用了{n}行、{m}列"),
    ("delete the empty rows and columns around the table", "请删除表格四周的空行和空列"),
    ("not valid YAML: {a}", "方案文件格式有误（{a}）"),
    ("check the indentation, and that text with ': ' or '#' stands in quotes",
     "请检查缩进；含“: ”或“#”的文字须加引号"),
)  # fmt: skip
"""English sentences and their Chinese ones; `{name}` stands for anything, `{name:w}` for a word of `NOUNS` too."""

_SLOT = re.compile(r"\\\{(\w+)(?::w)?\\\}")
_WORDY = re.compile(r"\{(\w+):w\}")


@lru_cache(maxsize=1)
def _patterns() -> tuple[tuple[re.Pattern[str], frozenset[str], str], ...]:
    """Turn sentences into patterns: the more of a sentence is fixed, the sooner it is tried."""

    def fixed(english: str) -> int:
        return len(re.sub(r"\{.*?\}", "", english))

    found = sorted(RENDERINGS, key=lambda pair: -fixed(pair[0]))
    return tuple((_pattern(english), frozenset(_WORDY.findall(english)), zh) for english, zh in found)


def _pattern(english: str) -> re.Pattern[str]:
    return re.compile(_SLOT.sub(_group, re.escape(english)), re.DOTALL)


def _group(slot: re.Match[str]) -> str:
    # What is called n or m is a number: no sentence about something else is taken for one about it.
    kind = r"[-+\d.,e]+|none" if slot[1] in {"n", "m"} else ".+?"
    return f"(?P<{slot[1]}>{kind})"


def in_chinese(text: str) -> str | None:
    """Say a sentence of another room in Chinese; None where nobody has said how.

    Examples
    --------
    >>> in_chinese("there is no facility 'JJ-F99'"), in_chinese("did you mean 'JJ-F29'?")
    ('没有设施“JJ-F99”', '是否为“JJ-F29”？')
    >>> in_chinese("the moon is full") is None
    True
    """
    for pattern, wordy, zh in _patterns():
        found = pattern.fullmatch(text)
        if found is not None:
            return zh.format(
                **{name: _word(part) if name in wordy else part for name, part in found.groupdict().items()}
            )
    return None


def _word(written: str) -> str:
    return NOUNS.get(written) or labels().get(written, written)


@lru_cache(maxsize=1)
def labels() -> dict[str, str]:
    """Return what columns and values of tables are called in Chinese, by their names."""
    return dict(_labelled())


def _labelled() -> Iterator[tuple[str, str]]:
    for words in (ROAD_CLASSES, PUBLIC_PLACES, PROFILES, KINDS):
        yield from ((word.value, word.zh) for word in words.values())
    for table in (PEOPLE, AEDS, VEHICLES, FACILITIES, SITES):
        yield from ((column.name, column.zh) for column in table.columns)
