"""Long work tells how far it is, can be stopped, and there is never too much of it."""

import threading

import pytest

from coverplan.app.jobs import BusyError, Job, Jobs
from coverplan.core.errors import Cancelled, InputError, Problem


def ended(job: Job) -> Job:
    """Wait until work has ended."""
    pause = threading.Event()
    while job.ended is None:
        pause.wait(0.01)
    return job


def test_work_tells_how_far_it_is_and_hands_over_its_result() -> None:
    """Progress, best plan, bound and gap come through; its file goes when the server closes."""
    jobs, seen = Jobs(workers=1), []

    def work(job: Job) -> int:
        job.already = 100.0
        job.advance(3, 9)
        job.message("best so far 1,250, bound 1,500, gap 20.00%, 1 s")
        seen.append(job.told())
        path = jobs.place(job, ".txt")
        path.write_text("x")
        job.file = path
        return 7

    job = ended(jobs.start("test", work))
    assert (job.status, job.told()["result"]) == ("done", 7)
    (told,) = seen
    assert (told["done"], told["of"], told["incumbent"], told["bound"], told["gap"]) == (3, 9, 1150, 1400, 250 / 1150)
    assert told["message"]["en"] == "best so far: 1,150 more people, at most 1,400, gap 21.74%"
    assert told["result"] is None
    assert job.file is not None
    assert job.file.is_file()
    jobs.close()
    assert not job.file.exists()


def test_work_can_be_stopped() -> None:
    """What asks whether to go on ends as cancelled; what waits in the queue never begins."""
    jobs, began = Jobs(workers=1), threading.Event()

    def work(job: Job) -> None:
        began.set()
        job.stop.wait(20)
        if job.cancelled():
            raise Cancelled("stopped")

    first, second = jobs.start("test", work), jobs.start("test", lambda _: pytest.fail("it began"))
    began.wait(20)
    second.stop.set()
    first.stop.set()
    assert [ended(job).status for job in (first, second)] == ["cancelled", "cancelled"]
    jobs.close()


def test_what_goes_wrong_is_told_and_harms_no_other() -> None:
    """Mistakes of the user and faults of ours end the job, not the server."""
    jobs = Jobs(workers=1)

    def mistaken(_: Job) -> None:
        raise InputError([Problem(what="no such thing", column="k", hint="another")])

    def broken(_: Job) -> None:
        raise ZeroDivisionError("oh")

    job = ended(jobs.start("test", mistaken))
    assert job.status == "failed"
    assert (job.problems[0]["field"], job.problems[0]["what"]["en"]) == ("k", "no such thing")
    job = ended(jobs.start("test", broken))
    assert job.status == "failed"
    assert "ZeroDivisionError" in job.problems[0]["what"]["zh"]
    assert ended(jobs.start("test", lambda _: 1)).status == "done"
    jobs.close()


def test_too_much_work_is_refused() -> None:
    """Beyond the queue's length the answer is: later."""
    jobs = Jobs(workers=1, most_waiting=1)
    held = [jobs.start("test", lambda job: job.stop.wait(20)) for _ in range(2)]
    with pytest.raises(BusyError):
        jobs.start("test", lambda _: None)
    for job in held:
        job.stop.set()
        ended(job)
    assert ended(jobs.start("test", lambda _: None)).status == "done"
    jobs.close()
