"""Gazetteers: lists of named places, the embedded one and the study's own, indexed by how people write them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from coverplan.core.datum import to_wgs84
from coverplan.core.errors import Problem, ProblemList
from coverplan.core.words import DATUMS, QUALITIES
from coverplan.inputs.geocode.names import Forms, numbers_in, place_forms, plain_name, take_apart

KINDS = ("province", "prefecture", "county", "street", "town", "zone", "village", "community", "institution")
TOWN_KINDS = ("street", "town", "zone")
VILLAGE_KINDS = ("village", "community")
EMBEDDED = "embedded gazetteer"
COLUMNS = ("code", "name", "kind", "aliases", "county", "town", "lon", "lat", "quality", "source")
_HEADINGS = {
    "code": ("编码", "代码"),
    "name": ("名称", "地名", "机构名称", "name_zh"),
    "kind": ("类别", "类型", "type"),
    "aliases": ("别名", "简称", "alias", "short_aliases_zh"),
    "county": ("县", "区县", "县市区", "所属县"),
    "town": ("镇", "镇街", "所属镇街", "乡镇", "town_zh"),
    "lon": ("经度", "lng", "longitude", "x"),
    "lat": ("纬度", "latitude", "y"),
    "datum": ("坐标系",),
    "quality": ("数据质量", "质量"),
    "source": ("来源", "数据来源"),
}


@dataclass(frozen=True, kw_only=True)
class Spelling:
    """One way of writing one place: the row of the place, and whether the ending that makes it certain is there."""

    row: int
    full: bool


@dataclass(frozen=True, kw_only=True)
class Gazetteer:
    """A list of places with every way of writing them.

    Attributes
    ----------
    name
        Stands as provider in the results.
    places
        Columns `code` (6 digits county, 9 town, 12 village; empty for other places), `name`, `kind` (one of `KINDS`),
        `aliases` (separated by |), `county` and `town` (codes, or names where there is no code), `lon` and `lat`
        (WGS-84 degrees, NaN where nobody published a point), `quality`, `source`. Index 0..n-1.
    """

    name: str
    places: pd.DataFrame

    @cached_property
    def rows(self) -> list[dict[str, Any]]:
        """The places as plain records, in order."""
        return [{str(key): value for key, value in row.items()} for row in self.places.to_dict("records")]

    @cached_property
    def spellings(self) -> dict[str, tuple[Spelling, ...]]:
        """Every plain spelling of towns, villages and zones, with the places it may mean."""
        index: dict[str, list[Spelling]] = {}
        for number, row in enumerate(self.rows):
            if row["kind"] not in (*TOWN_KINDS, *VILLAGE_KINDS):
                continue
            for form, full in self._forms_of(row):
                index.setdefault(form, []).append(Spelling(row=number, full=full))
        return {form: tuple(found) for form, found in index.items()}

    def _forms_of(self, row: dict[str, Any]) -> Iterable[tuple[str, bool]]:
        names = [row["name"], *filter(None, row["aliases"].split("|"))]
        forms: list[Forms] = [place_forms(name, row["kind"]) for name in names]
        if row["kind"] == "zone":
            short = self.split_prefix(plain_name(row["name"]), area=self.county_code(row["county"]))[1]
            forms.append(Forms(full=(short,), bare=()))
        full = dict.fromkeys(form for item in forms for form in item.full)
        bare = dict.fromkeys(form for item in forms for form in item.bare if form not in full)
        return [*((form, True) for form in full), *((form, False) for form in bare)]

    @cached_property
    def prefixes(self) -> dict[str, str]:
        """Full and short plain names of provinces to counties with their codes; the embedded ones if it has none."""
        found: dict[str, str] = {}
        for row in self.rows:
            if row["kind"] in {"province", "prefecture", "county"}:
                forms = place_forms(row["name"], row["kind"])
                found |= {form: str(row["code"]) for form in (*forms.full, *forms.bare)}
        return found or (embedded_gazetteer().prefixes if self.name != EMBEDDED else found)

    def split_prefix(self, plain: str, *, area: str = "") -> tuple[str, str]:
        """Return the code of the county (or prefecture) that a plain name begins with, and the rest of the name.

        Short names count only for the county `area` and its prefecture: 晋江龙华康复医院 begins with its county, but
        大田村 in Jinjiang has nothing to do with 大田县.

        Examples
        --------
        >>> gazetteer = embedded_gazetteer()
        >>> gazetteer.split_prefix("南安市中医院"), gazetteer.split_prefix("福建省泉州市晋江市陈埭镇")
        (('350583', '中医院'), ('350582', '陈埭镇'))
        >>> gazetteer.split_prefix("晋江龙华康复医院", area="350582"), gazetteer.split_prefix("大田村", area="350582")
        (('350582', '龙华康复医院'), ('', '大田村'))
        """
        found, rest = "", plain
        for _ in range(4):
            fitting = [
                (prefix, code)
                for prefix, code in self.prefixes.items()
                if rest.startswith(prefix)
                and len(rest) > len(prefix)
                and (prefix[-1] in "省市县区" or (area and area.startswith(code)))
            ]
            if not fitting:
                break
            prefix, code = max(fitting, key=lambda item: len(item[0]))
            found, rest = (code if len(code) >= len(found) else found), rest[len(prefix) :]
        return found, rest

    @cached_property
    def institutions(self) -> dict[str, tuple[int, ...]]:
        """Every plain spelling of an institution, with the rows it may mean.

        The name itself, its aliases and what stands in its brackets; of a name that begins with its county also the
        short forms 晋江市医院 -> 市医院, and, when three characters or more remain, without the county (中医院).
        """
        index: dict[str, dict[int, None]] = {}
        for number, row in enumerate(self.rows):
            if row["kind"] != "institution":
                continue
            for form in self._institution_forms(row):
                index.setdefault(form, {})[number] = None
        return {form: tuple(found) for form, found in index.items()}

    def _institution_forms(self, row: dict[str, Any]) -> set[str]:
        forms: set[str] = set()
        for name in (row["name"], *filter(None, row["aliases"].split("|"))):
            pieces = take_apart(name)
            forms |= {plain_name(name), pieces.main}
            forms |= {aside for aside in pieces.asides if aside.endswith(("院", "中心", "站", "所", "部", "基地"))}
        for form in tuple(forms):
            rest = self.split_prefix(form, area=self.county_code(row["county"]))[1]
            if rest == form:
                continue
            if (last := form[len(form) - len(rest) - 1]) in "市县区":
                forms.add(last + rest)
            if len(rest) > 2:
                forms.add(rest)
        return forms

    @cached_property
    def forms_by_numbers(self) -> tuple[dict[tuple[str, ...], list[str]], dict[tuple[str, ...], list[str]]]:
        """Spellings of places, and of institutions, by the numbers in them: only those with the same can be alike."""
        both: list[dict[tuple[str, ...], list[str]]] = []
        for forms in (self.spellings, self.institutions):
            grouped: dict[tuple[str, ...], list[str]] = {}
            for form in forms:
                grouped.setdefault(numbers_in(form), []).append(form)
            both.append(grouped)
        return both[0], both[1]

    @cached_property
    def by_code(self) -> dict[str, int]:
        """The row of every code."""
        return {row["code"]: number for number, row in enumerate(self.rows) if row["code"]}

    @cached_property
    def counties(self) -> list[str]:
        """The county of every row, as code where it has one and else as plain name."""
        known = {county: self.county_code(county) for county in {str(row["county"]) for row in self.rows}}
        return [known[row["county"]] for row in self.rows]

    def named(self, code: str) -> str:
        """Return the name that belongs to a code, or the code itself when it is not in this list."""
        number = self.by_code.get(code)
        return self.rows[number]["name"] if number is not None else code

    def point(self, code: str) -> tuple[float, float, str]:
        """Return lon, lat and quality of a code; NaN when it has no point."""
        number = self.by_code.get(code)
        row = self.rows[number] if number is not None else {"lon": np.nan, "lat": np.nan, "quality": ""}
        return float(row["lon"]), float(row["lat"]), str(row["quality"])

    def county_code(self, county: str | None) -> str:
        """Return the code of a county given by code, name or short name; the plain name itself when it is not known.

        Examples
        --------
        >>> embedded_gazetteer().county_code("晋江"), embedded_gazetteer().county_code(None)
        ('350582', '')
        """
        plain = plain_name(county or "")
        if plain in self.by_code:
            return plain[:6]
        return self.prefixes.get(self.split_prefix(plain)[1], plain)


def gazetteer_folder() -> Path:
    """Return the folder of the embedded gazetteer: packed into the wheel, or `data/gazetteer` of the checkout."""
    package = Path(__file__).resolve().parents[2]
    packed = package / "_bundle" / "data" / "gazetteer"
    return packed if packed.is_dir() else package.parents[2] / "data" / "gazetteer"


@lru_cache(maxsize=1)
def embedded_gazetteer() -> Gazetteer:
    """Read the embedded gazetteer: counties, towns and villages of Quanzhou and Sanming, and the plans' institutions.

    Names and codes are official; points of towns are GeoNames (CC BY 4.0), which has about four towns in five. See
    `data/gazetteer/README.md`.

    Examples
    --------
    >>> len(embedded_gazetteer().places) > 4500
    True
    """
    folder = gazetteer_folder()
    places = pd.read_csv(folder / "places.csv", dtype="str", keep_default_na=False)
    places["county"] = places["code"].str[:6].where(places["code"].str.len() >= 6, "")
    places["town"] = places["code"].str[:9].where(places["code"].str.len() >= 9, "")
    others = pd.read_csv(folder / "institutions.csv", dtype="str", keep_default_na=False)
    others = others.assign(kind="institution", code="", lon="", lat="", quality="official")
    table = pd.concat([places, others], ignore_index=True)[list(COLUMNS)]
    return Gazetteer(name=EMBEDDED, places=_with_numbers(table))


@lru_cache(maxsize=256)
def datum_of(text: str) -> str | None:
    """Return the datum that a cell means; empty is wgs84, None what nobody knows.

    Examples
    --------
    >>> datum_of("高德"), datum_of("BD-09"), datum_of(""), datum_of("mars")
    ('gcj02', 'bd09', 'wgs84', None)
    """
    words = {plain_name(x): w.value for w in DATUMS.values() for x in (w.value, w.zh, w.en, *w.aliases)}
    return words.get(plain_name(text)) if text.strip() else "wgs84"


def read_gazetteer(path: str | Path) -> Gazetteer:
    """Read a study's own gazetteer: a CSV with at least a name and a point per row.

    Parameters
    ----------
    path
        UTF-8 (with or without BOM) or GB18030. Headings in English or Chinese: name 名称, lon 经度, lat 纬度; optional
        aliases 别名 (separated by |), county 县, town 镇街, kind 类别, datum 坐标系, code, quality, source.

    Returns
    -------
    Gazetteer
        Points in WGS-84.

    Raises
    ------
    InputError
        With every row that has no name, no point, a datum or kind that is not known.
    """
    path = Path(path)
    problems = ProblemList()
    table = read_text_table(path, problems)
    problems.raise_if_any()
    found = {name: _heading(table, name) for name in _HEADINGS}
    for name in ("name", "lon", "lat"):
        if found[name] is None:
            hint = f"add it as '{name}' or '{_HEADINGS[name][0]}'"
            problems.add("the column is missing", file=path.name, column=name, hint=hint)
    problems.raise_if_any()
    texts = {
        name: (table[column].str.strip() if column else pd.Series("", index=table.index))
        for name, column in found.items()
    }
    places = _check_own(pd.DataFrame(texts), path.name, problems)
    problems.raise_if_any()
    return Gazetteer(name=path.name, places=places)


def read_text_table(path: Path, problems: ProblemList) -> pd.DataFrame:
    """Read a CSV as text, in UTF-8 or GB18030; what cannot be read is a problem and an empty table."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return pd.read_csv(path, dtype="str", keep_default_na=False, encoding=encoding)
        except UnicodeDecodeError:
            continue
        except FileNotFoundError:
            problems.add("no such file", file=path.name)
            return pd.DataFrame()
        except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
            problems.add(f"is not a table: {error}", file=path.name)
            return pd.DataFrame()
    problems.add("is neither UTF-8 nor GB18030", file=path.name, hint="save it as CSV UTF-8")
    return pd.DataFrame()


