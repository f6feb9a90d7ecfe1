"""nbgrader's configuration for this course; read by every nbgrader command that runs in this folder."""

import os
import sys
from importlib.util import find_spec
from pathlib import Path

HERE = Path(__file__).resolve().parent if "__file__" in globals() else Path.cwd()

# nbgrader runs `alembic`, and kernels run `python`, from PATH: let both be this environment's.
os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])

c = get_config()  # noqa: F821

c.CourseDirectory.root = str(HERE)
c.CourseDirectory.course_id = "tiny-llm-math"
c.CourseDirectory.db_url = f"sqlite:///{HERE / 'gradebook.db'}"
# An editor's copy of a notebook holds the solutions: it stays out of the release.
c.CourseDirectory.ignore = [
    ".ipynb_checkpoints",
    "*.pyc",
    "__pycache__",
    "feedback",
    "*.bak",
    "*~",
    ".~*",
]

# The exchange of a class on one machine. On a shared server, name a folder that everybody reaches.
c.Exchange.root = str(HERE / "exchange")
c.Exchange.cache = str(HERE / "exchange" / "cache")
c.Exchange.path_includes_course = False
# where a student of this machine fetches to and submits from
c.Exchange.assignment_dir = str(HERE / "desk")
for folder in (c.Exchange.root, c.Exchange.assignment_dir):
    Path(folder).mkdir(exist_ok=True)
# JupyterLab's Assignment List reads the configuration that lies there.
if not (HERE / "desk" / "nbgrader_config.py").exists():
    (HERE / "desk" / "nbgrader_config.py").write_text(
        'load_subconfig("../nbgrader_config.py")  # noqa: F821\n'
    )

# As nbgrader's own, but that some solution cells hand out something else than the stub.
c.GenerateAssignment.preprocessors = [
    "nbgrader.preprocessors.IncludeHeaderFooter",
    "nbgrader.preprocessors.InstantiateTests",
    "nbgrader.preprocessors.LockCells",
    "nbgrader.preprocessors.ClearSolutions",
    "proctor.records.handout.HandOut",
    "nbgrader.preprocessors.ClearOutput",
    "nbgrader.preprocessors.CheckCellMetadata",
    "nbgrader.preprocessors.ComputeChecksums",
    "nbgrader.preprocessors.SaveCells",
    "nbgrader.preprocessors.ClearHiddenTests",
    "nbgrader.preprocessors.ClearMarkScheme",
    "nbgrader.preprocessors.ComputeChecksums",
    "nbgrader.preprocessors.CheckCellMetadata",
]

# What can't be collected from the exchange is named, and the others are collected; no link in it is followed.
c.ExchangeFactory.collect = "proctor.records.collect.Collect"

# Archives of submissions from Canvas or Moodle, in downloaded/ASSIGNMENT/archive/: `nbgrader zip_collect ASSIGNMENT`.
c.ZipCollectApp.collector_plugin = "proctor.records.archives.FromLMS"

# Whatever was handed in becomes a notebook that can be graded; links and other special files are left out.
c.Autograde.exporter_class = "proctor.records.plugins.Intake"

# Submissions run in a sandbox, out of reach of the hidden checks, and not in a kernel of their own, whatever is listed here.
c.Autograde.autograde_preprocessors = [
    "proctor.records.plugins.Examine",
    "nbgrader.preprocessors.IgnorePattern",
    "nbconvert.preprocessors.ClearMetadataPreprocessor",
    "nbgrader.preprocessors.LimitOutput",
    "proctor.records.plugins.SaveAutoGrades",
    "proctor.records.plugins.AssignLatePenalties",
    "nbgrader.preprocessors.CheckCellMetadata",
]

# A right answer that warns, or a progress bar, writes to stderr, which nbgrader would read as a failure.
c.IgnorePattern.enabled = True
c.IgnorePattern.pattern = r"(?s).*"

# A graded cell that a student deleted comes back, and earns what it earns.
c.OverwriteCells.add_missing_cells = True

# Numbers printed by a graded cell are read as partial credit; ours print none, and end in a call that returns None.
c.Execute.timeout = 60
c.ClearSolutions.code_stub = {"python": "# YOUR CODE HERE\nraise NotImplementedError()"}

# Students read what was misunderstood, exercise by exercise, and not the names of hidden checks.
c.GenerateFeedback.exporter_class = "proctor.records.feedback_page.FeedbackPage"
c.GenerateFeedback.preprocessors = [
    "proctor.records.feedback_page.HideChecks",
    "proctor.records.feedback_page.Summary",
    "nbconvert.preprocessors.CSSHTMLHeaderPreprocessor",
]

# A submission that didn't come through the exchange is named, and the others' feedback released.
c.ExchangeFactory.release_feedback = "proctor.records.release.ReleaseFeedback"

# An assignment that isn't there is an error, rather than an empty file.
c.ExportApp.plugin_class = "proctor.records.exports.Rows"

# The formgrader shows formulas without a network, too, and whatever a student wrote within seconds.
c.HTMLExporter.filters = {
    "markdown2html": "proctor.records.feedback_page.with_formulas",
    "strip_files_prefix": "proctor.records.feedback_page.as_it_is",
    "highlight_code": "proctor.records.feedback_page.highlight_code",
    "ansi2html": "proctor.records.feedback_page.ansi2html",
    "clean_html": "proctor.records.feedback_page.clean",
}

# Where nbgrader runs without proctor, the formgrader's buttons say what is missing, and nothing is graded without walls.
if find_spec("proctor") is None:
    from nbconvert.exporters import NotebookExporter

    class NoProctor(NotebookExporter):
        def __init__(self, **options):
            how = f"'{sys.prefix}/bin/pip install --editable {HERE}'"
            raise ModuleNotFoundError(
                f"nbgrader runs in {sys.prefix}, and proctor is not installed there: {how}"
            )

    for section in ("ExchangeFactory", "ZipCollectApp", "ExportApp", "HTMLExporter"):
        del c[section]
    for section in ("GenerateAssignment", "Autograde", "GenerateFeedback"):
        del c[section]
        c[section].exporter_class = NoProctor
