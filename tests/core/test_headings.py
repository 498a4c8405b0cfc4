"""Headings: whichever way they are written, they stand for one column or for none."""

import pytest

from coverplan.core.headings import heading_reader, known_headings, match_headings, plain_heading
from coverplan.core.tables import INPUT_TABLES, PEOPLE


def test_headings_are_compared_without_dress() -> None:
    """What is compared has no case, spaces or full-width forms."""
    assert plain_heading("\ufeff Ｂｅｄｓ　（张） ") == "beds(张)"


@pytest.mark.parametrize("name", INPUT_TABLES)
def test_every_column_is_known_by_its_name_and_its_label(name: str) -> None:
    """No name or Chinese label of a column leads to another one, with a unit behind it neither."""
    table = INPUT_TABLES[name]
    read = heading_reader(table)
    for column in table.columns:
        for label in (column.name, column.zh, f"{column.zh}（个）"):
            assert read(label) == column.name


def test_the_name_comes_before_the_label_and_the_label_before_an_alias() -> None:
    """Of several headings for one column the surest counts; two that are equally sure clash, and the first counts."""
    assert match_headings(["常住人口", "人口", "people"], PEOPLE) == ({"people": "people"}, [])
    found, clashes = match_headings(["village", "点编码", "村居"], PEOPLE)
    assert found == {"place": "village", "point_id": "点编码"}
    assert clashes == [("place", "village", "村居")]
    assert known_headings(["village", "点编码", "村居"], PEOPLE) == found
