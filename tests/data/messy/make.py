"""Write the messy workbook, its mended twin, and the list of its faults; run it again after a change.

Both workbooks hold the same records of the toy county. In the messy one single cells are spoilt, one fault each; what
a careful reader should say about each stands beside it here and goes to `faults.csv`. Around the records stands what
always stands in such workbooks and is no fault: titles, headings in two rows, merged cells, captions, totals, remarks,
blank rows, full-width digits, units, dates as text.
"""

from __future__ import annotations

import csv
import datetime
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import xlsxwriter
from xlsxwriter.utility import xl_col_to_name

HERE = Path(__file__).parent
TEXT = "县卫健局台账"


@dataclass
class Sheet:
    """One sheet: rows above the records, the records by key, the rows between and below them."""

    name: str
    head: list[list[str]]
    records: list[list[Any]]
    merged: list[tuple[int, int, int, int, str]] = field(default_factory=list)
    before: dict[int, list[list[Any]]] = field(default_factory=dict)
    after: list[list[Any]] = field(default_factory=list)

    def layout(self) -> tuple[list[list[Any]], dict[int, int]]:
        """All rows, and the row (from 0) in which each record stands."""
        rows, places = [*self.head], {}
        for i, record in enumerate(self.records):
            rows += self.before.get(i, [])
            places[i] = len(rows)
            rows.append([*record])
        return [*rows, *self.after], places


@dataclass(frozen=True)
class Fault:
    """A spoilt cell: which record (None: the heading), which column, what stands there, what is to be said.

    `whole`: no row is named, because the fault is the column's. `named`: the column that is named, when it is
    not the cell's.
    """

    sheet: str
    record: int | None
    column: int
    cell: Any
    what: str
    whole: bool = False
    named: str | None = None


def facilities() -> Sheet:
    """Forty facilities on a grid over the toy county, some of them written in every way that is still right."""
    spots = [(118.512705, 24.721904, "西岸镇"), (118.572009, 24.721294, "东岸镇"), (118.561551, 24.675354, "350999103")]
    kinds = ["医院", "卫生院", "社区卫生服务中心", "村卫生所", "急救站", "门诊部"]
    records: list[list[Any]] = []
    for i in range(40):
        lon, lat, town = spots[i % 3]
        records.append(
            [f"{i + 1:03d}", f"机构{i + 1}", kinds[i % 6], "二级" if i % 6 == 0 else "", town, round(lon + i / 1e5, 6),
             round(lat - i / 1e5, 6), "WGS84", 20 + i, "公立", "现有", 2000 + i % 20, "", TEXT, "示意"]
        )  # fmt: skip
    records[1][8] = "２１张"
    records[2][8] = "1,200"
    records[3][8] = "23 床"
    records[4][11] = "2019年8月"
    records[5][11] = "2019-08-01"
    records[6][11] = datetime.date(2019, 8, 1)
    records[7][0] = "０08"
    records[8][5] = "118.56163"
    records[9][2] = "综合医院"
    head = [
        ["三桥县医疗卫生机构一览表（2020年）"],
        ["填报单位：县卫健局"],
        ["机构编码", "机构名称", "机构类别", "等级", "所属镇街", "位置", "", "", "床位数（张）", "办医性质", "状态",
         "启用年", "停用年", "数据来源", "数据质量"],
        ["", "", "", "", "", "经度", "纬度", "坐标系", "", "", "", "", "", "", ""],
    ]  # fmt: skip
    merged = [(0, 0, 0, 14, head[0][0]), (2, 5, 2, 7, "位置"), *((2, j, 3, j, head[2][j]) for j in (0, 1, 2, 3, 4))]
    caption = ["一、公立机构"]
    again = [["二、镇村机构"], head[3][:0], [*head[2][:5], "经度", "纬度", "坐标系", *head[2][8:]]]
    total = [["", "合计", "", "", "", "", "", "", 2758], [], ["注：床位为实有床位。"], ["填表人：李四"]]
    return Sheet("设施", head, records, merged, {0: [caption], 20: again}, total)


def vehicles() -> Sheet:
    """Twelve ambulances."""
    records = [
        [f"闽C012{i:02d}", "005" if i % 2 else "机构11", "是" if i % 3 else "否", "急救", TEXT, "示意"]
        for i in range(12)
    ]
    records[0][3] = ""
    records[1][2] = "Y"
    head = [["车辆编码", "驻点", "是否负压", "用途", "来源", "数据质量"]]
    return Sheet("救护车", head, records)


def aeds() -> Sheet:
    """Eight places with AEDs."""
    records = [
        [f"A{i}", f"点位{i}", "1台" if i % 2 else 1, "学校", 118.512705 + i / 1e4, 24.721904, "", TEXT, "示意"]
        for i in range(8)
    ]
    head = [["编码", "名称", "台数", "场所类型", "经度", "纬度", "参考经度", "来源", "数据质量"]]
    return Sheet("自动体外除颤仪", head, records)


