"""Everything that the planner itself refuses is said in both languages."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import coverplan.app
from coverplan.app.complaints import COMPLAINTS, Told, problem
from coverplan.core.errors import did_you_mean

ROOM = Path(coverplan.app.__file__).parent
SAID_IN_THE_TERMINAL = {"door.py", "run.py"}
"""What stops `coverplan serve` before there is a page; terminals are told in English, as by every other command."""

HAN = re.compile(r"[\u4e00-\u9fff]")
SLOT = re.compile(r"\{(\w+)\}")


def calls() -> Iterator[tuple[str, ast.Call, str]]:
    """Yield every call in the room: the file, the call, and the name of what is called."""
    for path in sorted(ROOM.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                yield path.name, node, ast.unparse(node.func)


@pytest.mark.parametrize("code", COMPLAINTS)
def test_every_complaint_is_said_in_chinese_and_in_english(code: str) -> None:
    """Both sentences and both hints are there, in their language, and name the same things."""
    said = COMPLAINTS[code]
    assert HAN.search(said.what["zh"])
    assert not HAN.search(said.what["en"])
    assert bool(said.hint["zh"]) == bool(said.hint["en"])
    assert not said.hint["zh"] or HAN.search(said.hint["zh"])
    for pair in (said.what, said.hint):
        assert set(SLOT.findall(pair["zh"])) == set(SLOT.findall(pair["en"]))


def test_nothing_is_refused_but_by_a_complaint() -> None:
    """No file of the planner words a problem of its own, where nobody would see that it has no Chinese."""
    words = {"Problem", "problems.add", "ValueError", "HTTPException"}
    found = [f"{file}:{call.lineno}" for file, call, name in calls() if name in words]
    assert [one for one in found if one.partition(":")[0] not in SAID_IN_THE_TERMINAL] == []


def test_every_complaint_is_used_and_every_one_used_is_there() -> None:
    """The codes in the code are those of the list, each with what stands in its braces."""
    used = set()
    for file, call, name in calls():
        if name != "problem":
            continue
        code = ast.literal_eval(call.args[0])
        given = {one.arg for one in call.keywords}
        wanted = set(SLOT.findall(COMPLAINTS[code].what["zh"] + COMPLAINTS[code].hint["zh"]))
        assert None in given or given - {"hint"} == wanted, f"{file}:{call.lineno}"
        used.add(code)
    assert used == set(COMPLAINTS)


def test_a_hint_of_another_room_is_said_in_chinese_too() -> None:
    """What `did_you_mean` suggests is not lost on the way."""
    told = problem("no_period", "period", hint=did_you_mean("rsh", ["rush", "night"]), period="rsh")
    assert isinstance(told, Told)
    assert (told.hint, told.hint_zh) == ("did you mean 'rush'?", "是否为“rush”？")
    assert problem("no_period", "period", hint=None, period="rsh").hint is None
