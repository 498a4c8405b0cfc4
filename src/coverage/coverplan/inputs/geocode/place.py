"""Placing a table of records: coordinates in the record, gazetteers, a provider, and what a person should look at."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import nan
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from coverplan.core.errors import Problem, ProblemList
from coverplan.core.progress import SILENT, Progress
from coverplan.core.units import FloatArray
from coverplan.core.words import DATUMS
from coverplan.inputs.geocode.area import StudyArea
from coverplan.inputs.geocode.cache import Cache, Remembered, open_cache
from coverplan.inputs.geocode.gazetteer import Gazetteer, datum_of, embedded_gazetteer
from coverplan.inputs.geocode.names import plain_name
from coverplan.inputs.geocode.providers import Provider
from coverplan.inputs.geocode.steps import Desk, Found, Outcome

if TYPE_CHECKING:
    import geopandas as gpd
    from shapely.geometry.base import BaseGeometry

GEO_COLUMNS = (
    "geo_status",
    "geo_reason",
    "geo_provider",
    "geo_precision",
    "geo_score",
    "geo_date",
    "geo_place",
    "geo_code",
    "geo_town",
)
REVIEW_COLUMNS = (
    "row",
    "record_id",
    "name",
    "county",
    "town",
    "question",
    "status",
    "reason",
    "lon",
    "lat",
    "provider",
    "precision",
    "score",
    "place",
)
CANDIDATE_COLUMNS = (
    "question",
    "record_id",
    "number",
    "name",
    "kind",
    "county",
    "town",
    "lon",
    "lat",
    "precision",
    "score",
    "source",
)


@dataclass(frozen=True, kw_only=True)
class Geocoded:
    """Records with their places, and what a person should look at.

    Attributes
    ----------
    placed
        The records in their order, with `lon`, `lat` (WGS-84 degrees, NaN where no place is known), `datum` wgs84,
        `position_quality`, and the columns `GEO_COLUMNS`: status (placed; check: a person should look at it; open: no
        place yet), reason, provider, precision (rooftop, street, village, town), score 0 to 1, date, place, code,
        town. A place that is recognised but has no published point has code and town, and no coordinates.
    review
        One row per record that somebody should look at, those without a place first; columns `REVIEW_COLUMNS`.
    candidates
        The places that may be meant, for the records in `review`; columns `CANDIDATE_COLUMNS`.
    problems
        Points that are no results (outside the study area, in another county than the record says), and providers that
        could not be asked.
    """

    placed: pd.DataFrame
    review: pd.DataFrame
    candidates: pd.DataFrame
    problems: tuple[Problem, ...]

    @property
    def counts(self) -> dict[str, int]:
        """How many records have which status."""
        counts = self.placed["geo_status"].value_counts()
        return {status: int(counts.get(status, 0)) for status in ("placed", "check", "open")}


def geocode(
    records: pd.DataFrame,
    *,
    gazetteer: Gazetteer | Sequence[Gazetteer] | None = None,
    provider: Provider | None = None,
    cache: str | Path | Cache | None = None,
    study_area: gpd.GeoDataFrame | BaseGeometry | None = None,
    county: str | None = None,
    corrections: pd.DataFrame | None = None,
    file: str | None = None,
    first_row: int = 2,
    today: str | None = None,
    progress: Progress = SILENT,
) -> Geocoded:
    """Give every record a place, or say why it has none.

    Parameters
    ----------
    records
        A table with `name` and, as far as known, an identifier (first column that ends in `_id`), `county`, `town` (or
        `area_id`), `address`, `lon`, `lat`, `datum`. Not changed.
    gazetteer
        Where to look, in this order; the study's own first. None means the embedded one.
    provider
        Online service for what the gazetteers do not place to the village or better; None asks nobody.
    cache
        CSV in which answers and corrections are kept; None keeps them for this call only.
    study_area
        Polygons, in any CRS (a bare geometry in WGS-84 degrees): a point outside is a problem, not a result.
    county
        Name or code of the county, for records that do not say it themselves.
    corrections
        What `read_review` returned; it is remembered in the cache and stands above everything else.
    file, first_row
        How problems name the table, and which of its rows is the first record.
    today
        Date that new answers carry, ISO; by default today.

    Returns
    -------
    Geocoded

    Raises
    ------
    InputError
        When a record names a datum that nobody knows, or the cache cannot be read.

    Examples
    --------
    >>> records = pd.DataFrame({"facility_id": ["f1"], "name": ["陈埭中心卫生院"]})
    >>> result = geocode(records, county="晋江市")
    >>> result.placed[["lon", "lat", "geo_precision", "geo_code"]]
            lon        lat geo_precision   geo_code
    0  118.59979  24.82201          town  350582103
    >>> result.review["reason"].to_list()
    ['coarse']
    """
    lists = [gazetteer] if isinstance(gazetteer, Gazetteer) else list(gazetteer or [embedded_gazetteer()])
    store = cache if isinstance(cache, Cache) else open_cache(cache)
    if corrections is not None:
        store.keep(_as_lines(corrections))
    desk = Desk(
        lists=lists,
        provider=provider,
        cache=store,
        area=StudyArea.of(study_area),
        date=today or datetime.datetime.now().astimezone().date().isoformat(),
        file=file,
        first_row=first_row,
    )
    table = _plain_table(records, county, file=file, first_row=first_row)
    outcomes: list[Outcome] = []
    try:
        for number, record in enumerate(table.to_dict("records")):
            if progress.cancelled():
                break
            outcomes.append(desk.place({str(k): v for k, v in record.items()}, number))
            progress.advance(number + 1, len(table))
    finally:
        store.save()
    outcomes += [Outcome(found=None, status="open", reason="not_asked")] * (len(table) - len(outcomes))
    return _gather(records, table, outcomes, desk)


def _as_lines(corrections: pd.DataFrame) -> Iterable[Remembered]:
    for row in corrections.to_dict("records"):
        yield Remembered(**{str(name): value for name, value in row.items()})


def _plain_table(
    records: pd.DataFrame, county: str | None, *, file: str | None = None, first_row: int = 2
) -> pd.DataFrame:
    """Bring the columns that placing reads into one form: text without missing values, degrees with NaN."""
    lon, lat = _degrees(records)
    key = next((str(c) for c in records.columns if str(c).endswith("_id") and c != "area_id"), None)
    known = {str(name) for name in records.columns}

    def text(*names: str, otherwise: str = "") -> pd.Series:
        column = next((records[name] for name in names if name in known), None)
        cells = pd.Series("", index=records.index, dtype="str") if column is None else column.astype("str").fillna("")
        return cells.str.strip().replace("", otherwise).reset_index(drop=True)

    table = pd.DataFrame(
        {
            "record_id": text(key) if key else pd.Series(records.index.astype("str")),
            "name": text("name"),
            "county": text("county", otherwise=county or ""),
            "town": text("town", "area_id"),
            "address": text("address", "地址"),
            "lon": lon,
            "lat": lat,
            "datum": text("datum", otherwise="wgs84"),
        }
    )
    problems = ProblemList()
    datum = [datum_of(text) for text in table["datum"]]
    for number in (n for n, known in enumerate(datum) if known is None):
        what = f"'{table['datum'].iloc[number]}' is not a known datum"
        hint = f"one of: {', '.join(DATUMS)}"
        problems.add(what, file=file, row=first_row + number, column="datum", hint=hint)
    problems.raise_if_any()
    table["datum"] = datum
    table["question"] = [_question(row) for row in table.to_dict("records")]
    return table


def _degrees(records: pd.DataFrame) -> tuple[FloatArray, FloatArray]:
    """Return lon and lat of the records: their columns, or their point geometry; NaN where there is nothing."""
    if {"lon", "lat"} <= set(records.columns):
        lon, lat = (pd.to_numeric(records[name], errors="coerce").to_numpy(dtype=float) for name in ("lon", "lat"))
        both = np.isfinite(lon) & np.isfinite(lat)
        return np.where(both, lon, nan), np.where(both, lat, nan)
    points: Any = getattr(records, "geometry", None)
    if points is None or getattr(points, "crs", None) is None:
        return np.full(len(records), nan), np.full(len(records), nan)
    points = points.to_crs("EPSG:4326")
    return points.x.to_numpy(dtype=float), points.y.to_numpy(dtype=float)


def _question(row: Mapping[Any, Any]) -> str:
    """Write what is asked, from the large to the small; it is also the key of the cache."""
    areas = embedded_gazetteer()
    code = areas.county_code(row["county"])
    known = code.isdigit() and len(code) == 6
    place = "".join(areas.named(code[:length]) for length in (2, 4, 6)) if known else row["county"]
    said = row["address"] or (areas.named(row["town"]) if row["town"].isdigit() else "")
    rest = areas.split_prefix(plain_name(said), area=code if known else "")[1] if said else ""
    name = row["name"]
    return f"{place}{rest}{areas.split_prefix(name)[1] if known else name}"


def _gather(records: pd.DataFrame, table: pd.DataFrame, outcomes: Sequence[Outcome], desk: Desk) -> Geocoded:
    """Write the outcomes beside the records, and those that need a person into the review list."""
    found = [outcome.found for outcome in outcomes]
    columns: dict[str, list[Any]] = {
        "lon": [f.lon if f else nan for f in found],
        "lat": [f.lat if f else nan for f in found],
        "geo_status": [o.status for o in outcomes],
        "geo_reason": [o.reason for o in outcomes],
        "geo_provider": [f.provider if f else "" for f in found],
        "geo_precision": [f.precision if f else "" for f in found],
        "geo_score": [f.score if f else nan for f in found],
        "geo_date": [f.date if f else "" for f in found],
        "geo_place": [f.place if f else "" for f in found],
        "geo_code": [o.code for o in outcomes],
        "geo_town": [desk.areas.named(o.code[:9]) if len(o.code) >= 9 else "" for o in outcomes],
    }
    placed = pd.DataFrame(records.drop(columns="geometry", errors="ignore")).copy()
    for name, values in columns.items():
        placed[name] = values
    placed["datum"] = "wgs84"
    placed["position_quality"] = _quality(records, found)
    review, candidates = _review(table, outcomes, desk)
    return Geocoded(placed=placed, review=review, candidates=candidates, problems=tuple(desk.problems))


def _quality(records: pd.DataFrame, found: Sequence[Found | None]) -> list[str]:
    """Keep the quality that a record claims for its own coordinates; tell that of every other place."""
    claimed = records["position_quality"] if "position_quality" in records else pd.Series("", index=records.index)
    return [
        (f.quality or str(own or "")) if f else "" for own, f in zip(claimed.fillna("").to_list(), found, strict=True)
    ]


def _review(table: pd.DataFrame, outcomes: Sequence[Outcome], desk: Desk) -> tuple[pd.DataFrame, pd.DataFrame]:
    """List the records that somebody should look at, those without a place first, and what may be meant by each."""
    areas = desk.areas
    rows: list[dict[str, Any]] = []
    offers: list[dict[str, Any]] = []
    order = sorted(range(len(outcomes)), key=lambda n: outcomes[n].status != "open")
    for number in (n for n in order if outcomes[n].status != "placed"):
        record, outcome = table.iloc[number], outcomes[number]
        found = outcome.found
        town = areas.named(outcome.code[:9]) if len(outcome.code) >= 9 else record["town"]
        rows.append(
            {
                "row": desk.first_row + number,
                **{name: record[name] for name in ("record_id", "name", "county", "question")},
                "town": town,
                "status": outcome.status,
                "reason": outcome.reason,
                "lon": found.lon if found else nan,
                "lat": found.lat if found else nan,
                "provider": found.provider if found else "",
                "precision": found.precision if found else "",
                "score": found.score if found else nan,
                "place": found.place if found else "",
            }
        )
        for count, candidate in enumerate(outcome.candidates, start=1):
            offers.append(
                {
                    "question": record["question"],
                    "record_id": record["record_id"],
                    "number": count,
                    "name": candidate.name,
                    "kind": candidate.kind,
                    "county": areas.named(candidate.county),
                    "town": areas.named(candidate.town),
                    "lon": candidate.lon,
                    "lat": candidate.lat,
                    "precision": candidate.precision,
                    "score": candidate.score,
                    "source": candidate.source,
                }
            )
    return pd.DataFrame(rows, columns=list(REVIEW_COLUMNS)), pd.DataFrame(offers, columns=list(CANDIDATE_COLUMNS))
