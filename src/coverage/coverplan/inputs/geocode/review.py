"""The review list: a workbook in which a person chooses, corrects or confirms places, and which is read back."""

from __future__ import annotations

import datetime
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xlsxwriter
from python_calamine import CalamineError

from coverplan.core.atomic import write_bytes
from coverplan.core.datum import to_wgs84
from coverplan.core.errors import ProblemList, did_you_mean
from coverplan.core.words import DATUMS
from coverplan.inputs.geocode.cache import PERSON
from coverplan.inputs.geocode.gazetteer import datum_of
from coverplan.inputs.geocode.place import Geocoded

REASONS: Mapping[str, tuple[str, str]] = {
    "no_match": ("没有找到这个名称", "nothing of this name was found"),
    "near_miss": ("只有相近的名称，请选择或填写坐标", "only similar names; choose one or enter coordinates"),
    "ambiguous": ("有同名或同样相近的地点，请选择", "several places may be meant; choose one"),
    "no_county": ("通用名称，须指明所在县（市、区）", "a generic name; say in which county"),
    "other_county": ("所在县与记录不符", "lies in another county than the record says"),
    "other_town": ("所在镇街与记录不符", "lies in another town than the record says"),
    "no_point": ("已识别，但没有公开坐标，请填写", "recognised, but nobody published a point; enter one"),
    "coarse": ("只定位到镇街中心", "placed at the middle of the town only"),
    "illustrative": (
        "只定位到镇街的示意点，误差可达 3 公里",
        "placed at an illustrative point of the town, up to 3 km off",
    ),
    "outside": ("位于研究区之外", "lies outside the study area"),
    "provider_unsure": ("在线服务的答案不可靠", "the provider's answer is not certain"),
    "far_from_town": ("离所在镇街超过 15 公里", "more than 15 km from its town"),
    "not_asked": ("处理中断，尚未定位", "stopped before its turn"),
}
"""Why a record stands on the review list, in Chinese and English."""

_SHEET = "待核对"
_CANDIDATES = "候选"
_HELP = "说明"
_SHOWN = 3
_COLUMNS = (
    ("row", "行号", 6),
    ("record_id", "编号", 12),
    ("name", "名称", 34),
    ("county", "县（市、区）", 12),
    ("town", "镇街", 12),
    ("why", "原因", 34),
    ("lon", "经度（现用）", 12),
    ("lat", "纬度（现用）", 12),
    ("provider", "来源", 16),
    ("precision", "精度", 10),
    ("score", "得分", 7),
    ("place", "匹配地名", 18),
    ("candidate_1", "候选 1", 30),
    ("candidate_2", "候选 2", 30),
    ("candidate_3", "候选 3", 30),
    ("choice", "选用候选", 9),
    ("new_lon", "正确经度", 12),
    ("new_lat", "正确纬度", 12),
    ("new_datum", "坐标系", 9),
    ("confirm", "确认现用位置", 13),
    ("note", "备注", 24),
    ("question", "查询语（勿改）", 30),
)
_FILLED_IN = ("choice", "new_lon", "new_lat", "new_datum", "confirm", "note")
_OFFER_COLUMNS = (
    ("question", "查询语（勿改）", 30),
    ("record_id", "编号", 12),
    ("number", "候选序号", 9),
    ("name", "名称", 34),
    ("kind", "类别", 12),
    ("county", "县（市、区）", 12),
    ("town", "镇街", 12),
    ("lon", "经度", 12),
    ("lat", "纬度", 12),
    ("precision", "精度", 10),
    ("score", "得分", 7),
    ("source", "来源", 24),
)
_ADVICE = (
    "每行一条需要核对的记录。黄色列由您填写，三种方式任选其一：",
    "1. 在“选用候选”填写 1、2 或 3：采用该候选地点（须有坐标）。",
    "2. 在“正确经度”“正确纬度”填写坐标，并在“坐标系”注明 wgs84、gcj02（高德、腾讯）或 bd09（百度）；不填即 wgs84。",
    "3. 在“确认现用位置”填写“是”：现用坐标正确。",
    "不填写的行保持原样。保存后再次运行定位，填写的内容会被记住，不再询问。",
    "One row per record to look at. Fill in one of the yellow columns: the number of a candidate, coordinates with",
    "their datum, or 是 to confirm the position in use. Rows left alone stay as they are.",
)


