"""The HTTP interface: what may be asked, and which function answers."""

from __future__ import annotations

import json
import mimetypes
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from time import perf_counter
from typing import Annotated, Any

from fastapi import FastAPI, Query, Request, Response, UploadFile
from fastapi import Path as InPath
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException

from coverplan import __version__
from coverplan.app import forms
from coverplan.app.answers import as_problems, misfit, told
from coverplan.app.complaints import Told, plain_text, problem
from coverplan.app.desks import NoSuchThingError, redone, undone, with_edits, with_settings, without_edit
from coverplan.app.docs_page import docs_page
from coverplan.app.edits import names_of
from coverplan.app.guard import MOST_UPLOAD, Gate, Guard, Refusal
from coverplan.app.jobs import BusyError, Job
from coverplan.app.planner import Planner
from coverplan.core.errors import InputError
from coverplan.core.words import KINDS

PAGE = Path(__file__).parent / "page"
ASSETS = Path(__file__).parents[1] / "outputs" / "assets"

DeskId = Annotated[str, InPath(pattern=forms.DESK_ID, max_length=64)]
ScenarioId = Annotated[str, InPath(pattern=forms.SCENARIO_ID, max_length=60)]
KindAsked = Annotated[str, Query(max_length=40, description="what the sites would be, a facility kind")]
RuleAsked = Annotated[str | None, Query(max_length=60, description="the rule whose people `covered` shows")]

_WRONG: dict[int | str, dict[str, Any]] = {
    code: {"model": forms.Problems, "description": text}
    for code, text in (
        (400, "The request cannot be read."),
        (401, "The token is missing."),
        (403, "Another site asks."),
        (404, "There is no such thing."),
        (409, "It is not ready, or would take the place of something."),
        (413, "The request is too large."),
        (415, "The request is of the wrong type."),
        (421, "The Host header names another server."),
        (422, "Something in the request is wrong; every field is named."),
        (429, "Too much is being worked on."),
    )
}


def create_app(planner: Planner, gate: Gate | None = None) -> FastAPI:
    """Make the web application of a planner.

    Parameters
    ----------
    planner
        What answers; `coverplan.app.planner.Planner`.
    gate
        Who may ask; anybody on this machine unless given.

    Examples
    --------
    >>> import tempfile, coverplan as cp
    >>> study = cp.read_study(cp.sample_config())
    >>> planner = Planner.of(study, cp.build_network(study), scenarios=tempfile.mkdtemp())
    >>> create_app(planner).title
    'coverplan'
    """
    app = FastAPI(
        title="coverplan",
        version=__version__,
        description="The planner's HTTP interface: desks, edits, drags, verdicts, scenarios, exports.",
        docs_url=None,
        redoc_url=None,
        responses=_WRONG,
    )
    _handlers(app)
    _study_routes(app, planner)
    _desk_routes(app, planner)
    _work_routes(app, planner)
    _scenario_routes(app, planner)
    _pages(app)
    app.add_middleware(Guard, gate=gate or Gate())  # pyright: ignore[reportArgumentType] - a class of ASGI apps
    return app


def _json(data: Any, status: HTTPStatus = HTTPStatus.OK) -> Response:
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return Response(text.encode("utf-8", "replace"), status_code=int(status), media_type="application/json")


def _problems(problems: list[dict[str, Any]], status: HTTPStatus) -> Response:
    return _json({"problems": problems}, status)


def _handlers(app: FastAPI) -> None:
    @app.exception_handler(InputError)
    async def _wrong(_: Request, error: InputError) -> Response:
        return _problems(as_problems(error), HTTPStatus.UNPROCESSABLE_ENTITY)

    @app.exception_handler(NoSuchThingError)
    async def _nothing(_: Request, error: NoSuchThingError) -> Response:
        return _problems([told(error.problem)], HTTPStatus.NOT_FOUND)

    @app.exception_handler(BusyError)
    async def _busy(_: Request, __: BusyError) -> Response:
        return _problems([told(problem("busy"))], HTTPStatus.TOO_MANY_REQUESTS)

    @app.exception_handler(RequestValidationError)
    async def _unfit(_: Request, error: RequestValidationError) -> Response:
        return _problems([misfit(one) for one in error.errors()], HTTPStatus.UNPROCESSABLE_ENTITY)

    @app.exception_handler(HTTPException)
    async def _refused(_: Request, error: HTTPException) -> Response:
        status = HTTPStatus(error.status_code)
        wrong = error.problem if isinstance(error, Refusal) else told(_plainly(status, error))
        answer = _problems([wrong], status)
        for name, value in (error.headers or {}).items():
            answer.headers[name] = value
        return answer


def _plainly(status: HTTPStatus, error: HTTPException) -> Told:
    if status is HTTPStatus.NOT_FOUND:
        return problem("no_address")
    if status is HTTPStatus.METHOD_NOT_ALLOWED:
        return problem("no_method")
    return problem("unreadable", text=plain_text(str(error.detail)))


