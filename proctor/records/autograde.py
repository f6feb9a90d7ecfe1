"""nbgrader's autograding in a sandbox: a preprocessor that stands where nbgrader's `Execute` stood.

nbgrader has by then put the locked cells back from the gradebook. The cells run in a sandbox; the hidden checks that a
graded cell names run out here; the verdict becomes that cell's output in nbgrader's own terms.
"""

import os
import time
from pathlib import Path
from typing import Any

from nbformat import NotebookNode
from nbformat.v4 import new_output
from nbgrader.preprocessors import Execute
from nbgrader.utils import is_grade
from traitlets import Bool

from proctor.course import HIDDEN, Assignment, assignments, find_course, grade_id
from proctor.course.report import Report, Status, Verdict, readable
from proctor.errors import NoSandbox
from proctor.examine.outcome import Outcome
from proctor.records.gradebook import run_of
from proctor.records.intake import Job
from proctor.records.stale import contents, made_of, points
from proctor.records.store import apply_first_predictions, seed_of
from proctor.sandbox.cell import Limits, limits_in
from proctor.sandbox.files import FOLDER, files_in, left_behind, within_limits, write_files
from proctor.submission import code_cells, is_python, restored
from proctor.submission.clean import RENDERING, SHOWN, clean_cell, clean_metadata, clean_outputs, error, size


class Examine(Execute):
    """Runs a notebook in a sandbox and judges its graded cells by the hidden checks that they name.

    Takes nbgrader's options of `Execute`, the timeout among them. A graded cell that names no hidden check gets what
    nbgrader would give it; a notebook for another kernel than Python's runs as nbgrader would run it.
    """

    trust_students = Bool(
        False, help="Grade even where the sandbox can't keep the hidden checks from the student's code."
    ).tag(config=True)

    draw_all = Bool(False, help="Run the course's own figures and visible checks for every student, too.").tag(
        config=True
    )

    def preprocess(self, nb: NotebookNode, resources: dict, km: Any = None) -> tuple[NotebookNode, dict]:
        if not is_python(nb):
            return super().preprocess(nb, resources, km)
        job = getattr(run_of(self), "job", None) or self._job(nb, resources)
        if job is not None and job.has_run:
            _count_again(nb, job)
            return nb, resources
        folder = Path(resources.get("metadata", {}).get("path") or ".")
        if job is None:
            # imports PyTorch, which whoever only records does without
            from proctor.examine.run import run_cells

            sources, beside = [cell.source for cell in code_cells(nb)], files_in(folder)
            if "nbgrader" in resources:
                beside = within_limits(beside, files_in(self._submitted(resources), FOLDER))
            found = run_cells(sources, beside, self.limits, self.trust_students)
        else:
            self._identify(job, resources)
            found = self._outcome(job)
        if found is None:
            assert job is not None, "cells that no check judges run, or raise"
            self._refuse(nb, job)
            return nb, resources
        if job is not None and found.report is not None:
            key = resources["nbgrader"]["student"], resources["nbgrader"]["assignment"]
            apply_first_predictions(Path(run_of(self).coursedir.root), key, found.report, job.made_of["checks"])
        others = [name for name in write_files(found.files, folder) if not name.endswith(".pyc")]
        if others and job is not None:
            job.notes.append(left_behind(others))
        if others and (job is None or job.outcome is None):
            self.log.warning("%s", left_behind(others))
        self._record(nb, found, job)
        self._make_harmless(nb, job.submission.assignment if job else None)
        return nb, resources

    def _identify(self, job: Job, resources: dict) -> None:
        """Gives a job what `proctor grade` gives it before it runs: its seed, and what its grade is made of."""
        if not job.made_of:
            facts, folder = resources["nbgrader"], self._submitted(resources)
            root = Path(run_of(self).coursedir.root)
            job.seed = seed_of(root, facts["student"], facts["assignment"], contents(folder))
            job.made_of = made_of(folder, job.submission.assignment, self.terms)

    def _outcome(self, job: Job) -> Outcome | None:
        """What the submission came to; None where it can't be read, or can't be run."""
        if job.outcome is not None or job.submission.unreadable or job.unjudged:
            return job.outcome
        from proctor.examine.run import run_submission

        assert job.seed is not None, "it is identified"
        try:
            return run_submission(job.submission, self.limits, job.seed, self.trust_students, self.draw_all)
        except NoSandbox as error:
            self.log.error("%s; it is recorded as unjudged: autograde it again", error)
            job.unjudged = str(error)
            return None

    @property
    def limits(self) -> Limits:
        return limits_in(f"cell={self.timeout or Limits.notebook},{os.environ.get('PROCTOR_LIMITS', '')}")

    @property
    def terms(self) -> str:
        """What of the configuration a grade depends on."""
        return repr(self.limits)

    def _job(self, nb: NotebookNode, resources: dict) -> Job | None:
        """The job where `Intake` hasn't taken the notebook in; None where no cell of it names hidden checks."""
        assignment = assignments(find_course()).get(resources.get("nbgrader", {}).get("assignment"))
        if assignment is None or not any(HIDDEN.search(cell.source) for cell in code_cells(nb)):
            return None
        folder = Path(resources.get("metadata", {}).get("path") or ".")
        return Job(restored(nb, assignment, files_in(folder)))

    def _submitted(self, resources: dict) -> Path:
        """The folder in which the submission was handed in."""
        facts, coursedir = resources["nbgrader"], run_of(self).coursedir
        return Path(coursedir.format_path(coursedir.submitted_directory, facts["student"], facts["assignment"]))

    def _refuse(self, nb: NotebookNode, job: Job) -> None:
        """Every graded cell of a submission that could not be read, or not be run, fails, and says why."""
        status: Status = "unjudged" if job.unjudged else "unreadable"
        reason = f"the notebook that was handed in could not be read: {job.submission.unreadable}"
        if job.unjudged:
            reason = "the grader could not run this notebook, and will try again; tell your instructor"
        report = Report("", job.submission.assignment.name, job.seed or 0, {})
        for cell in filter(is_grade, code_cells(nb)):
            facts = cell.metadata.nbgrader
            report.cells.append(Verdict(facts.grade_id, 0.0, float(facts.points), status, readable(reason)))
            _judged(cell, report.cells[-1])
        _keep_report(nb, report, job)

    def _record(self, nb: NotebookNode, found: Outcome, job: Job | None) -> None:
        verdicts, left = {cell.id: cell for cell in found.report.cells} if found.report else {}, SHOWN
        for count, (cell, run) in enumerate(zip(code_cells(nb), found.cells, strict=True), 1):
            cell.execution_count = count
            cell.outputs = clean_outputs(run.done.outputs, left) if run.done else []
            left -= sum(map(size, cell.outputs))
            if run.done and run.done.error_name and not any(output.output_type == "error" for output in cell.outputs):
                cell.outputs.append(error(run.done.error_name, run.done.error_message))
            verdict = verdicts.get(grade_id(cell) or "")
            if is_grade(cell) and verdict is not None:
                _judged(cell, verdict)
        _keep_report(nb, found.report, job, found.seconds)

    def _make_harmless(self, nb: NotebookNode, assignment: Assignment | None) -> None:
        """Cleans what the student wrote; the course's own cells stay as they are."""
        ours, left = assignment.released_sources if assignment else set(), RENDERING
        for cell in nb.cells:
            if cell.source not in ours:
                began = time.thread_time()
                clean_cell(cell, left)
                left -= time.thread_time() - began


