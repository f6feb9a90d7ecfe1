"""docs/jupyterhub.md and docs/serve.md on a JupyterHub, in a browser: `python tests/serve/hub.py`, as root on Linux.

Users, their homes, the exchange and all else that the pages have one write lie in namespaces of this run's own, and are
gone with it; so are its processes. Only the hub's environment stays, in build/hub; remove it to have it made anew. Needs
util-linux, useradd, Chromium, and configurable-http-proxy (`npm install configurable-http-proxy`, and its path in PROXY);
the first run needs a package index. PYTHON is a Python that ordinary users may run. Not a test of the suite, for it takes
minutes and all that.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

COURSE = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(COURSE), str(COURSE / "tests" / "browser"), str(COURSE / "tests" / "docs")]

from lab import PATIENCE, browser, menu  # noqa: E402
from playwright.sync_api import Browser, Locator, Page, expect  # noqa: E402
from steps import steps  # noqa: E402

from proctor.answers import put, solved  # noqa: E402
from proctor.course import assignments  # noqa: E402

NAME, NOTEBOOK = "03-softmax", "softmax.ipynb"
BUILT, HUB, SHOTS = COURSE / "build" / "hub", Path("/opt/hub"), COURSE / "build" / "hub-screens"
HOME, EXCHANGE = Path("/home/teach/tiny-llm-math"), Path("/srv/nbgrader/exchange")
USERS = ("teach", "ada", "ben")
ADDRESS = "http://127.0.0.1:8000"
FEEDBACK = EXCHANGE / "tiny-llm-math" / "feedback"
# what the pages write into; the run's own copy of each is in memory
PRIVATE = ("/etc", "/home", "/srv", "/opt", "/usr/local")
PYTHON = os.environ.get("PYTHON", f"/usr/bin/python3.{sys.version_info.minor}")
PROXY = os.environ.get("PROXY", "configurable-http-proxy")
# what any hub has
CONFIG = f"""c = get_config()
c.JupyterHub.bind_url = {ADDRESS!r}
c.ConfigurableHTTPProxy.command = [{shutil.which(PROXY)!r}]
c.Authenticator.allowed_users = set({USERS!r})
c.Spawner.start_timeout = c.Spawner.http_timeout = 300
c.Spawner.environment = {{"OMP_NUM_THREADS": "1"}}
"""


def main() -> None:
    if os.geteuid():
        sys.exit("this makes users and namespaces: run it as root")
    if not shutil.which(PROXY):
        sys.exit(f"no {PROXY}: 'npm install configurable-http-proxy', and say its path in PROXY")
    if "--inside" in sys.argv:
        way()
        return
    if not (BUILT / "ready").exists():
        BUILT.mkdir(parents=True, exist_ok=True)
        subprocess.run(
            ["unshare", "--mount", sys.executable, __file__, "--inside", "--build"], check=True
        )
    names = ["--mount", "--pid", "--net", "--fork", "--kill-child", "--mount-proc"]
    sys.exit(subprocess.run(["unshare", *names, sys.executable, __file__, "--inside"]).returncode)


def build() -> None:
    """The hub's environment: all that proctor and its course need, and not proctor. PyTorch is copied, if it can be."""
    shell(
        f"mount -t tmpfs tmpfs /opt && mkdir {HUB} && mount --bind {BUILT} {HUB} && {PYTHON} -m venv {HUB}"
    )
    project = tomllib.loads((COURSE / "pyproject.toml").read_text())["project"]
    (site,) = HUB.glob("lib/python*/site-packages")
    (ours,) = (Path(path) for path in sys.path if Path(path, "torch").is_dir())
    if ours.parent.name == site.parent.name:
        # a sandbox sees nothing outside of its environment, and no hard link leads across what is mounted there
        for path in (
            *ours.glob("torch-*"),
            *(ours / name for name in ("torch", "torchgen", "functorch")),
        ):
            shutil.copytree(path, site / path.name)
    needs = ["jupyterhub", *project["dependencies"], *project["optional-dependencies"]["course"]]
    needs += tomllib.loads((COURSE / "pyproject.toml").read_text())["build-system"]["requires"]
    subprocess.run(
        [HUB / "bin" / "pip", "install", "--quiet", "--disable-pip-version-check", *needs],
        check=True,
    )
    (HUB / "ready").touch()


def shell(command: str, user: str = "root", cwd: Path = Path("/")) -> str:
    """What a command says that a user runs in a shell; with its words where it fails."""
    line = [
        "runuser",
        "-u",
        user,
        "--",
        "bash",
        "-ec",
        f"export HOME=~{user}; umask 022; {command}",
    ]
    done = subprocess.run(line, cwd=cwd, capture_output=True, text=True)
    if done.returncode:
        raise AssertionError(f"{user}: {command}\n{done.stdout}{done.stderr}")
    return done.stdout + done.stderr