def write_review(geocoded: Geocoded, path: str | Path) -> Path:
    """Write the review list as a workbook: one sheet to fill in, one with all candidates, one that says how.

    Parameters
    ----------
    geocoded
        What `geocode` returned.
    path
        An .xlsx file; it appears whole or not at all.

    Returns
    -------
    Path
        The file.
    """
    memory = io.BytesIO()
    with xlsxwriter.Workbook(memory, {"in_memory": True}) as book:
        styles = {
            "head": book.add_format({"bold": True, "bg_color": "#DDE6EE", "text_wrap": True, "valign": "top"}),
            "fill": book.add_format({"bold": True, "bg_color": "#FFF2B3", "text_wrap": True, "valign": "top"}),
            "cell": book.add_format({"valign": "top", "text_wrap": True}),
            "degree": book.add_format({"valign": "top", "num_format": "0.000000"}),
        }
        review = _with_texts(geocoded)
        sheet = book.add_worksheet(_SHEET)
        _fill_sheet(sheet, review, _COLUMNS, styles)
        last = max(len(review), 1)
        column = {name: number for number, (name, _, _) in enumerate(_COLUMNS)}
        lists = {"choice": ["1", "2", "3"], "new_datum": list(DATUMS), "confirm": ["是"]}
        for name, allowed in lists.items():
            sheet.data_validation(1, column[name], last, column[name], {"validate": "list", "source": allowed})
        sheet.freeze_panes(1, 3)
        sheet.autofilter(0, 0, last, len(_COLUMNS) - 1)
        _fill_sheet(book.add_worksheet(_CANDIDATES), geocoded.candidates, _OFFER_COLUMNS, styles)
        advice = book.add_worksheet(_HELP)
        advice.set_column(0, 0, 110)
        for number, line in enumerate(_ADVICE):
            advice.write_string(number, 0, line)
    return write_bytes(path, memory.getvalue())


def _with_texts(geocoded: Geocoded) -> pd.DataFrame:
    """Add to the review rows why they are there and what may be meant, as text."""
    review = geocoded.review.copy()
    review["why"] = [REASONS.get(reason, (reason, ""))[0] for reason in review["reason"]]
    offers = {(str(row["question"]), int(row["number"])): _told(row) for row in geocoded.candidates.to_dict("records")}
    for number in range(1, _SHOWN + 1):
        review[f"candidate_{number}"] = [offers.get((question, number), "") for question in review["question"]]
    return review.assign(**dict.fromkeys(_FILLED_IN, ""))


def _told(row: Mapping[Any, Any]) -> str:
    where = row["town"] if row["town"] and row["town"] != row["name"] else row["county"]
    point = f"{row['lon']:.5f}, {row['lat']:.5f}" if np.isfinite(row["lon"]) else "无坐标"
    return f"{row['name']}（{where}，{row['score']:.2f}，{point}）"


def _fill_sheet(sheet: Any, table: pd.DataFrame, columns: tuple[tuple[str, str, int], ...], styles: Any) -> None:
    for number, (name, label, width) in enumerate(columns):
        sheet.set_column(number, number, width)
        sheet.write_string(0, number, label, styles["fill" if name in _FILLED_IN else "head"])
        for row, value in enumerate(table[name].to_list(), start=1):
            if isinstance(value, int | float):
                if np.isfinite(value):
                    is_degree = name in {"lon", "lat", "new_lon", "new_lat"}
                    sheet.write_number(row, number, value, styles["degree" if is_degree else "cell"])
            elif value:
                # As text, so that a name that begins with = is never taken for a formula.
                sheet.write_string(row, number, str(value), styles["cell"])


def read_review(path: str | Path, *, today: str | None = None) -> pd.DataFrame:
    """Read back what a person filled into a review list.

    Parameters
    ----------
    path
        The workbook.
    today
        Date of the corrections, ISO; by default today.

    Returns
    -------
    pandas.DataFrame
        One row per correction, for `geocode(..., corrections=...)`; degrees in WGS-84. Rows left alone are not in it.

    Raises
    ------
    InputError
        With sheet, row and column of everything that cannot be used.
    """
    path = Path(path)
    problems = ProblemList()
    sheets = _sheets(path, problems)
    problems.raise_if_any()
    rows = _labelled(sheets.get(_SHEET), _COLUMNS, path, _SHEET, problems)
    offers = _labelled(sheets.get(_CANDIDATES), _OFFER_COLUMNS, path, _CANDIDATES, problems)
    problems.raise_if_any()
    by_number = {(row["question"], row["number"].removesuffix(".0")): row for row in offers}
    date = today or datetime.datetime.now().astimezone().date().isoformat()
    lines = []
    for number, row in enumerate(rows, start=2):
        desk = _Cell(problems, path.name, number)
        point = _chosen(row, by_number, desk)
        if point is not None:
            lines.append({"question": row["question"], "provider": PERSON, "score": 1.0, "date": date} | point)
    problems.raise_if_any()
    columns = ["question", "provider", "lon", "lat", "precision", "score", "label", "date", "note"]
    return pd.DataFrame(lines, columns=columns)