def people() -> Sheet:
    """Ten villages."""
    spots = [(118.512836, 24.732738), (118.57211, 24.72942), (118.56255, 24.676247)]
    records = []
    for i in range(10):
        lon, lat = spots[i % 3]
        records.append([f"P{i:02d}", f"第{i}村", 1000 + i, round(lon + i / 1e5, 6), lat, TEXT, "示意"])
    records[0][2] = "１,０００人"
    head = [["点编码", "村（社区）", "常住人口（人）", "经度", "纬度", "来源", "数据质量"]]
    return Sheet("人口", head, records, after=[["", "总计", 10045]])


def projects() -> Sheet:
    """Eight projects."""
    records = [
        [i + 1, f"项目{i + 1}", "005；机构11", 0.5, "2021年", 2024, 20, 60, "", "规划附表", "示意"] for i in range(8)
    ]
    head = [
        [
            "序号",
            "项目名称",
            "涉及设施",
            "投资（亿元）",
            "开工年",
            "完工年",
            "新增床位",
            "总床位",
            "备注",
            "来源",
            "数据质量",
        ]
    ]
    return Sheet("项目", head, records)


def areas() -> Sheet:
    """The three towns of the toy county, and two beyond them."""
    west, middle, east = 118.4955, 118.54, 118.63
    outlines = [
        (west, 24.69, middle, 24.76), (middle, 24.69, east, 24.76), (west, 24.60, east, 24.69),
        (east, 24.60, 118.66, 24.69), (east, 24.69, 118.66, 24.76),
    ]  # fmt: skip
    names = ["西岸镇", "东岸镇", "南岭镇", "北岸镇", "中岸镇"]
    records = [
        [f"35099910{i + 1}", names[i], "镇", f"POLYGON (({w} {s}, {e} {s}, {e} {n}, {w} {n}, {w} {s}))", TEXT, "示意"]
        for i, (w, s, e, n) in enumerate(outlines)
    ]
    return Sheet("镇街", [["区划代码", "名称", "类别", "边界（WKT）", "来源", "数据质量"]], records)


BOW_TIE = "POLYGON ((118.63 24.69, 118.66 24.76, 118.66 24.69, 118.63 24.76, 118.63 24.69))"

FAULTS = [
    Fault("设施", 0, 0, "", "is empty"),
    Fault("设施", 2, 0, "002", "'002' stands in row"),
    Fault("设施", 3, 1, "", "is empty"),
    Fault("设施", 6, 2, "综合医元", "'综合医元' is not a known kind"),
    Fault("设施", 7, 2, "", "is empty"),
    Fault("设施", 8, 3, "四级", "'四级' is not a known tier"),
    Fault("设施", 9, 5, "不详", "'不详' is not a number (leave the cell empty"),
    Fault("设施", 11, 5, "118°33′42″", "is not a number (write decimal degrees: 118.561667)"),
    Fault("设施", 12, 5, "约118.51", "'约118.51' is not a number (write one number"),
    Fault("设施", 13, 6, 118.572139, "118.572139 is above 90 (are longitude and latitude swapped?)"),
    Fault("设施", 14, 6, "24,6752", "'24,6752' is not a number"),
    Fault("设施", 15, 7, "北京54", "'北京54' is not a known datum"),
    Fault("设施", 16, 8, "约50", "'约50' is not a whole number (write one number"),
    Fault("设施", 17, 8, "3辆", "'3辆' is not a whole number (write 3, without the unit)"),
    Fault("设施", 18, 8, -5, "-5 is below 0"),
    Fault("设施", 19, 8, 12.5, "'12.5' is not a whole number"),
    Fault("设施", 20, 8, "=Sheet9!A1", "'#REF!' is not a whole number"),
    Fault("设施", 21, 8, "1.2千", "(write 1200, in full)"),
    Fault("设施", 22, 8, "——", "(leave the cell empty when it is not known)"),
    Fault("设施", 23, 8, "100-120", "'100-120' is not a whole number (write one number"),
    Fault("设施", 24, 8, "很多", "'很多' is not a whole number"),
    Fault("设施", 25, 9, "国企", "'国企' is not a known owner"),
    Fault("设施", 26, 10, "停业中", "'停业中' is not a known status"),
    Fault("设施", 27, 11, "二〇一九年", "is not a whole number"),
    Fault("设施", 28, 11, 44348, "(the date 2021-06-01, counted in days? write 2021)"),
    Fault("设施", 29, 11, "19年", "19 is below 1900"),
    Fault("设施", 30, 11, 20190801, "20190801 is above 2100 (a date? write 2019)"),
    Fault("设施", 31, 12, "3019", "3019 is above 2100"),
    Fault("设施", 32, 13, "", "is empty"),
    Fault("设施", 33, 14, "", "is empty"),
    Fault("设施", 34, 14, "大概", "'大概' is not a known quality"),
    Fault("设施", 35, 5, 119.5, "lies outside the study area"),
    Fault("设施", 36, 4, "西岸震", "'西岸震' is not in areas (did you mean '西岸镇'?)"),
    Fault("设施", 37, 4, "西岸镇", "is said to be in 西岸镇 and lies in 东岸镇"),
    Fault("救护车", 2, 1, "066", "'066' is not in facilities"),
    Fault("救护车", 3, 1, "", "is empty"),
    Fault("救护车", 4, 2, "可能", "'可能' is neither yes nor no"),
    Fault("救护车", 5, 2, "", "is empty"),
    Fault("救护车", 6, 3, "消防", "'消防' is not a known duty"),
    Fault("救护车", 7, 0, "闽C01206", "'闽C01206' stands in row 8 already"),
    Fault("自动体外除颤仪", None, 6, "经度", "the heading '经度' stands twice (columns E and G", named=""),
    Fault("自动体外除颤仪", None, 7, "", "the column is missing", whole=True, named="source"),
    Fault("自动体外除颤仪", 1, 2, "", "is empty"),
    Fault("自动体外除颤仪", 2, 2, "若干", "'若干' is not a whole number"),
    Fault("自动体外除颤仪", 3, 2, "2辆", "(write 2, without the unit)"),
    Fault("自动体外除颤仪", 4, 3, "公圆", "'公圆' is not a known place_kind"),
    Fault("人口", 1, 2, "1.2万", "'1.2万' is not a whole number (write 12000, in full)"),
    Fault("人口", 2, 2, "", "is empty"),
    Fault("人口", 3, 2, -400, "-400 is below 0"),
    Fault("人口", 4, 3, 24.729, "第4村 at 24.729, 24.7294 lies outside the study area"),
    Fault("人口", 5, 4, "北纬24.676247", "'北纬24.676247' is not a number"),
    Fault("人口", 6, 0, "P05", "'P05' stands in row 7 already"),
    Fault("项目", None, 3, "投资（万元）", "says 万元, and the column is in 100 million CNY", whole=True),
    Fault("项目", 1, 0, 1, "'1' stands in row 2 already"),
    Fault("项目", 2, 4, "2021-13", "'2021-13' is not a whole number"),
    Fault("项目", 3, 5, "明年", "'明年' is not a whole number"),
    Fault("项目", 4, 6, "20张左右", "'20张左右' is not a whole number (write one number"),
    Fault("项目", 5, 7, "60间", "(write 60, without the unit)"),
    Fault("项目", 6, 3, "3000万元", "is not a number (write it in 100 million CNY)"),
    Fault("镇街", 3, 3, "POLYGON ((118.63 24.6, 118.66", "the outline is not WKT", named=""),
    Fault("镇街", 4, 3, BOW_TIE, "the polygon is not valid", named=""),
    Fault("镇街", 2, 2, "县", "'县' is not a known kind"),
]