def say(words: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {words}", flush=True)


def block(page: str, kind: str, begins: str) -> str:
    """The one code block of a page that begins with some words, for the users of this run."""
    blocks = steps(COURSE / "docs" / page)
    (found,) = (step.text for step in blocks if step.kind == kind and step.text.startswith(begins))
    return found.replace("INSTRUCTOR", "teach")


def prepare() -> None:
    """A machine of this run's own, with three users and the course in the instructor's home."""
    os.environ["PATH"] = f"{HUB / 'bin'}:{os.environ['PATH']}"
    shell("ip link set lo up; mount -t tmpfs tmpfs /mnt")
    for number, place in enumerate((*PRIVATE, str(HUB))):
        lower, own = BUILT if place == str(HUB) else place, f"/mnt/{number}"
        options = f"lowerdir={lower},upperdir={own}/upper,workdir={own}/work"
        shell(
            f"mkdir -p {place} {own}/upper {own}/work; mount -t overlay overlay -o {options} {place}"
        )
    for user in USERS:
        shell(
            f"useradd --create-home --shell /bin/bash {user}; echo {user}:{user}-secret | chpasswd"
        )
    HOME.mkdir()
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    files = subprocess.run(
        listed, cwd=COURSE, capture_output=True, text=True, check=True
    ).stdout.split("\0")
    for name in filter(None, files):
        (HOME / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(COURSE / name, HOME / name)
    shell(f"chown -R teach: {HOME}")


def follow() -> None:
    """What docs/jupyterhub.md says to do, by its own blocks."""
    shell(block("jupyterhub.md", "bash", "mkdir"))
    Path("/etc/jupyter").mkdir(exist_ok=True)
    Path("/etc/jupyter/nbgrader_config.py").write_text(
        block("jupyterhub.md", "python", "c = get_config()\nc.CourseDirectory.course_id")
    )
    with (HOME / "nbgrader_config.py").open("a") as file:
        file.write(f"{block('jupyterhub.md', 'python', 'c.Exchange.root')}c.Serve.cool_down = 40\n")
    (HOME.parent / ".jupyter").mkdir()
    (HOME.parent / ".jupyter" / "nbgrader_config.py").write_text(
        block("jupyterhub.md", "python", "c = get_config()\nc.CourseDirectory.root")
    )
    shell(f"chown -R teach: {HOME.parent / '.jupyter'}")
    shell(block("jupyterhub.md", "bash", "chmod 700 /home/INSTRUCTOR"))
    shell(block("jupyterhub.md", "bash", "chmod 700 /home/*"))
    shell("useradd --create-home zoe && stat --format=%a /home/zoe | grep 700")
    shell(block("jupyterhub.md", "bash", "jupyter labextension disable"))
    shell(block("jupyterhub.md", "bash", "jupyter labextension enable"), "teach")


@contextmanager
def hub(name: str, config: str) -> Iterator[None]:
    """A hub, and its end; its log is called so."""
    folder, log = Path("/srv/hub"), SHOTS / f"hub-{name}.log"
    folder.mkdir(mode=0o700, exist_ok=True)
    (folder / "jupyterhub_config.py").write_text(CONFIG + config)
    with log.open("w") as file:
        process = subprocess.Popen(
            [HUB / "bin" / "jupyterhub"], cwd=folder, stdout=file, stderr=file
        )
        try:
            until("the hub", lambda: "JupyterHub is now running" in log.read_text())
            yield
        finally:
            process.terminate()
            process.wait(60)


def until(what: str, seen) -> None:
    began = time.monotonic()
    while not seen():
        if time.monotonic() - began > PATIENCE / 1000:
            raise AssertionError(f"not seen: {what}")
        time.sleep(0.5)


def sign_in(chromium: Browser, user: str, path: str) -> Page:
    """A browser of a user's own, signed in, at an address of theirs."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    page.goto(f"{ADDRESS}/hub/login")
    page.get_by_label("Username").fill(user)
    page.get_by_label("Password").fill(f"{user}-secret")
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(re.compile(f"/user/{user}/"), timeout=PATIENCE)
    page.goto(ADDRESS + path)
    return page


def listed(page: Page, part: str) -> Locator:
    return page.locator(f"#{part}_assignments_list")


def autograde(page: Page, student: str) -> str:
    """Presses the formgrader's Autograde for a student, and says what the page answers."""
    page.goto(f"{ADDRESS}/user/teach/formgrader/manage_submissions/{NAME}")
    row = page.locator("tbody tr").filter(has_text=student)
    row.locator(".autograde a").click()
    answer = page.locator(".modal.in")
    expect(answer).to_contain_text("autograd")
    answer.page.screenshot(path=SHOTS / f"autograde-{student}.png")
    return answer.inner_text()


def way() -> None:
    """The whole way: without proctor, then with it."""
    if "--build" in sys.argv:
        build()
        return
    shutil.rmtree(SHOTS, ignore_errors=True)
    SHOTS.mkdir(parents=True)
    prepare()
    follow()
    say("docs/jupyterhub.md is followed")
    with browser() as chromium:
        try:
            without_proctor(chromium)
            with_proctor(chromium)
        except BaseException:
            for n, page in enumerate(
                page for context in chromium.contexts for page in context.pages
            ):
                page.screenshot(path=SHOTS / f"failed-{n}.png")
            raise


def without_proctor(chromium: Browser) -> None:
    """The formgrader says what is missing."""
    shell(
        f"mkdir -p submitted/ben/{NAME}; cp release/{NAME}/* submitted/ben/{NAME}/", "teach", HOME
    )
    with hub("first", ""):
        said = autograde(sign_in(chromium, "teach", "/user/teach/lab"), "ben")
        assert "proctor is not installed there" in said, said
        say("without proctor, Autograde says what is missing")


def with_proctor(chromium: Browser) -> None:
    install = block("jupyterhub.md", "bash", "/opt/hub/bin/pip").strip()
    # the namespace has no network
    shell(f"{install} --no-deps --no-build-isolation")
    for step in (f"generate_assignment {NAME} --create --force", f"release_assignment {NAME}"):
        shell(f"nbgrader {step}", "teach", HOME)
    with hub("second", block("serve.md", "python", "c.JupyterHub.services")):
        student(chromium)
        instructor(chromium)
        others()


def student(chromium: Browser) -> None:
    """Fetches, hands in, mends and hands in again before the cool-down is over, all by the Assignment List."""
    right = solved(assignments(COURSE)[NAME])
    half = put(
        right,
        "softmax",
        "def softmax(x, dim):\n    return x.exp() / x.exp().sum(dim, keepdim=True)",
    )
    page = sign_in(chromium, "ada", "/user/ada/lab")
    menu(page, "Nbgrader", "Assignment List")
    listed(page, "released").get_by_role("button", name="Fetch", exact=True).click()
    expect(listed(page, "fetched")).to_contain_text(NAME)
    for number, (notebook, told) in enumerate(
        ((half, "27 of 30"), (right, "is graded from"), (None, "30 of 30")), 1
    ):
        began = time.monotonic()
        if notebook:
            Path("/home/ada", NAME, NOTEBOOK).write_text(json.dumps(notebook))
            listed(page, "fetched").get_by_role("button", name="Submit", exact=True).click()
        until(
            f"a page that says {told!r}",
            lambda told=told: any(told in text for text in texts(FEEDBACK)),
        )
        say(f"ada is told {told!r} after {time.monotonic() - began:.1f} s")
        fetch(page, told)
        page.screenshot(path=SHOTS / f"assignments-{number}.png")
    listed(page, "submitted").get_by_text("view feedback").last.click()
    page.get_by_role("listitem", name=re.compile(r"softmax\.html")).dblclick()
    shown = page.frame_locator(".jp-HTMLViewer iframe").locator("body")
    expect(shown).to_contain_text("27 points then, 30 now")
    page.wait_for_timeout(1000)
    page.screenshot(path=SHOTS / "feedback.png")
    menu(page, "Nbgrader")
    expect(page.locator(".lm-Menu-item").filter(has_text="Formgrader")).to_have_count(0)


def texts(folder: Path) -> list[str]:
    return [path.read_text() for path in folder.rglob("*.html")]


def fetch(page: Page, told: str) -> None:
    """Fetches feedback, of which some page says what is told."""
    listed(page, "submitted").get_by_role("button", name="Fetch Feedback").first.click()
    until(
        f"fetched: {told!r}", lambda: any(told in text for text in texts(Path("/home/ada", NAME)))
    )


def instructor(chromium: Browser) -> None:
    """Finds the student's points in the formgrader, and autogrades beside the service."""
    page = sign_in(chromium, "teach", "/user/teach/lab")
    expect(page.get_by_role("tab", name="Launcher").first).to_be_visible()
    menu(page, "Nbgrader")
    expect(page.locator(".lm-Menu-item").filter(has_text="Formgrader")).not_to_have_count(0)
    assert "Success" in (said := autograde(page, "ben")), said
    expect(page.locator("tbody tr").filter(has_text="ada")).to_contain_text("30 / 30")
    say("teach autogrades ben in the formgrader, and finds ada's 30 points")


def others() -> None:
    """Whoever isn't the instructor sees nothing that belongs to another."""
    secrets = [
        HOME,
        HOME / "gradebook.db",
        EXCHANGE / "tiny-llm-math" / "inbound",
        FEEDBACK,
        Path("/home/ada"),
    ]
    for path in secrets:
        refused("ben", f"ls {path}" if path.is_dir() else f"cat '{path}'")
    refused("ben", f"mv {FEEDBACK.parent} {EXCHANGE}/away")
    refused("ben", f"{HUB}/bin/python -c 'import proctor'")
    refused("ben", f"find {HUB} -name _course | grep .")
    say("ben is shown nothing of it")


def refused(user: str, command: str) -> None:
    try:
        said = shell(command, user)
    except AssertionError as error:
        say(str(error).splitlines()[-1])
        return
    raise AssertionError(f"{user} may {command}:\n{said}")


if __name__ == "__main__":
    main()
