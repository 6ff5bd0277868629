"""Runs the command blocks of documentation pages and compares what they print with what is shown.

usage: pages.py UPNAS SOURCE [--port SHOWN=REAL ...] PAGE.md...

A page is read in this way:

  ```sh            commands: a line that begins with "$ ", or with "NAME$ " for a person of that
                   name, who has a folder and a home of their own. Other lines continue it. A
                   command that ends in "&" runs until the page ends.
  ```text          directly below: what these commands print. A line "..." stands for any lines,
                   "..." inside a line for any characters.
  The file `NAME`: directly above a fenced block: the block is written to that file.
  *Not run by the tests: REASON.*                     above a ```sh block
  *Run by the tests where python3 has NAME, NAME.*    above a ```sh block

Compared exactly is all that is the same in every run. Times, rates, sizes, names of runs and
machines, digests and compilers are replaced by a word on both sides first (see plain()).

Each page runs in a folder of its own, with configs/ and the program at build/upnas, which is also
in the PATH. When several pages begin with the same command it is run once, and the others start
with the store and the files that it left.
"""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time

FENCE = re.compile(r"^```(\w*)$")
PROMPT = re.compile(r"^(\w*)\$ (.*)")
NOT_RUN = re.compile(r"^\*Not run by the tests: (.+)\*$")
WHERE = re.compile(r"^\*Run by the tests where python3 has ([\w, ]+)\.\*$")
FILE = re.compile(r"`([\w./-]+)`.*:$")
PYTHON = "/usr/bin/python3"
PORT = re.compile(r"(?:127\.0\.0\.1|localhost):(\d{4,5})")


class Block:
    def __init__(self, line, language, above):
        self.line, self.language, self.above, self.text, self.shown = line, language, above, [], None


def blocks(path):
    """The fenced blocks of a page; a text block joins the commands it stands below."""
    out, block, above = [], None, ""
    for number, line in enumerate(open(path, encoding="utf-8").read().split("\n"), 1):
        fence = FENCE.match(line)
        if block is None and fence:
            block = Block(number, fence.group(1), above)
        elif block is not None and line == "```":
            below = out and out[-1].language == "sh" and out[-1].shown is None and not above
            if block.language == "text" and below:
                out[-1].shown = block.text
            elif block.language == "text":
                sys.exit(f"{path}:{block.line}: output without commands above it")
            else:
                out.append(block)
            block, above = None, ""
        elif block is not None:
            block.text.append(line)
        elif line.startswith("```"):
            sys.exit(f"{path}:{number}: a fence that no test reads")
        elif line.strip():
            above = line
    if block is not None:
        sys.exit(f"{path}:{block.line}: a block that does not end")
    return out


def commands(block, path):
    found = []
    for line in block.text:
        prompt = PROMPT.match(line)
        if prompt:
            found.append([prompt.group(1), prompt.group(2)])
        elif found:
            found[-1][1] += "\n" + line
        else:
            sys.exit(f"{path}:{block.line}: a sh block begins with '$ '")
    return found


# ---- comparing ----

VOLATILE = [
    (r"\b\d{8}-\d{6}\.\d{3}-[0-9a-f]{6}\b", "RUN"),
    (r"\b\d{4}-\d\d-\d\dT[\d:.]+Z", "WHEN"),
    (r"\b[0-9a-f]{32,64}\b", "DIGEST"),
    (r"\b\d+(\.\d+)?/s\b", "RATE"),
    (r"\b\d+:\d\d (min|h)\b|\b\d+(\.\d+)? (s|h|days)\b", "TIME"),
    (r"\b\d+(\.\d+)? ([KMGT]i)?B\b", "SIZE"),
    (r"^( *)(by +)?(blas|compiler|cpu|host|libc|os|user):? .*", r"\1\2\3"),
    (r"^( *by +)\S+ on \S+", r"\1SOMEBODY"),
    (r"file://\S+", "FOLDER"),
]
PROGRESS = re.compile(r"^(\w+) +\.\.\. \d")


def settled(lines):
    """Lines of progress depend on speed: out they go, and the notes below them go to the end of the
    node, where they stand when it is quick."""
    out, held, node = [], [], None
    for line in lines:
        progress = PROGRESS.match(line)
        if progress:
            node = progress.group(1)
        elif node and line.startswith("           "):
            held.append(line)
        else:
            out.append(line)
            if node and line.startswith(node + " "):
                out += held
                held, node = [], None
    return out + held


def plain(lines):
    out = []
    for line in settled(lines):
        for pattern, word in VOLATILE:
            line = re.sub(pattern, word, line)
        out.append(re.sub(r" +", " ", line).rstrip())
    while out and not out[-1]:
        out.pop()
    return out


def same(shown, printed):
    if "..." not in shown:
        return shown == printed
    return re.fullmatch(".*".join(re.escape(p) for p in shown.split("...")), printed) is not None


def first_difference(shown, printed):
    """None, or the shown line that was not printed where it should be."""
    at, gap = 0, False
    for line in shown:
        if line == "...":
            gap = True
            continue
        while gap and at < len(printed) and not same(line, printed[at]):
            at += 1
        if at == len(printed) or not same(line, printed[at]):
            return line
        at, gap = at + 1, False
    return None if gap or at == len(printed) else "(nothing more than that)"


# ---- running ----

def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return str(s.getsockname()[1])


def listens(port):
    with socket.socket() as s:
        return s.connect_ex(("127.0.0.1", int(port))) == 0


