"""What the README shows is what happens."""

import re
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def readme(root: Path) -> str:
    """The README's text."""
    return (root / "README.md").read_text(encoding="utf-8")


def test_the_script_of_ten_lines_runs(readme: str, root: Path, tmp_path: Path) -> None:
    """The script in the README runs as it stands and leaves a map."""
    script = re.search(r"```python\n(.*?)```", readme, flags=re.DOTALL)
    assert script is not None
    lines = [line for line in script[1].splitlines() if line.strip()]
    assert len(lines) <= 10
    for folder in ("configs", "data"):
        (tmp_path / folder).symlink_to(root / folder)
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", script[1]], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    assert (tmp_path / "out" / "map.html").stat().st_size > 100_000


def test_every_link_of_the_documents_leads_somewhere(root: Path) -> None:
    """Relative links in the documents point at files that exist."""
    for page in [root / "README.md", root / "NOTICE.md", *(root / "docs").glob("*.md"), *(root / "data").rglob("*.md")]:
        for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_the_table_of_commands_is_whole(readme: str) -> None:
    """Every command the program has stands in the README."""
    from coverplan.cli.entry import app

    commands = {name for name in app if not name.startswith("-")}
    assert commands == set(re.findall(r"^\| `coverplan (\w+)", readme, flags=re.MULTILINE))
