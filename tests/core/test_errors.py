"""Problems say where they are and what to do; all of them are raised together."""

import pytest

from coverplan.core.errors import InputError, Problem, ProblemList, did_you_mean


def test_a_problem_names_its_place_in_the_words_of_its_file() -> None:
    """A table has rows and columns, a config lines and keys, a workbook sheets."""
    table = Problem(what="is empty", file="people.csv", row=12, column="people", hint="write 0")
    config = Problem(what="is empty", file="county.yaml", row=12, column="year")
    sheet = Problem(what="is empty", file="all.xlsx", sheet="设施", row=3)
    assert str(table) == "people.csv, row 12, column people: is empty (write 0)"
    assert str(config) == "county.yaml, line 12, key year: is empty"
    assert str(sheet) == "all.xlsx, sheet 设施, row 3: is empty"
    assert str(Problem(what="nothing to do")) == "nothing to do"


def test_problems_are_raised_together_in_order() -> None:
    """Nothing is raised while problems are collected; then one error holds them all, and is a ValueError too."""
    problems = ProblemList()
    problems.raise_if_any()
    problems.add("first", file="a.csv")
    problems.extend([Problem(what="second"), Problem(what="third")])
    assert [problem.what for problem in problems] == ["first", "second", "third"]
    with pytest.raises(ValueError, match="3 problems") as caught:
        problems.raise_if_any()
    assert isinstance(caught.value, InputError)
    assert len(caught.value.problems) == len(problems) == 3
    assert str(caught.value).count("\n") == 3


@pytest.mark.parametrize(
    ("word", "known", "hint"),
    [
        ("hosptial", ["hospital", "clinic"], "did you mean 'hospital'?"),
        ("社区卫生服务中", ["社区卫生服务中心", "卫生院"], "did you mean '社区卫生服务中心'?"),
        ("zzz", ["drive", "walk"], "one of: drive, walk"),
        ("zzz", [], None),
        ("zzz", [f"name{i}" for i in range(41)], None),
    ],
)
def test_hints_name_the_closest_word_or_the_few_there_are(word: str, known: list[str], hint: str | None) -> None:
    """A near miss is named; else the words there are, unless they are too many to read."""
    assert did_you_mean(word, known) == hint
