"""Files that are none of the student's business, and traps left in the sandbox's own folder."""

from attack import Attack


def reads(what: str, path: str) -> Attack:
    return Attack(
        f"reads {what}",
        f"""
import ctypes, glob, os
for path in glob.glob({path!r}) or [{path!r}]:
    for read in (lambda: open(path, "rb").read(100), lambda: os.read(os.open(path, os.O_RDONLY), 100),
                 lambda: os.listdir(path), lambda: os.readlink(path)):
        try:
            print("PWNED", path, read())
        except OSError as error:
            print(error.strerror)
""",
    )


secret = reads("a file of the grader's user", "SECRET")
passwords = reads("/etc/passwd", "/etc/passwd")
hidden = reads("the hidden checks", "COURSE/tests/hidden/*")
hidden_folder = reads("the folder of hidden checks", "COURSE/tests/hidden")
source = reads("the reference solutions", "COURSE/source/*/*.ipynb")
course = reads("the course's folder", "COURSE")
gradebook = reads("the gradebook", "COURSE/gradebook.db")
submitted = reads("other submissions", "COURSE/submitted")
home = reads("the home folder", "/root")
proc_environment = reads("the environment of every process", "/proc/*/environ")
proc_memory = reads("the memory of its parent", "/proc/1/mem")
proc_root = reads("files by way of /proc/1/root", "/proc/1/root/etc/passwd")
proc_files = reads("open files of other processes", "/proc/*/fd/*")
devices = reads("disks and memory", "/dev/[ksvm][mdv]*")
climbing = reads("files by climbing out of its folder", "../../../../../../../../etc/passwd")
compiled = reads("compiled hidden checks", "COURSE/tests/hidden/__pycache__/*")


def writes(what: str, path: str) -> Attack:
    return Attack(
        f"writes {what}",
        f"""
import os, site, sys, proctor, torch
places = {path!r}
for place in places if isinstance(places, list) else [places]:
    for make in (lambda: open(place, "w").write("x"), lambda: os.mkdir(place), lambda: os.symlink("x", place),
                 lambda: os.truncate(place, 0), lambda: os.rename("x", place)):
        try:
            make()
            print("PWNED", place)
        except OSError:
            pass
""",
    )


outside = writes("beside the secret", "OUTSIDE/NEWFILE")
over_secret = writes("over the secret", "SECRET")
over_checks = writes("over the hidden checks", "COURSE/tests/hidden/test_03_softmax.py")
over_gradebook = writes("over the gradebook", "COURSE/gradebook.db")
temporary = writes("to /tmp and /dev/shm", ["/tmp/NEWFILE", "/var/tmp/NEWFILE", "/dev/shm/NEWFILE"])
beside = writes("into the folder of all sandboxes", "../NEWFILE")

packages = Attack(
    "writes into proctor, torch and site-packages",
    """
import os, proctor, torch
for module in (proctor, torch, os):
    folder = os.path.dirname(module.__file__)
    for path in (os.path.join(folder, "NEWFILE"), module.__file__):
        try:
            open(path, "a").close()
            os.utime(path)
            print("PWNED", path)
        except OSError:
            pass
""",
)
shadow = Attack(
    "leaves a torch of its own in the sandbox's folder, for whoever imports from there",
    """
import os
os.mkdir("torch")
open("torch/__init__.py", "w").write("open('OUTSIDE/NEWFILE', 'w')")
open("conftest.py", "w").write("open('OUTSIDE/NEWFILE', 'w')")
open("pytest.ini", "w").write("[pytest]")
""",
)
database = Attack(
    "updates the gradebook",
    """
import sqlite3
database = sqlite3.connect("COURSE/gradebook.db")
database.execute("UPDATE grade SET manual_score = 100")
print("PWNED")
""",
)
symlinks = Attack(
    "leaves symbolic links to what it can't read",
    """
import os
os.symlink("SECRET", "secret.txt")
os.symlink("OUTSIDE", "folder")
os.symlink("COURSE/tests/hidden", "hidden")
""",
)
hard_links = Attack(
    "links what it can't read into its folder",
    """
import ctypes, os
for link in (lambda: os.link("SECRET", "linked"), lambda: os.rename("SECRET", "moved")):
    try:
        link()
        print("PWNED")
    except OSError:
        pass
""",
)
swapped_links = Attack(
    "swaps a folder for a link, to and fro, while its files are being kept",
    """
import ctypes, os, threading
os.makedirs("d")
open("d/secret.txt", "w").close()
for i in range(300):
    open(f"d/a{i}", "w").close()
os.symlink("OUTSIDE", "e")
rename = ctypes.CDLL(None).syscall
def swap():
    while True:
        rename(316, -100, b"d", -100, b"e", 2)  # renameat2 with RENAME_EXCHANGE
for _ in range(2): threading.Thread(target=swap, daemon=True).start()
""",
)
pipes = Attack(
    "leaves pipes and sockets, at which a reader would wait",
    """
import os, socket
for make in (lambda: os.mkfifo("pipe"), lambda: os.mknod("device"), lambda: socket.socket(socket.AF_UNIX).bind("s")):
    try:
        make()
        print("PWNED")
    except OSError:
        pass
""",
)
deep_folders = Attack(
    "leaves 1,500 folders inside each other",
    """
import os
here = os.getcwd()
for _ in range(1_500):
    os.mkdir("d")
    os.chdir("d")
os.chdir(here)
""",
)
locked_folder = Attack(
    "leaves folders that may not be entered",
    "import os\nos.makedirs('a/b')\nopen('a/b/c', 'w').close()\nos.mkdir('a/locked', 0)\nos.mkdir('locked', 0)",
)
odd_names = Attack(
    "leaves files with names that aren't text",
    """
import os
for name in (b"\\xff\\xfe", b"a\\nb", b"-rf", b"x" * 255, "\\u202egnp.exe".encode(), b"nul\\x7f"):
    open(name, "w").close()
""",
)
sparse_file = Attack(
    "leaves files that claim to be large",
    "for i in range(20):\n    with open(f'hole{i}', 'wb') as file: file.truncate(20_000_000)",
)
submission_file = Attack(
    "leaves another submission in its folder",
    "open('softmax.ipynb', 'w').write('PWNED')\nopen('03-softmax.ipynb', 'w').write('PWNED')",
)
handles = Attack(
    "opens files by handle",
    """
import ctypes
if ctypes.CDLL(None).syscall(304, -100, ctypes.create_string_buffer(136), 0) >= 0: print("PWNED")
""",
)