class Page:
    def __init__(self, path, upnas, source, ports):
        self.path, self.source, self.behind = path, source, []
        self.folder = os.path.join(os.getcwd(), os.path.basename(path)[:-3])
        self.ports, self.ran, self.left = dict(ports), 0, []
        os.makedirs(os.path.join(self.folder, "build"))
        os.symlink(upnas, os.path.join(self.folder, "build", "upnas"))
        if os.path.exists(PYTHON): # the one that Debian's packages are for
            os.symlink(PYTHON, os.path.join(self.folder, "build", "python3"))
        shutil.copytree(os.path.join(source, "configs"), os.path.join(self.folder, "configs"))
        os.symlink(os.path.join(source, "tests"), os.path.join(self.folder, "tests"))
        self.blocks = blocks(path)
        text = "\n".join(line for b in self.blocks for line in b.text + (b.shown or []))
        for port in set(PORT.findall(text)) - self.ports.keys():
            self.ports[port] = free_port()
        self.own = [p for shown, p in self.ports.items() if shown not in ports]

    def real(self, text):
        return re.sub(r"\b\d{4,5}\b", lambda m: self.ports.get(m.group(), m.group()), text)

    def place(self, who):
        folder = os.path.join(self.folder, who) if who else self.folder
        home = os.path.join(folder, "home")
        os.makedirs(home, exist_ok=True)
        env = {k: v for k, v in os.environ.items() if not k.startswith(("UPNAS", "AWS_", "XDG_", "OPENBLAS"))}
        env.update(HOME=home, PATH=os.path.join(self.folder, "build") + ":" + env["PATH"] + ":/usr/sbin",
                   NO_COLOR="1", PAGER="cat")
        return folder, env

    def run(self, who, command):
        folder, env = self.place(who)
        text = "set -euo pipefail\n" + self.real(command)
        if command.rstrip().endswith("&"):
            return self.start(folder, env, text.rstrip()[:-1])
        done = subprocess.run(["bash", "-c", text], cwd=folder, env=env, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        return done.returncode, done.stdout

    def start(self, folder, env, text):
        name = os.path.join(self.folder, f"behind-{len(self.behind)}")
        with open(name, "w") as out:
            self.behind.append(subprocess.Popen(["bash", "-c", text], cwd=folder, env=env, stdout=out,
                                                stderr=subprocess.STDOUT, start_new_session=True))
        for _ in range(200):
            if os.path.getsize(name) or any(listens(p) for p in self.own):
                break
            time.sleep(0.05)
        return self.behind[-1].poll() or 0, open(name).read()

    def stop(self):
        for p in self.behind:
            if p.poll() is None:
                os.killpg(p.pid, signal.SIGTERM)
            p.wait()

    def fail(self, block, why):
        self.stop()
        sys.exit(f"FAIL: {self.path}:{block.line}: {why}")

    def left_out(self, block):
        """Why the block is not run, or None."""
        said = NOT_RUN.match(block.above)
        if said:
            return said.group(1)
        said = WHERE.match(block.above)
        names = said.group(1).replace(" ", "").split(",") if said else []
        python = PYTHON if os.path.exists(PYTHON) else "python3"
        missing = [n for n in names if subprocess.run([python, "-c", "import " + n], capture_output=True).returncode]
        return "python3 has no " + missing[0] if missing else None

    def block(self, block, first):
        name = FILE.search(block.above)
        if block.language != "sh":
            if name:
                with open(os.path.join(self.folder, name.group(1)), "w", encoding="utf-8") as f:
                    f.write(self.real("\n".join(block.text)) + "\n")
            return
        why = self.left_out(block)
        if why:
            self.left.append(f"  line {block.line} is not run: {why}")
            return
        printed = ""
        for who, command in commands(block, self.path):
            status, text = first(self, who, command) or self.run(who, command)
            self.ran += 1
            printed += text
            if status:
                self.fail(block, f"{command}\nexited with {status}:\n{text}")
        if block.shown is not None:
            have = plain(printed.split("\n"))
            line = first_difference(plain(self.real("\n".join(block.shown)).split("\n")), have)
            if line is not None:
                self.fail(block, f"shown, but not printed here: {line}\n--- printed:\n{printed}")


class First:
    """A first `upnas run` of a page, with what it leaves: run once for all pages that begin with it."""

    def __init__(self):
        self.command, self.status, self.text, self.kept = None, 0, "", None

    def __call__(self, page, who, command):
        command = command.replace("build/upnas", "upnas")
        if page.ran or who or not command.startswith("upnas run "):
            return None
        if self.command is None:
            self.command = command
            self.status, self.text = page.run(who, command)
            self.kept = page.folder + ".first"
            shutil.copytree(page.folder, self.kept, symlinks=True)
            return self.status, self.text
        if command != self.command:
            return None
        for name in (".upnas", "results"):
            shutil.copytree(os.path.join(self.kept, name), os.path.join(page.folder, name), symlinks=True)
        return self.status, self.text


def main():
    upnas, source, words = os.path.abspath(sys.argv[1]), sys.argv[2], sys.argv[3:]
    ports, pages, first = {}, [], First()
    while words:
        word = words.pop(0)
        if word == "--port":
            shown, _, real = words.pop(0).partition("=")
            ports[shown] = real
        else:
            pages.append(word)
    for path in pages:
        start = time.time()
        page = Page(path, upnas, source, ports)
        for block in page.blocks:
            page.block(block, first)
        page.stop()
        print(f"{os.path.basename(path)}: {page.ran} commands ran, {time.time() - start:.1f} s")
        print("\n".join(page.left), end="\n" if page.left else "")


main()