def _study_routes(app: FastAPI, planner: Planner) -> None:
    @app.get("/api/health", response_model=forms.Health, tags=["study"])
    def health() -> Response:
        """Say whether the server is there."""
        return _json({"ok": True, "version": __version__})

    @app.get("/api/study", response_model=forms.JsonData, tags=["study"])
    def study() -> Response:
        """Return the study in words: rules with their quotations, kinds, years, parts of the week."""
        return Response(planner.study_json, media_type="application/json")

    @app.get("/api/ground", response_model=forms.JsonData, tags=["study"])
    def ground() -> Response:
        """Return what the map draws and never changes: towns, main roads, water, and where people live."""
        return Response(planner.ground_json, media_type="application/json")


def _desk_routes(app: FastAPI, planner: Planner) -> None:
    @app.post("/api/desks", response_model=forms.State, status_code=201, tags=["desks"])
    def begin(body: forms.DeskIn, rule: RuleAsked = None) -> Response:
        """Begin a desk of one's own, empty or with a saved scenario."""
        return _json(planner.state(planner.begin(body.scenario, body.name), rule), HTTPStatus.CREATED)

    @app.get("/api/desks/{desk_id}", response_model=forms.State, tags=["desks"])
    def state(desk_id: DeskId, rule: RuleAsked = None) -> Response:
        """Return a desk: edits, facilities, figures."""
        return _json(planner.state(planner.desks.desk(desk_id), rule))

    @app.delete("/api/desks/{desk_id}", status_code=204, tags=["desks"])
    def end(desk_id: DeskId) -> Response:
        """Clear a desk away."""
        planner.desks.end(desk_id)
        return Response(status_code=int(HTTPStatus.NO_CONTENT))

    @app.post("/api/desks/{desk_id}/edits", response_model=forms.State, tags=["desks"])
    def edit(desk_id: DeskId, body: forms.EditsIn, rule: RuleAsked = None) -> Response:
        """Make edits, all or none; one step for undo."""
        before = planner.desks.desk(desk_id).now.content.edits
        desk = planner.desks.change(desk_id, lambda desk: with_edits(desk, planner.drafts, body.edits))
        return _json({**planner.state(desk, rule), "names": names_of(before, desk.now.content.edits)})

    @app.delete("/api/desks/{desk_id}/edits/{index}", response_model=forms.State, tags=["desks"])
    def unedit(desk_id: DeskId, index: Annotated[int, InPath(ge=0, le=10_000)], rule: RuleAsked = None) -> Response:
        """Take one edit out; one step for undo."""
        desk = planner.desks.change(desk_id, lambda desk: without_edit(desk, planner.drafts, index))
        return _json(planner.state(desk, rule))

    @app.put("/api/desks/{desk_id}/settings", response_model=forms.State, tags=["desks"])
    def settings(desk_id: DeskId, body: forms.SettingsIn, rule: RuleAsked = None) -> Response:
        """Look at another year or part of the week, choose other readings, give the desk a name."""
        given = body.model_dump(exclude_unset=True)
        desk = planner.desks.change(desk_id, lambda desk: with_settings(desk, planner.drafts, given))
        return _json(planner.state(desk, rule))

    _stepping_routes(app, planner)

    @app.post("/api/desks/{desk_id}/drag", response_model=forms.DragOut, tags=["desks"])
    def drag(desk_id: DeskId, body: forms.DragIn) -> Response:
        """Return the quick view with a facility at the pointer; nothing is kept."""
        began = perf_counter()
        shown = planner.drag(planner.desks.desk(desk_id), body)
        return _json({"seq": body.seq, **shown, "ms": round((perf_counter() - began) * 1000, 2)})

    @app.get("/api/desks/{desk_id}/verdicts", response_model=forms.JsonData, tags=["desks"])
    def verdicts(desk_id: DeskId) -> Response:
        """Return every rule in full; may take seconds the first time."""
        return _json(planner.verdicts(planner.desks.desk(desk_id)))


def _stepping_routes(app: FastAPI, planner: Planner) -> None:
    steps: dict[str, tuple[Callable[[Any], Any], str]] = {
        "undo": (undone, "Undo the last step; nothing happens when there is none."),
        "redo": (redone, "Do again what was undone last."),
        "reset": (planner.cleared, "Take every edit and option back, as one step."),
    }
    for name, (how, text) in steps.items():
        _step_route(app, planner, name, how, text)


def _step_route(app: FastAPI, planner: Planner, name: str, how: Callable[[Any], Any], text: str) -> None:
    @app.post(f"/api/desks/{{desk_id}}/{name}", response_model=forms.State, tags=["desks"], description=text, name=name)
    def step(desk_id: DeskId, rule: RuleAsked = None) -> Response:
        return _json(planner.state(planner.desks.change(desk_id, how), rule))