def _keep_report(nb: NotebookNode, report: Report | None, job: Job | None, seconds: float = 0.0) -> None:
    """Puts the report into the notebook's metadata, in the place of the student's own; without checks, what else is known."""
    clean_metadata(nb)
    if job is not None:
        # what could not be run is graded again
        made_of = {} if job.unjudged else job.made_of
        more = {"notes": list(map(readable, job.notes)), "made_of": made_of, "seconds": round(seconds, 3)}
        # the student's part of the notes
        more["told"] = list(map(readable, job.submission.notes))
        nb.metadata["proctor"] = (report.as_dict() if report else {}) | more


def _count_again(nb: NotebookNode, job: Job) -> None:
    """Gives the verdicts of a notebook that was graded before the points that its cells are worth now."""
    worth = points(job.submission.assignment)
    for cell in nb.cells:
        if (name := grade_id(cell)) in worth:
            cell.metadata.nbgrader.points = worth[name]
    report = nb.metadata.get("proctor", {})
    for cell in report.get("cells", []):
        now = worth.get(cell["id"], cell["max_score"])
        cell["score"] = (
            now * cell["score"] / cell["max_score"] if cell["max_score"] else now * (cell["status"] == "passed")
        )
        cell["max_score"] = now
    nb.metadata["proctor"] = report | {
        "score": sum(cell["score"] for cell in report.get("cells", [])),
        "max_score": sum(cell["max_score"] for cell in report.get("cells", [])),
        "made_of": job.made_of,
    }


def _judged(cell: NotebookNode, verdict: Verdict) -> None:
    """Leaves of a graded cell's outputs what was printed or drawn, and says the verdict as nbgrader reads it."""
    cell.outputs = [output for output in cell.outputs if output.output_type == "display_data" or _is_stdout(output)]
    if verdict.status != "passed":
        cell.outputs.append(error(verdict.status, verdict.text))
    elif verdict.given:
        cell.outputs.append(new_output("stream", name="stdout", text=f"{verdict.message}\n"))


def _is_stdout(output: NotebookNode) -> bool:
    return output.output_type == "stream" and output.name == "stdout"
