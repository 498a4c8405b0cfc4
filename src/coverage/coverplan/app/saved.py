"""Scenarios in a folder: one YAML file each, which `coverplan compare` reads too; whole or not at all."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from coverplan.app.answers import told
from coverplan.app.complaints import problem
from coverplan.app.desks import NoSuchThingError
from coverplan.app.drafts import DESK
from coverplan.app.edits import as_data, as_yaml
from coverplan.core.atomic import write_text
from coverplan.core.errors import InputError, ProblemList
from coverplan.core.model import Study
from coverplan.inputs.yaml import load_yaml
from coverplan.scenarios.edits import Open, Scenario
from coverplan.scenarios.read import read_scenario

Data = dict[str, Any]

SCENARIO_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,59}")
MOST_SCENARIOS = 2000
_SUFFIX = ".yaml"
_LEFT_OVER_S = 3600.0


@dataclass(frozen=True, kw_only=True)
class Saved:
    """Where the scenarios of one study are kept."""

    folder: Path
    study: Study

    def path(self, scenario_id: str) -> Path:
        """Return the file of a scenario; its name is nothing but the identifier.

        Raises
        ------
        NoSuchThingError
            When it could not be the identifier of a scenario.
        """
        if not SCENARIO_ID.fullmatch(scenario_id):
            raise NoSuchThingError(problem("no_scenario_id", "scenario"))
        return self.folder / f"{scenario_id}{_SUFFIX}"

    def names(self) -> list[str]:
        """Return the identifiers of all scenarios, in order."""
        if not self.folder.is_dir():
            return []
        found = (path.stem for path in self.folder.glob(f"*{_SUFFIX}") if path.is_file())
        return sorted(name for name in found if SCENARIO_ID.fullmatch(name))[:MOST_SCENARIOS]

    def lines(self) -> list[Data]:
        """Return what the list of scenarios says of each; a file that cannot be read says so among its problems."""
        found = []
        for name in self.names():
            try:
                found.append(self._line(name))
            except OSError:
                continue  # deleted by somebody else in the meantime
        return found

    def _line(self, name: str) -> Data:
        path, problems = self.path(name), ProblemList()
        saved = datetime.fromtimestamp(path.stat().st_mtime, tz=UTC).isoformat(timespec="seconds")
        data = load_yaml(path, problems).data
        head: Data = data if isinstance(data, dict) else {}
        edits = head.get("edits") or head.get("措施") or []
        return {
            "scenario": name,
            "name": str(head.get("name") or name),
            "note": str(head.get("note") or ""),
            "n_edits": len(edits) if isinstance(edits, list) else 0,
            "saved": saved,
            "problems": [told(problem) for problem in problems],
        }

    def read(self, scenario_id: str) -> Scenario:
        """Read a scenario and hold it against the study.

        Raises
        ------
        NoSuchThingError
            When there is none of that name.
        InputError
            When something in the file is wrong.
        """
        path = self.path(scenario_id)
        if not path.is_file():
            raise NoSuchThingError(problem("no_scenario", "scenario", scenario=scenario_id))
        return _at_desk(read_scenario(path, self.study))

    def content(self, scenario_id: str) -> Data:
        """Return a scenario with its edits as JSON."""
        scenario = self.read(scenario_id)
        return {**self._line(scenario_id), "edits": [as_data(edit) for edit in scenario.edits]}

    def save(self, scenario: Scenario, *, over: bool = True) -> Path:
        """Write a scenario: beside its place first, then renamed; whatever stood there is whole until then.

        Raises
        ------
        InputError
            When one of that name is there and may not be replaced, or there are too many.
        """
        path = self.path(scenario.scenario_id)
        if path.exists() and not over:
            raise InputError([problem("scenario_exists", "scenario", scenario=scenario.scenario_id)])
        if not path.exists() and len(self.names()) >= MOST_SCENARIOS:
            raise InputError([problem("too_many_scenarios", "scenario", most=MOST_SCENARIOS)])
        return write_text(path, as_yaml(scenario))

    def delete(self, scenario_id: str) -> None:
        """Delete a scenario; NoSuchThingError when there is none."""
        path = self.path(scenario_id)
        if not path.is_file():
            raise NoSuchThingError(problem("no_scenario", "scenario", scenario=scenario_id))
        path.unlink(missing_ok=True)

    def tidy(self) -> None:
        """Take away what saves left that were cut off by a crash: files that never took their place."""
        if not self.folder.is_dir():
            return
        for path in self.folder.glob(f".*{_SUFFIX}.*.part"):
            if time.time() - path.stat().st_mtime > _LEFT_OVER_S:
                path.unlink(missing_ok=True)


def _at_desk(scenario: Scenario) -> Scenario:
    """Return a scenario whose new facilities are called as those that a desk opens."""
    own = scenario.scenario_id
    edits = tuple(
        replace(edit, facility_id=f"{DESK}/{edit.name}")
        if isinstance(edit, Open) and edit.facility_id == f"{own}/{edit.name}"
        else edit
        for edit in scenario.edits
    )
    return replace(scenario, edits=edits)
