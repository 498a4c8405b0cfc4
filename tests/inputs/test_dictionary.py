"""The data dictionary says what the declarations say, and the page in docs/ is fresh."""

from pathlib import Path

from coverplan.inputs.dictionary import ALL_TABLES, data_dictionary


def test_the_page_in_docs_is_fresh(root: Path) -> None:
    """`docs/data-dictionary.md` is what `coverplan columns --markdown` writes today."""
    page = (root / "docs" / "data-dictionary.md").read_text(encoding="utf-8")
    assert page == data_dictionary(), "write it again: coverplan columns --markdown > docs/data-dictionary.md"


def test_every_table_column_and_word_stands_in_it() -> None:
    """Nothing that is declared is missing: each table, column, Chinese label, alias and allowed value."""
    page = data_dictionary()
    for table in ALL_TABLES.values():
        assert f"## {table.name} · {table.zh}" in page
        for column in table.columns:
            assert f"| `{column.name}` | {column.zh} |" in page
            assert all(alias in page for alias in column.aliases)
            assert all(f"| `{value}` | {word.zh} |" in page for value, word in column.allowed.items())