def _heading(table: pd.DataFrame, name: str) -> str | None:
    wanted = {plain_name(label) for label in (name, *_HEADINGS[name])}
    return next((str(column) for column in table.columns if plain_name(column) in wanted), None)


def _check_own(texts: pd.DataFrame, file: str, problems: ProblemList) -> pd.DataFrame:
    """Hold the rows of an own gazetteer against what they must be, and turn the points into WGS-84."""
    lon = pd.to_numeric(texts["lon"], errors="coerce").to_numpy(dtype=float)
    lat = pd.to_numeric(texts["lat"], errors="coerce").to_numpy(dtype=float)
    datum = texts["datum"].map(datum_of)
    checks = (
        (texts["name"] == "", "name", "is empty", None),
        (~(np.abs(lon) <= 180), "lon", "is not a longitude", "degrees between -180 and 180"),
        (~(np.abs(lat) <= 90), "lat", "is not a latitude", "are longitude and latitude swapped?"),
        (datum.isna(), "datum", "is not a known datum", f"one of: {', '.join(DATUMS)}"),
        (
            (texts["quality"] != "") & ~texts["quality"].isin(list(QUALITIES)),
            "quality",
            "is not a known quality",
            f"one of: {', '.join(QUALITIES)}",
        ),
        (
            (texts["kind"] != "") & ~texts["kind"].isin(KINDS),
            "kind",
            "is not a kind of place",
            f"one of: {', '.join(KINDS)}",
        ),
    )
    for bad, column, what, hint in checks:
        for row in np.flatnonzero(np.asarray(bad)):
            text = texts[column].iloc[row]
            problems.extend([Problem(what=f"'{text}' {what}", file=file, row=int(row) + 2, column=column, hint=hint)])
    places = texts.assign(kind=texts["kind"].replace("", "institution"), lon=lon, lat=lat)
    for name in DATUMS:
        here = (datum == name).to_numpy()
        places.loc[here, "lon"], places.loc[here, "lat"] = to_wgs84(lon[here], lat[here], name)
    return places[list(COLUMNS)].reset_index(drop=True)


def _with_numbers(table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(lon=pd.to_numeric(table["lon"]), lat=pd.to_numeric(table["lat"]))
