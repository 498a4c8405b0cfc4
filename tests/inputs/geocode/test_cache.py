"""The cache: what was asked is kept, and a person may edit it."""

import math
from pathlib import Path

import pytest

from coverplan.core.datum import from_wgs84
from coverplan.core.errors import InputError
from coverplan.inputs.geocode.cache import PERSON, Remembered, open_cache

ANSWER = Remembered(
    question="福建省泉州市晋江市市医院",
    provider="amap",
    lon=118.585123,
    lat=24.781234,
    precision="rooftop",
    score=0.9,
    label='晋江市医院,"新"院区',
    areas=("350582", "晋江市"),
    date="2026-01-02",
)


def test_what_is_kept_comes_back_the_same(tmp_path: Path) -> None:
    """Answers, silences and texts with commas and quotation marks survive the file."""
    silence = Remembered(question="x", provider="amap", date="2026-01-02", note="not found")
    cache = open_cache(tmp_path / "new" / "cache.csv")
    cache.keep([ANSWER, silence])
    cache.save()
    again = open_cache(tmp_path / "new" / "cache.csv")
    assert again.of(ANSWER.question, provider="amap") == [ANSWER]
    (kept,) = again.of("x", provider="amap")
    assert math.isnan(kept.lon)
    assert (kept.note, kept.provider) == ("not found", "amap")


def test_a_silence_counts_for_its_provider_only() -> None:
    """That AMap knows nothing does not keep us from asking Baidu; an answer counts for both."""
    cache = open_cache(None)
    cache.keep([Remembered(question="x", provider="amap")])
    assert cache.of("x", provider="amap")
    assert not cache.of("x", provider="baidu")
    cache.keep([ANSWER])
    assert cache.of(ANSWER.question, provider="baidu") == [ANSWER]


def test_a_person_stands_above_providers_and_replaces_himself() -> None:
    """A correction wins over every answer, and the later one over the earlier."""
    cache = open_cache(None)
    cache.keep([ANSWER])
    for lon in (118.1, 118.2):
        cache.keep([Remembered(question=ANSWER.question, provider=PERSON, lon=lon, lat=24.7, score=1.0)])
    assert [line.lon for line in cache.of(ANSWER.question, provider="amap")] == [118.2]


def test_a_line_that_a_person_adds_by_hand_is_understood(tmp_path: Path) -> None:
    """A name and a point in GCJ-02 are enough: it counts as entered by a person, in WGS-84."""
    lon, lat = from_wgs84(118.55, 24.78, "gcj02")
    path = tmp_path / "cache.csv"
    path.write_text(f"question,provider,lon,lat,datum\nx,,{lon},{lat},gcj02\n", encoding="gb18030")
    (line,) = open_cache(path).of("x", provider="amap")
    assert (line.provider, line.precision, line.score) == (PERSON, "rooftop", 1.0)
    assert (line.lon, line.lat) == pytest.approx((118.55, 24.78), abs=1e-8)


def test_every_unusable_edit_is_named(tmp_path: Path) -> None:
    """Each cell that was edited into nonsense is a problem with row and column."""
    path = tmp_path / "cache.csv"
    rows = [
        "a,amap,east,24,wgs84,rooftop",
        "b,amap,118,24,mars,rooftop",
        "c,amap,118,24,,roof",
        ",amap,118,24,,",
        "d,amap,118,,,",
    ]
    path.write_text("question,provider,lon,lat,datum,precision\n" + "\n".join(rows) + "\n", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        open_cache(path)
    found = {(problem.row, problem.column) for problem in caught.value.problems}
    assert found == {(2, "lon"), (2, "lat"), (3, "datum"), (4, "precision"), (5, "question"), (6, "lat")}


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    """A CSV without the columns of a cache is not taken for one, and stays as it is."""
    path = tmp_path / "facilities.csv"
    path.write_text("facility_id,name\n1,a\n", encoding="utf-8")
    with pytest.raises(InputError, match="question"):
        open_cache(path)
    assert path.read_text(encoding="utf-8") == "facility_id,name\n1,a\n"


def test_a_failed_write_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the disk fails in the middle, the old cache is still there and no fragment beside it."""
    path = tmp_path / "cache.csv"
    cache = open_cache(path)
    cache.keep([ANSWER])
    cache.save()
    before = path.read_bytes()

    def full_disk(self: Path, data: bytes) -> int:
        with self.open("wb") as file:
            file.write(data[:10])
        raise OSError("no space left")

    monkeypatch.setattr(Path, "write_bytes", full_disk)
    cache.keep([Remembered(question="y", provider="amap")])
    with pytest.raises(OSError, match="no space"):
        cache.save()
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]