def write(path: Path, *, spoilt: bool) -> list[tuple[str, int | None, str, str]]:
    """Write one of the two workbooks; returns where its faults stand and what is to be said of each."""
    sheets = [areas(), facilities(), vehicles(), aeds(), people(), projects()]
    expected = []
    with xlsxwriter.Workbook(path) as book:
        book.set_properties({"created": datetime.datetime(2025, 1, 1, tzinfo=datetime.UTC)})
        date = book.add_format({"num_format": "yyyy-mm-dd"})
        book.add_worksheet("填表说明").write(0, 0, "请各单位于月底前报送。")
        for sheet in sheets:
            rows, places = sheet.layout()
            here = [fault for fault in FAULTS if spoilt and fault.sheet == sheet.name]
            place = {fault: (len(sheet.head) - 1 if fault.record is None else places[fault.record]) for fault in here}
            for fault, row in place.items():
                rows[row][fault.column] = fault.cell
            heading = _headings(rows[: len(sheet.head)])
            for fault, row in place.items():
                shown = f"{xl_col_to_name(fault.column)} {heading[fault.column]}"
                column = shown if fault.named is None else fault.named
                expected.append((sheet.name, None if fault.whole else row + 1, column, fault.what))
            page = book.add_worksheet(sheet.name)
            for i, cells in enumerate(rows):
                for j, cell in enumerate(cells):
                    _write(page, i, j, cell, date)
            for top, left, bottom, right, text in sheet.merged:
                page.merge_range(top, left, bottom, right, text)
    return expected


def _headings(head: list[list[str]]) -> list[str]:
    """Return the lowest heading of each column."""
    columns = zip(*([*row, *[""] * (len(head[-1]) - len(row))] for row in head), strict=True)
    return [next((cell for cell in reversed(column) if cell), "") for column in columns]


def _write(page: Any, i: int, j: int, cell: Any, date: Any) -> None:
    if isinstance(cell, datetime.date):
        page.write_datetime(i, j, cell, date)
    elif isinstance(cell, str) and cell.startswith("="):
        page.write_formula(i, j, cell, None, "#REF!")
    elif isinstance(cell, str) and cell:
        page.write_string(i, j, cell)
    elif cell != "":
        page.write_number(i, j, cell)


def main(folder: Path = HERE) -> None:
    """Write all three files."""
    write(folder / "clean.xlsx", spoilt=False)
    faults = write(folder / "messy.xlsx", spoilt=True)
    with (folder / "faults.csv").open("w", encoding="utf-8-sig", newline="") as stream:
        csv.writer(stream, lineterminator="\n").writerows([("sheet", "row", "column", "what"), *faults])


if __name__ == "__main__":
    main()
