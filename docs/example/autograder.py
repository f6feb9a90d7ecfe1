"""Grades a submission of 03-softmax with proctor, and writes result.json for Classroom 50."""

import subprocess
import sys
from pathlib import Path

# your course, as pip installs it: a repository, or the address of a wheel
PROCTOR = "proctor @ git+https://github.com/YOU/YOUR-COURSE@v1"
NO_CUDA = "--extra-index-url=https://download.pytorch.org/whl/cpu"

subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", NO_CUDA, PROCTOR], check=True)

command = [Path(sys.executable).with_name("proctor"), "check", "--assignment", "03-softmax"]
notebooks = sorted(map(str, Path().glob("**/*.ipynb")))
done = subprocess.run(
    [*command, "--format", "classroom50", *notebooks], stdout=subprocess.PIPE, text=True
)
if not done.stdout:
    sys.exit("proctor could not grade; its messages are above")
Path("result.json").write_text(done.stdout, encoding="utf-8")