class _Cell:
    """Where in the workbook a problem stands."""

    def __init__(self, problems: ProblemList, file: str, row: int) -> None:
        self._problems, self._file, self._row = problems, file, row

    def add(self, what: str, column: str, hint: str | None = None) -> None:
        label = next(label for name, label, _ in _COLUMNS if name == column)
        self._problems.add(what, file=self._file, sheet=_SHEET, row=self._row, column=label, hint=hint)

    def degrees(self, text: str, most: float, column: str) -> float:
        value = pd.to_numeric(text, errors="coerce")
        if not abs(value) <= most:
            self.add(f"'{text}' is not a number of degrees up to {most:g}", column)
            return float("nan")
        return float(value)


_Row = dict[str, str]


def _chosen(row: _Row, offers: dict[tuple[str, str], _Row], cell: _Cell) -> dict[str, Any] | None:
    """Return the place that a person chose in one row; None when the row was left alone or cannot be used."""
    if row["new_lon"] or row["new_lat"]:
        place = _entered(row, cell)
    elif row["choice"]:
        place = _offered(row, offers.get((row["question"], row["choice"].removesuffix(".0"))), cell)
    elif row["confirm"].casefold() in {"是", "yes", "y", "1", "true"}:
        place = _confirmed(row, cell)
    else:
        place = None
    return place and place | {"note": row["note"]}


def _entered(row: _Row, cell: _Cell) -> dict[str, Any] | None:
    if row["choice"]:
        cell.add("both a candidate and coordinates are given", "choice", "keep one of them")
    lon, lat = cell.degrees(row["new_lon"], 180, "new_lon"), cell.degrees(row["new_lat"], 90, "new_lat")
    datum = datum_of(row["new_datum"])
    if datum is None:
        cell.add(f"'{row['new_datum']}' is not a known datum", "new_datum", did_you_mean(row["new_datum"], DATUMS))
        return None
    east, north = to_wgs84(lon, lat, datum)
    return {"lon": float(east), "lat": float(north), "precision": "rooftop", "label": row["name"]}


def _offered(row: _Row, offer: _Row | None, cell: _Cell) -> dict[str, Any] | None:
    if offer is None:
        cell.add(f"there is no candidate '{row['choice']}'", "choice")
        return None
    if not offer["lon"]:
        cell.add("the candidate has no coordinates", "choice", "enter coordinates instead")
        return None
    degrees = {name: float(offer[name]) for name in ("lon", "lat")}
    return degrees | {"precision": offer["precision"], "label": offer["name"]}


def _confirmed(row: _Row, cell: _Cell) -> dict[str, Any] | None:
    if not row["lon"]:
        cell.add("there is no position to confirm", "confirm", "enter coordinates instead")
        return None
    return {"lon": float(row["lon"]), "lat": float(row["lat"]), "precision": row["precision"], "label": row["place"]}


def _sheets(path: Path, problems: ProblemList) -> dict[str, pd.DataFrame]:
    try:
        return pd.read_excel(path, sheet_name=None, header=None, dtype=str, engine="calamine")
    except FileNotFoundError:
        problems.add("no such file", file=path.name)
    except (CalamineError, ValueError, OSError) as error:
        problems.add(f"cannot be read as a workbook: {error}", file=path.name)
    return {}


def _labelled(
    table: pd.DataFrame | None,
    columns: tuple[tuple[str, str, int], ...],
    path: Path,
    sheet: str,
    problems: ProblemList,
) -> list[dict[str, str]]:
    """Return the rows of a sheet by the names of its columns, as text."""
    if table is None:
        problems.add("the sheet is missing", file=path.name, sheet=sheet)
        return []
    if table.empty:
        problems.add("the sheet is empty", file=path.name, sheet=sheet)
        return []
    table = table.fillna("").astype("str")
    headings = [heading.strip() for heading in table.iloc[0].to_list()]
    missing = [label for _, label, _ in columns if label not in headings]
    for label in missing:
        problems.add("the column is missing", file=path.name, sheet=sheet, column=label)
    if missing:
        return []
    where = {name: headings.index(label) for name, label, _ in columns}
    return [{name: str(cells[at]).strip() for name, at in where.items()} for cells in table.iloc[1:].to_numpy()]
