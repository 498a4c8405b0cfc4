"""Which facilities count."""

import pytest

from coverplan.core.errors import InputError
from coverplan.inputs.select import active_facilities, kinds_of
from scenes import draw, study

PLACES = {
    "A": {"kind": "hospital", "tier": "tertiary"},
    "B": {"kind": "clinic", "tier": "primary", "open_year": 2019},
    "C": {"kind": "ems_station", "status": "planned", "open_year": 2023},
    "D": {"kind": "ems_centre", "close_year": 2022},
    "E": {"kind": "township_hospital", "tier": "primary", "status": "planned"},
    "F": {"kind": "hospital", "tier": "secondary", "open_year": 2020},
}
STUDY = study(draw("A-B-C-D-E-F"), {"A": 1}, PLACES, year=2020)


def _chosen(**options):
    return ["ABCDEF"[int(key[1:])] for key in active_facilities(STUDY, **options)["facility_id"]]


def test_those_that_serve_in_the_base_year():
    """The planned station opens later, the planned hospital has no year, and 2020 itself counts."""
    assert _chosen() == ["A", "B", "D", "F"]


@pytest.mark.parametrize(
    ("year", "serving"),
    [(2018, "AD"), (2019, "ABD"), (2021, "ABDF"), (2022, "ABF"), (2023, "ABCF"), (2100, "ABCF")],
)
def test_years_open_and_close(year, serving):
    """The opening year is the first that counts, the closing year the first that does not."""
    assert "".join(_chosen(year=year)) == serving


def test_kinds_and_groups_and_tiers():
    """A word, several words, a group and a tier each pick their own; a text is one word, not its letters."""
    assert _chosen(kinds="hospital") == ["A", "F"]
    assert _chosen(kinds=["hospital", "clinic"]) == ["A", "B", "F"]
    assert _chosen(kinds="ems") == ["D"]
    assert _chosen(kinds=("ems", "clinic"), year=2023) == ["B", "C"]
    assert _chosen(tiers="primary") == ["B"]
    assert _chosen(kinds="care", tiers=["secondary", "tertiary"]) == ["A", "F"]
    assert _chosen(kinds="cdc") == []


def test_rows_are_numbered_anew_and_the_study_stays():
    """Positions in the result are row numbers; the study's table keeps its own."""
    chosen = active_facilities(STUDY, kinds="hospital")
    assert chosen.index.tolist() == [0, 1]
    assert chosen.crs == STUDY.facilities.crs
    assert len(STUDY.facilities) == 6


def test_every_unknown_word_is_named():
    """All misspelt kinds at once, each with the word that was meant."""
    with pytest.raises(InputError) as caught:
        active_facilities(STUDY, kinds=["hosptial", "clinic", "emss"])
    assert [str(problem) for problem in caught.value.problems] == [
        "'hosptial' is not a facility kind (did you mean 'hospital'?)",
        "'emss' is not a facility kind (did you mean 'ems'?)",
    ]
    with pytest.raises(InputError, match="'primry' is not a tier"):
        active_facilities(STUDY, tiers="primry")


def test_kinds_come_in_the_order_of_the_word_list():
    """Asking for a kind and its group names it once."""
    assert kinds_of(["ems_station", "ems"]) == ("ems_centre", "ems_subcentre", "ems_station")
    assert kinds_of(()) == ()
