"""What is luck: every known answer judged with many seeds, and the cells and checks whose verdict changes with the seed.

.venv/bin/python benchmarks/luck.py                                # all exercises: an hour or two
.venv/bin/python benchmarks/luck.py matmul linear --seeds 50
"""

import argparse
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

COURSE = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(COURSE))

from tests.test_corpus import EXERCISES, corpus, examined  # noqa: E402


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("exercises", nargs="*", metavar="EXERCISE", help="all where none is named")
    parser.add_argument("--seeds", type=int, default=20, help="how many, from 1 on")
    args = parser.parse_args()
    for exercise in args.exercises or EXERCISES:
        for line in luck(exercise, range(1, args.seeds + 1)):
            print(line, flush=True)
        print(f"{exercise}: done with {args.seeds} seeds", file=sys.stderr, flush=True)


def luck(exercise: str, seeds: range) -> Iterator[str]:
    """Each answer and check that ends otherwise with another seed, each answer that is named otherwise, and what can't be judged."""
    ends: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for seed in seeds:
        for folder in ("wrong", "right"):
            for answer, report, failed, _ in examined(exercise, corpus(folder, exercise), seed):
                name = f"{folder}/{exercise}.{answer.id}"
                for check, status in failed.items():
                    ends[name, check][status] += 1
                for cell in report.cells:
                    if cell.status != "passed":
                        ends[name, f"the points of {cell.id}"]["lost"] += 1
                told = {cell.diagnosis["id"] for cell in report.cells if cell.diagnosis}
                ends[name, "the name told"][", ".join(sorted(told)) or "none"] += 1
    for (name, what), counts in ends.items():
        if counts.total() < len(seeds) or len(counts) > 1 or "unjudged" in counts:
            passed = len(seeds) - counts.total()
            yield f"{name} {what}: " + ", ".join(
                f"{n} {end}" for end, n in [*counts.items(), ("passed", passed)] if n
            )


if __name__ == "__main__":
    main()
