"""What proctor uses of nbgrader's gradebook, whose own columns tell a type checker nothing of what a row holds."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.engine import Engine
from sqlalchemy.orm import Mapped, Session, scoped_session

class MissingEntry(ValueError): ...

class Assignment:
    id: Mapped[str]
    name: Mapped[str]
    duedate: Mapped[datetime | None]
    notebooks: Mapped[list[Notebook]]
    submissions: Mapped[list[SubmittedAssignment]]
    max_score: Mapped[float]

class Notebook:
    assignment_id: str
    id: Mapped[str]
    source_cells: Mapped[list[SourceCell]]
    grade_cells: Mapped[list[GradeCell]]
    task_cells: Mapped[list[TaskCell]]
    solution_cells: Mapped[list[BaseCell]]

class BaseCell:
    id: Mapped[str]
    name: Mapped[str]

class SourceCell:
    name: Mapped[str]
    source: Mapped[str]
    locked: Mapped[bool]
    checksum: Mapped[str]

class GradeCell:
    id: Mapped[str]
    name: Mapped[str]
    max_score: Mapped[float]

class TaskCell:
    id: Mapped[str]
    name: Mapped[str]
    max_score: Mapped[float]

class Student:
    id: Mapped[str]
    first_name: Mapped[str | None]
    last_name: Mapped[str | None]
    email: Mapped[str | None]
    lms_user_id: Mapped[str | None]

class SubmittedAssignment:
    def __init__(self, **columns: Any) -> None: ...
    id: Mapped[str]
    name: str
    assignment: Mapped[Assignment]
    assignment_id: Mapped[str]
    student: Mapped[Student]
    student_id: Mapped[str]
    timestamp: Mapped[datetime | None]
    extension: Mapped[timedelta | None]
    notebooks: Mapped[list[SubmittedNotebook]]
    score: Mapped[float]
    max_score: Mapped[float]
    late_submission_penalty: Mapped[float | None]
    needs_manual_grade: Mapped[bool]
    total_seconds_late: float

class SubmittedNotebook:
    def __init__(self, **columns: Any) -> None: ...
    id: Mapped[str]
    student: Student
    score: Mapped[float]
    assignment: Mapped[SubmittedAssignment]
    assignment_id: Mapped[str]
    name: Mapped[str]
    grades: Mapped[list[Grade]]
    comments: Mapped[list[Comment]]
    late_submission_penalty: Mapped[float | None]

class Comment:
    name: Mapped[str]
    auto_comment: Mapped[str | None]
    manual_comment: Mapped[str | None]
    comment: Mapped[str | None]
    notebook_id: Mapped[str]

class Grade:
    name: Mapped[str]
    extra_credit: Mapped[float | None]
    cell_id: Mapped[str]
    notebook_id: Mapped[str]
    auto_score: Mapped[float | None]
    manual_score: Mapped[float | None]
    score: Mapped[float]
    max_score: Mapped[float]
    needs_manual_grade: Mapped[bool]

class Gradebook:
    engine: Engine
    db: scoped_session[Session]

    def __init__(self, db_url: str, course_id: str = ...) -> None: ...
    def __enter__(self) -> Gradebook: ...
    def __exit__(self, *exc: object) -> None: ...
    @property
    def students(self) -> list[Student]: ...
    @property
    def assignments(self) -> list[Assignment]: ...
    def find_assignment(self, name: str) -> Assignment: ...
    def update_or_create_assignment(self, name: str, **facts: Any) -> Assignment: ...
    def find_notebook(self, notebook: str, assignment: str) -> Notebook: ...
    def find_student(self, student_id: str) -> Student: ...
    def find_submission(self, assignment: str, student: str) -> SubmittedAssignment: ...
    def find_grade(
        self, grade_cell: str, notebook: str, assignment: str, student: str
    ) -> Grade: ...
    def find_comment(
        self, solution_cell: str, notebook: str, assignment: str, student: str
    ) -> Comment: ...
    def find_submission_notebook(
        self, notebook: str, assignment: str, student: str
    ) -> SubmittedNotebook: ...
    def assignment_submissions(self, name: str) -> list[SubmittedAssignment]: ...
    def update_or_create_student(self, name: str, **facts: Any) -> Student: ...
    def update_or_create_submission(
        self, assignment: str, student: str, **facts: Any
    ) -> SubmittedAssignment: ...
