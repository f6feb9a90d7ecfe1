"""Commands for questions about one's own code: quiz-sheets, quiz-marks, quiz."""

from pathlib import Path

import click

from proctor.cli.group import class_course, main, one_named
from proctor.text import printable, shown


@main.command("quiz-sheets")
@click.argument("assignment")
@click.option("--exercise", default="", metavar="NAME", help="Questions about this exercise only.")
@click.option(
    "--student", default="", metavar="ID", help="Make the sheet, and the key, of this student only."
)
@click.option(
    "--number",
    type=click.IntRange(1, 10),
    default=4,
    show_default=True,
    help="Questions on a sheet, at most.",
)
@click.option("--seed", type=int, default=0, help="Draw other questions.")
def quiz_sheets(assignment: str, exercise: str, student: str, number: int, seed: int) -> None:
    """Write a sheet of questions for each student about their own passing code, and a key for who
    marks.

    The sheets are pages to print, quiz/ASSIGNMENT/STUDENT.html; key.html and key.csv lie beside
    them.
    """
    from proctor.quiz.files import write_sheets

    found = one_named(class_course(), assignment, exercise)
    for sheet in write_sheets(found, student, exercise, number, seed):
        count = len(sheet.rows)
        click.echo(f"{shown(sheet.student)}: {count} question{'s' * (count != 1)}")
    click.echo(
        f"{found.course / 'quiz' / found.name}: the key is key.html, and key.csv for 'proctor quiz-marks'"
    )


@main.command("quiz-marks")
@click.argument("assignment")
@click.argument("answers", type=click.Path(path_type=Path, exists=True, dir_okay=False))
def quiz_marks(assignment: str, answers: Path) -> None:
    """Compare answers with the key: ANSWERS is a CSV file with the columns student, question,
    answer.

    Writes quiz-marks.csv, with the columns student, right, asked, score.
    """
    from proctor.quiz.files import mark

    click.echo(f"{mark(one_named(class_course(), assignment), answers)}")


@main.command()
@click.argument("exercise")
@click.option("--seed", type=int, help="Draw this question; by default a new one.")
def quiz(exercise: str, seed: int | None) -> None:
    """Answer one question about your own code for an exercise that has passed."""
    from proctor.course import find_course
    from proctor.grading.student import fresh_seed
    from proctor.quiz.sheets import draw_sheet
    from proctor.selfstudy.exercises import exercise_named, notebook_of
    from proctor.selfstudy.progress import Progress
    from proctor.submission import read

    assignment, exercise = exercise_named(find_course(), exercise)
    progress = Progress()
    if progress.of(assignment.name, exercise).status != "passed":
        raise click.ClickException(
            f"{exercise} has not passed yet: 'proctor check --exercise {exercise}' checks it"
        )
    path = notebook_of(assignment, progress, None)
    seed = fresh_seed() if seed is None else seed
    sheet = draw_sheet(assignment, "", read(path).notebook, [exercise], 1, seed)
    if not sheet.parts:
        raise click.ClickException(
            f"there is no question about {exercise} in {path}: {'; '.join(sheet.notes)}"
        )
    (part,) = sheet.parts
    (question,) = part.questions
    letters = "ABCD"[: len(question.choices)]
    lines = [f"{number:3}  {line}" for number, line in enumerate(part.code.lines, 1)]
    if part.given:
        lines.append(f"\nBefore each call:\n{part.given}")
    lines.append(f"\n{question.text}")
    if question.beside:
        lines.append(f"\n{question.beside}\n")
    lines += [f"  {letter}  {choice}" for letter, choice in zip(letters, question.choices)]
    click.echo(printable("\n".join(lines)))
    answer = click.prompt("\nYour answer", type=click.Choice([*letters], case_sensitive=False))
    right = letters[question.choices.index(question.right)]
    verdict = "Right" if answer.upper() == right else f"It is {right}"
    click.echo(printable(f"{verdict}: {question.why}."))
