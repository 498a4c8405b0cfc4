"""What answers the interface: one study, its drafts, desks, saved scenarios and long work."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from itertools import count
from math import isfinite
from pathlib import Path
from typing import Any

from coverplan.app.complaints import plain_text, problem
from coverplan.app.desks import Desk, Desks, Version, look, stepped, with_edits
from coverplan.app.drafts import DESK, Content, Drafts, Kept
from coverplan.app.drag import dragged
from coverplan.app.forms import CompareIn, DragIn, ExportIn, SaveIn, SuggestIn
from coverplan.app.ground import ground_data, study_data
from coverplan.app.jobs import Job, Jobs
from coverplan.app.saved import Saved
from coverplan.app.state import state
from coverplan.app.suggest import Wish, suggest
from coverplan.app.uploads import as_edits, report, sites_of
from coverplan.app.verdicts import verdicts_data
from coverplan.app.work import SUFFIXES, compare, export
from coverplan.app.world import Question, World, open_world
from coverplan.core.errors import InputError, did_you_mean
from coverplan.core.model import Study
from coverplan.core.progress import SILENT, Progress
from coverplan.roads.network import Network
from coverplan.scenarios.edits import Scenario
from coverplan.standards.findings import reading_key
from coverplan.standards.rules import RulePack
from coverplan.travel.router import Router

Data = dict[str, Any]

_MOST_VERDICTS = 24


class Planner:
    """One study with everything that people do on it; several threads may ask at once."""

    def __init__(self, world: World, *, scenarios: str | Path) -> None:
        self.world = world
        self.drafts = Drafts(world)
        self.desks = Desks(self.drafts)
        self._verdicts: Kept[Data] = Kept(_MOST_VERDICTS)
        self.saved = Saved(folder=Path(scenarios), study=world.study)
        self.saved.tidy()
        self.jobs = Jobs()
        base = self.drafts.draft(Content(year=world.study.year))
        self.study_json = _as_json(study_data(base))
        self.ground_json = _as_json(ground_data(base))

    @classmethod
    def of(
        cls,
        study: Study,
        network: Network,
        *,
        scenarios: str | Path,
        packs: tuple[RulePack, ...] | None = None,
        routers: Mapping[str, Router] | None = None,
        compiled: bool = True,
        progress: Progress = SILENT,
    ) -> Planner:
        """Make a study ready: its rules are read, and everybody's way is measured once.

        With `compiled` the compiled searches are loaded too, where they are kept ready (`coverplan.warm_up`), so that
        the first drag is as quick as the next.

        Raises
        ------
        InputError
            When a rule pack is wrong or missing.
        """
        progress.message("reading the rules")
        planner = cls(open_world(study, network, packs=packs, routers=routers), scenarios=scenarios)
        progress.message("measuring everybody's way")
        base = planner.drafts.draft(Content(year=study.year))
        deciding = planner.world.deciding({})
        for done, question in enumerate(deciding):
            base.count(question)
            if compiled:
                base.make_quick(question)
            progress.advance(done + 1, len(deciding))
        return planner

    def close(self) -> None:
        """Stop long work, and take away what it wrote."""
        self.jobs.close()

    def __enter__(self) -> Planner:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def begin(self, scenario: str | None = None, name: str = "") -> Desk:
        """Begin a desk, with the edits of a saved scenario when one is named.

        Raises
        ------
        NoSuchThingError
            When there is no such scenario.
        InputError
            When something in its file is wrong.
        """
        if scenario is None:
            return self.desks.begin(name=name)
        saved = self.saved.read(scenario)
        return self.desks.begin(saved.edits, name=name or saved.name, scenario=scenario)

    def state(self, desk: Desk, rule_id: str | None = None) -> Data:
        """Return a desk as the page sees it."""
        return state(desk, look(desk, self.drafts, rule_id))

    def cleared(self, desk: Desk) -> Desk:
        """Return a desk without edits and options, in the study's own year; one step for undo."""
        return stepped(desk, Version(content=Content(year=self.world.study.year)))

    def drag(self, desk: Desk, asked: DragIn) -> Data:
        """Return the quick view with a facility at the pointer.

        Raises
        ------
        InputError
            When it is not said what is dragged, or the place lies outside the study area.
        """
        if (asked.facility_id is None) == (asked.kind is None):
            raise InputError([problem("facility_or_kind", "facility_id")])
        view = look(desk, self.drafts, asked.rule)
        at = (asked.at[0], asked.at[1])
        return dragged(view, at, facility_id=asked.facility_id, kind=asked.kind, vehicles=asked.vehicles)

    def verdicts(self, desk: Desk) -> Data:
        """Return every rule in full; takes seconds the first time for what the desk holds."""
        content, options = desk.now.content, desk.now.options
        draft, base = self.drafts.draft(content), self.drafts.base(content)
        key = (content.mark, tuple(sorted(options.items())))
        told = self._verdicts.once(key, lambda: verdicts_data(draft.assessment(options), base.assessment(options)))
        return {"revision": desk.revision, **told}

    def upload(self, desk_id: str, content: bytes, kind: str) -> tuple[Desk, Data]:
        """Open the proposed sites of an uploaded table at a desk, as one step; all of them or none.

        Raises
        ------
        InputError
            With everything that is wrong with the table.
        """
        sites = sites_of(content, self.world.study)
        edits = as_edits(sites, kind)
        desk = self.desks.change(desk_id, lambda desk: with_edits(desk, self.drafts, edits))
        told = [edit["open"] for edit in edits]
        return desk, {"report": report(sites, len(content)), "sites": told}

    def suggest(self, desk: Desk, asked: SuggestIn) -> Job:
        """Begin to look for sites.

        Raises
        ------
        InputError, NoSuchThingError
            When the rule or reading does not hold single people against a limit.
        """
        question = self._question(desk, asked)
        draft = self.drafts.draft(desk.now.content)
        wish = Wish(kind=asked.kind, k=asked.k, seconds=asked.seconds, area_id=asked.area, spacing_m=asked.spacing_m)

        def work(job: Job) -> Data:
            within = draft.count(question).people_within
            job.already = within if isfinite(within) else 0.0
            return suggest(draft, question, wish, job)

        return self.jobs.start("suggest", work)

    def _question(self, desk: Desk, asked: SuggestIn) -> Question:
        shown = look(desk, self.drafts, asked.rule).shown
        if shown is None:
            raise InputError([problem("no_rule_of_people", "rule")])
        if asked.reading is None:
            return shown
        key = reading_key(shown.rule.rule_id, asked.reading)
        if key not in self.world.questions:
            hint = did_you_mean(asked.reading, [one.name for one in shown.rule.readings])
            given = {"reading": plain_text(asked.reading), "rule": shown.rule.rule_id}
            raise InputError([problem("no_reading", "reading", hint=hint, **given)])
        return self.world.questions[key]

    def export(self, desk: Desk, asked: ExportIn) -> Job:
        """Begin to write a file: the map, the workbook, the document, map layers or the scenario of a desk."""
        draft = self.drafts.draft(desk.now.content)
        scenario = self.scenario_of(desk, desk.scenario or DESK)
        name = f"{self.world.study.study_id}-{desk.scenario or DESK}-{asked.what}{SUFFIXES[asked.what]}"

        def work(job: Job) -> Data:
            path = self.jobs.place(job, SUFFIXES[asked.what])
            job.message(f"writing {name}")
            job.file = export(
                draft, asked.what, path, scenario=scenario, language=asked.language, options=desk.now.options, job=job
            )
            return {"file": f"/api/jobs/{job.job_id}/file", "name": name}

        return self.jobs.start("export", work)

    def compare(self, asked: CompareIn) -> Job:
        """Begin to hold saved scenarios and desks against the base.

        Raises
        ------
        InputError, NoSuchThingError
            When one of them is not there, or cannot be read.
        """
        year = asked.year or self.world.study.year
        cases = [self.saved.read(name) for name in dict.fromkeys(asked.scenarios)]
        taken = {case.scenario_id for case in cases}
        for i, desk_id in enumerate(dict.fromkeys(asked.desks), 1):
            desk = self.desks.desk(desk_id)
            cases.append(self.scenario_of(desk, next(n for k in count(i) if (n := f"desk-{k}") not in taken)))
            taken.add(cases[-1].scenario_id)
        if not cases:
            raise InputError([problem("nothing_to_compare", "scenarios")])
        drafts = [self.drafts.draft(Content(year=year, edits=case.edits)) for case in cases]
        base = self.drafts.draft(Content(year=year))
        return self.jobs.start("compare", lambda job: compare(base, list(zip(cases, drafts, strict=True)), job))

    def scenario_of(self, desk: Desk, scenario_id: str, *, name: str = "", note: str = "") -> Scenario:
        """Return a desk's edits as a scenario."""
        called = name or desk.name or scenario_id
        return Scenario(scenario_id=scenario_id, name=called, name_en=called, note=note, edits=desk.now.content.edits)

    def save(self, scenario_id: str, asked: SaveIn) -> Desk:
        """Save a desk's edits as a scenario.

        Raises
        ------
        InputError
            When there is one of that name that may not be replaced.
        """

        def work(desk: Desk) -> Desk:
            scenario = self.scenario_of(desk, scenario_id, name=asked.name, note=asked.note)
            self.saved.save(scenario, over=asked.replace)
            return replace(desk, scenario=scenario_id, name=scenario.name, revision=desk.revision + 1)

        return self.desks.change(asked.desk_id, work)


def _as_json(data: Data) -> bytes:
    return json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode("utf-8", "replace")