def _work_routes(app: FastAPI, planner: Planner) -> None:
    @app.post("/api/desks/{desk_id}/sites", response_model=forms.SitesOut, tags=["desks"])
    def sites(desk_id: DeskId, file: UploadFile, kind: KindAsked = "ems_station", rule: RuleAsked = None) -> Response:
        """Open the proposed sites of a workbook or CSV file, as one step; all of them or none."""
        if kind not in KINDS:
            raise InputError([problem("not_a_kind", "kind", kind=plain_text(kind), known=", ".join(KINDS))])
        content = file.file.read(MOST_UPLOAD + 1)
        if len(content) > MOST_UPLOAD:
            wrong = problem("file_too_large", "file", most=f"{MOST_UPLOAD / 1e6:.0f}")
            return _problems([told(wrong)], HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        desk, report = planner.upload(desk_id, content, kind)
        return _json({**report, "state": planner.state(desk, rule)})

    @app.post("/api/desks/{desk_id}/suggest", response_model=forms.JobOut, status_code=202, tags=["work"])
    def suggest(desk_id: DeskId, body: forms.SuggestIn) -> Response:
        """Look for the best places for more facilities; the result comes with a bound."""
        return _json(planner.suggest(planner.desks.desk(desk_id), body).told(), HTTPStatus.ACCEPTED)

    @app.post("/api/desks/{desk_id}/export", response_model=forms.JobOut, status_code=202, tags=["work"])
    def export(desk_id: DeskId, body: forms.ExportIn) -> Response:
        """Write the map, the workbook, the document, map layers or the scenario of a desk."""
        return _json(planner.export(planner.desks.desk(desk_id), body).told(), HTTPStatus.ACCEPTED)

    @app.post("/api/compare", response_model=forms.JobOut, status_code=202, tags=["work"])
    def compare(body: forms.CompareIn) -> Response:
        """Hold saved scenarios and desks against the base."""
        return _json(planner.compare(body).told(), HTTPStatus.ACCEPTED)

    _job_routes(app, planner)


def _job_routes(app: FastAPI, planner: Planner) -> None:
    @app.get("/api/jobs/{job_id}", response_model=forms.JobOut, tags=["work"])
    def job(job_id: DeskId) -> Response:
        """Say how far long work is, and what came of it."""
        return _json(_job(planner, job_id).told())

    @app.delete("/api/jobs/{job_id}", response_model=forms.JobOut, tags=["work"])
    def cancel(job_id: DeskId) -> Response:
        """Ask long work to stop; a search for sites still comes back with its best plan."""
        found = _job(planner, job_id)
        found.stop.set()
        return _json(found.told())

    @app.get("/api/jobs/{job_id}/file", response_class=FileResponse, tags=["work"])
    def file(job_id: DeskId) -> Response:
        """Download what was written."""
        found = _job(planner, job_id)
        if found.status != "done" or found.file is None or not found.file.is_file():
            return _problems([told(problem("no_file", "job_id"))], HTTPStatus.CONFLICT)
        return FileResponse(found.file, filename=found.result["name"], media_type="application/octet-stream")


def _job(planner: Planner, job_id: str) -> Job:
    found = planner.jobs.find(job_id)
    if found is None:
        raise NoSuchThingError(problem("no_job", "job_id"))
    return found


def _scenario_routes(app: FastAPI, planner: Planner) -> None:
    @app.get("/api/scenarios", response_model=list[forms.ScenarioLine], tags=["scenarios"])
    def scenarios() -> Response:
        """List the saved scenarios."""
        return _json(planner.saved.lines())

    @app.get("/api/scenarios/{scenario}", response_model=forms.ScenarioOut, tags=["scenarios"])
    def scenario(scenario: ScenarioId) -> Response:
        """Return a saved scenario with its edits."""
        return _json(planner.saved.content(scenario))

    @app.put("/api/scenarios/{scenario}", response_model=forms.ScenarioOut, tags=["scenarios"])
    def save(scenario: ScenarioId, body: forms.SaveIn) -> Response:
        """Save a desk's edits as a scenario file, which `coverplan compare` reads too."""
        planner.save(scenario, body)
        return _json(planner.saved.content(scenario))

    @app.delete("/api/scenarios/{scenario}", status_code=204, tags=["scenarios"])
    def delete(scenario: ScenarioId) -> Response:
        """Delete a saved scenario."""
        planner.saved.delete(scenario)
        return Response(status_code=int(HTTPStatus.NO_CONTENT))


def _pages(app: FastAPI) -> None:
    # What a machine calls these is its own affair; a browser that is told not to guess needs to be told right.
    for kind, suffix in (("text/javascript", ".js"), ("text/css", ".css"), ("image/svg+xml", ".svg")):
        mimetypes.add_type(kind, suffix)

    @app.get("/docs", include_in_schema=False)
    def docs() -> Response:
        return Response(docs_page(app.openapi()), media_type="text/html; charset=utf-8")

    @app.get("/", include_in_schema=False)
    def page() -> Response:
        index = PAGE / "index.html"
        if not index.is_file():
            return Response(docs_page(app.openapi()), media_type="text/html; charset=utf-8")
        return Response(index.read_bytes(), media_type="text/html; charset=utf-8")

    app.mount("/static/leaflet", StaticFiles(directory=ASSETS / "leaflet"), name="leaflet")
    app.mount("/static/page", StaticFiles(directory=PAGE, check_dir=False), name="page")
