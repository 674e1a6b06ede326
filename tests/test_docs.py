"""The docs say what the code does: tables, names, links, and examples that are run.

``python -m tests.test_docs`` writes the table of settings anew.
"""

import ast
import asyncio
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import fields
from functools import cache, reduce
from itertools import pairwise
from operator import or_
from pathlib import Path
from typing import NamedTuple, cast, get_args

import msgspec
import pytest

from feedline import cli, config
from feedline.api.routes import operations
from feedline.api.services import Services
from feedline.config import Settings
from feedline.errors import CODES, CloseCode, ValidationFailed
from feedline.feed.audit import Action
from feedline.feed.people import Registration, registration_problems
from feedline.feed.posts import Post
from feedline.verify.plan import TOKEN_VARIABLE
from feedline.wire import messages
from feedline.wire.problems import answer_to
from hatch_build import node_wheel
from tests.processes import Person, ServerProcess, serving

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = [
    *(ROOT / name for name in ("README.md", "README.ru.md", "CHANGELOG.md", "CONTRIBUTING.md")),
    *sorted(DOCS.glob("*.md")),
]
PATIENCE = 60.0  # seconds for an example to say what it must; none takes that long when all is well

page = pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)


# ---- reading Markdown


class Block(NamedTuple):
    """A fenced block of code, and the heading that it stands under."""

    heading: str
    language: str
    code: str


def prose(path: Path) -> str:
    """A page without its fenced blocks."""
    return re.sub(r"^```.*?^```$", "", path.read_text(), flags=re.DOTALL | re.MULTILINE)


def blocks(path: Path, heading: str, language: str) -> list[str]:
    """The code in one language under one heading."""
    return [
        block.code
        for block in _all_blocks(path)
        if (block.heading, block.language) == (heading, language)
    ]


def _all_blocks(path: Path) -> Iterator[Block]:
    heading = ""
    pattern = r"^#+ (?P<heading>[^\n]+)$|^```(?P<language>\w*)\n(?P<code>.*?)^```$"
    for found in re.finditer(pattern, path.read_text(), re.DOTALL | re.MULTILINE):
        if found["heading"]:
            heading = found["heading"]
        else:
            yield Block(heading, found["language"], found["code"])


def section(path: Path, heading: str) -> str:
    """What stands between a heading and the next one of its level or above."""
    text = path.read_text()
    found = re.search(rf"^(#+) {re.escape(heading)}$", text, re.MULTILINE)
    assert found, f"{path.name} has no section {heading!r}"
    rest = text[found.end() :]
    end = re.search(rf"^#{{1,{len(found[1])}}} ", rest, re.MULTILINE)
    return rest[: end.start()] if end else rest


def rows(text: str) -> list[list[str]]:
    """The cells of every row of the tables in a text, without headings and rules."""
    table: list[list[str]] = []
    for line in text.splitlines():
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        if cells and all(re.fullmatch(r":?-+:?", cell) for cell in cells):
            table.pop()  # the line before a rule is the heading
        elif cells:
            table.append(cells)
    return table


def names(text: str) -> list[str]:
    """What stands in backticks."""
    return re.findall(r"`([^`\n]+)`", text)


# ---- settings

_TABLE = re.compile(r"(?<=<!-- table -->\n).*(?=<!-- end of table -->)", re.DOTALL)


def settings_table() -> str:
    """The table of settings as Markdown."""
    lines = ["| flag | variable | default | meaning |", "|---|---|---|---|"]
    for name, meaning in _meanings().items():
        flag = f"--{name.replace('_', '-')}"
        default = getattr(Settings(), name)
        lines.append(f"| `{flag}` | `{_variable(name)}` | {_shown(default)} | {meaning} |")
    return "\n".join(lines) + "\n"


def _meanings() -> dict[str, str]:
    """The docstrings of the fields, by name."""
    tree = ast.parse(Path(config.__file__).read_text())
    body = next(node.body for node in tree.body if isinstance(node, ast.ClassDef))
    return {
        cast("ast.Name", field.target).id: " ".join(str(ast.literal_eval(text.value)).split())
        for field, text in pairwise(body)
        if isinstance(field, ast.AnnAssign) and isinstance(text, ast.Expr)
    }


def _variable(name: str) -> str:
    return f"FEEDLINE_{name.upper()}"


def _shown(default: object) -> str:
    if default in ((), ""):
        return "none"
    return f"`{str(default).lower() if isinstance(default, bool) else default}`"


def test_the_table_of_settings_is_the_settings() -> None:
    found = _TABLE.search((DOCS / "settings.md").read_text())
    assert found
    assert found[0] == settings_table(), "run `python -m tests.test_docs`"


# ---- the protocol


def routes() -> set[str]:
    """Every operation as ``METHOD /path``, but for the two that are made from the table."""

    class Nothing:
        """Stands for services that are not asked for anything."""

        settings = Settings()

        def __getattr__(self, name: str) -> "Nothing":
            return self

    table = operations(cast("Services", Nothing()))
    return {f"{operation.method} {operation.path}" for operation in table}


def documented_routes() -> set[str]:
    table = section(DOCS / "protocol.md", "REST")
    calls = re.findall(r"`((?:GET|POST|PUT|PATCH|DELETE) /[^`?\s]*)", table)
    return set(calls)


def test_every_route_is_documented_and_nothing_else() -> None:
    assert documented_routes() == routes() | {"GET /api/openapi.json", "GET /api/docs"}


def test_error_codes_are_those_of_the_code() -> None:
    table = rows(section(DOCS / "protocol.md", "Errors"))
    documented = {names(code)[0]: (int(status), retry == "yes") for code, status, retry, _ in table}
    assert documented == {code: (facts.status, facts.retry) for code, facts in CODES.items()}


def test_close_codes_are_those_of_the_code() -> None:
    table = rows(section(DOCS / "protocol.md", "Close codes"))
    assert [int(row[0]) for row in table] == sorted(CloseCode)


def test_events_and_messages_are_named() -> None:
    text = section(DOCS / "protocol.md", "WebSocket")
    source = (ROOT / "src/feedline/wire/messages.py").read_text()
    source += (ROOT / "src/feedline/feed/events.py").read_text()
    tags = set(re.findall(r'tag="(\w+)"', source))
    assert tags, "the source has changed its ways"
    assert tags <= set(re.findall(r"\w+", text))


# ---- operation


def test_the_recorded_actions_are_those_of_the_code() -> None:
    table = rows(section(DOCS / "keeping.md", "The record of what was done"))
    assert [names(row[0])[0] for row in table] == sorted(get_args(Action))


# ---- names and links


@page
def test_every_link_leads_somewhere(path: Path) -> None:
    links = re.findall(r"\]\(([^)\s]+)\)", prose(path))
    broken = [link for link in links if not link.startswith("http") and not _exists(path, link)]
    assert broken == []


def _exists(path: Path, link: str) -> bool:
    name, _, anchor = link.partition("#")
    target = (path.parent / name).resolve() if name else path
    return target.exists() and (not anchor or anchor in _anchors(target))


def _anchors(path: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", prose(path), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@page
def test_every_file_that_is_named_exists(path: Path) -> None:
    """Names with a folder are looked for in the checkout and in the package; others anywhere."""
    missing = [name for name in _files_named(prose(path)) if not _is_there(name)]
    assert missing == []


def _files_named(text: str) -> list[str]:
    pattern = r"\.?[\w.-]+(?:/[\w.-]+)*(?:/|\.(?:py|md|sql|toml|ts|tsx|sh|c|h|svg))"
    return [name for name in names(text) if re.fullmatch(pattern, name) and name not in _ELSEWHERE]


_ELSEWHERE = {
    "follow.py",
    "watch.py",
    "poll.py",
    "publish.py",
    "data/",
    "media/",
    "arriving/",
}  # what the reader makes


def _is_there(name: str) -> bool:
    roots = (ROOT, ROOT / "src/feedline", ROOT / "src/feedline/store", ROOT / "web")
    if any((root / name).exists() for root in roots):
        return True
    return "/" not in name and any((ROOT / "src/feedline").rglob(name))


@page
def test_every_make_target_that_is_named_exists(path: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"(?:`|^ *)make ([a-z]+)", path.read_text(), re.MULTILINE))
    assert named <= targets


@page
def test_every_command_of_feedline_that_is_named_exists(path: Path) -> None:
    named = set(re.findall(r"(?:`|bin/)feedline ([a-z]+)", path.read_text()))
    assert named <= {command for command in cli.app if not command.startswith("-")}


@cache
def of_all_tests(pattern: str) -> str:
    """What stands in all files of tests with such a name."""
    return "\n".join(test.read_text() for test in (ROOT / "tests").rglob(pattern))


@page
def test_every_variable_that_is_named_exists(path: Path) -> None:
    """``FEEDLINE_URL`` is what the examples call the server."""
    named = set(re.findall(r"\bFEEDLINE_[A-Z_]*[A-Z]\b", path.read_text())) - {"FEEDLINE_URL"}
    of_tests = {name for name in named if name.startswith("FEEDLINE_TEST_")}
    known = {_variable(field.name) for field in fields(Settings)} | {TOKEN_VARIABLE}
    assert named - of_tests <= known
    assert [name for name in of_tests if f'"{name}"' not in of_all_tests("*.py")] == []


@page
def test_every_test_function_that_is_named_exists(path: Path) -> None:
    named = re.findall(r"(?<![\w./])test_\w+(?![\w.]*\.py)\b", prose(path))
    assert [name for name in named if f"def {name}(" not in of_all_tests("test_*.py")] == []


# ---- examples in JSON


def test_the_post_is_the_one_of_the_code() -> None:
    (example,) = blocks(DOCS / "protocol.md", "The post", "json")
    post = msgspec.json.decode(example, type=Post)
    assert json.loads(msgspec.json.encode(post)) == json.loads(example)


def test_the_problem_is_the_one_of_the_code() -> None:
    (example,) = blocks(DOCS / "protocol.md", "Errors", "json")
    problems = registration_problems(Registration(username="", password="correct horse"))
    assert json.loads(answer_to(ValidationFailed(*problems)).body) == json.loads(example)


def test_what_clients_say_is_understood() -> None:
    (examples,) = blocks(DOCS / "protocol.md", "From the client", "json")
    said = {type(messages.parse(line)) for line in examples.splitlines()}
    assert said == set(get_args(messages.AnyIncoming))


def test_what_the_server_says_is_said_so() -> None:
    (examples,) = blocks(DOCS / "protocol.md", "From the server", "json")
    whole = re.sub(r",\n +", ", ", examples).splitlines()
    kinds = messages.Outgoing.__subclasses__()
    said = [msgspec.json.decode(line, type=reduce(or_, kinds)) for line in whole]
    assert {type(message) for message in said} == set(kinds)
    for line, message in zip(whole, said, strict=True):
        assert json.loads(messages.encode(message)) == json.loads(line)


# ---- examples that are run

system = pytest.mark.system


class Example:
    """A program of the docs that is running."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.said: list[str] = []

    async def says(self, *wanted: str) -> str:
        """Waits for a line with these words, or for several lines in any order; the last one."""
        assert self._process.stdout is not None
        missing = set(wanted)
        async with asyncio.timeout(PATIENCE):
            while line := (await self._process.stdout.readline()).decode():
                self.said.append(line.rstrip())
                missing -= {words for words in missing if words in line}
                if not missing:
                    return self.said[-1]
        raise AssertionError(f"it ended without a word of {missing}: {self.said}")

    async def ends(self) -> int:
        async with asyncio.timeout(PATIENCE):
            return await self._process.wait()


@asynccontextmanager
async def running(*command: str | Path, **environment: str) -> AsyncIterator[Example]:
    """A program of the docs, for the time of a block."""
    process = await asyncio.create_subprocess_exec(
        *command,
        env={**os.environ, "NO_PROXY": "127.0.0.1", **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        yield Example(process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


def saved(folder: Path, name: str, path: Path, heading: str) -> Path:
    """The one Python block that is called so, in a file."""
    found = [
        code for code in blocks(path, heading, "python") if name in code or name == "follow.py"
    ]
    assert len(found) == 1
    file = folder / name
    file.write_text(found[0])
    return file


@system
async def test_the_five_minutes_with_curl(tmp_path: Path) -> None:
    if shutil.which("curl") is None:
        pytest.fail("The examples are for curl: install it, or run `make test`, which does.")
    page_, heading = DOCS / "first-five-minutes.md", "The same with curl"
    sign_up, publish, read = blocks(page_, heading, "sh")
    follow = saved(tmp_path, "follow.py", page_, heading)
    async with serving(tmp_path / "data", "--demo") as server:
        follow.write_text(_here(follow.read_text(), server))
        token = await _shell(f"{sign_up}\necho; echo $TOKEN", server)
        async with running(sys.executable, follow, TOKEN=token[-1]) as follower:
            await follower.says("caught_up")
            first = await _shell(publish, server, TOKEN=token[-1])
            assert await _shell(publish, server, TOKEN=token[-1]) == first
            event = json.loads(await follower.says("post_created"))
            await (await Person.register(server, "olga")).publish("of somebody else")
            await follower.says("of somebody else")
        (newest,) = json.loads((await _shell(read, server))[0])["posts"]  # by its tag
    assert event["post"]["id"] == newest["id"] == json.loads(first[0])["post"]["id"]
    assert newest["creator"]["username"] == "nora"


async def _shell(commands: str, server: ServerProcess, **environment: str) -> list[str]:
    """Runs a block of the docs against a server; the lines of its output."""
    feedline = f"{sys.executable} -m feedline"
    local = _here(commands, server).replace(".venv/bin/feedline", feedline)
    environment["FEEDLINE_DATA"] = str(server.data)
    async with running("bash", "-euo", "pipefail", "-c", local, **environment) as shell:
        with pytest.raises(AssertionError):
            await shell.says("\0")
        assert await shell.ends() == 0, shell.said
    return shell.said


def _here(text: str, server: ServerProcess) -> str:
    return text.replace("127.0.0.1:8000", f"127.0.0.1:{server.port}")


@system
async def test_the_python_programs_publish_and_show_once_whatever_happens(tmp_path: Path) -> None:
    page_, heading = DOCS / "integrating.md", "In Python"
    watch = saved(tmp_path, "watch.py", page_, heading)
    publish = saved(tmp_path, "publish.py", page_, heading)
    async with serving(tmp_path / "data") as server:
        ann = await Person.register(server, "ann")
        await ann.publish("before")
        known = {"FEEDLINE_URL": server.url, "TOKEN": ann.token}
        async with running(sys.executable, "-u", watch, **known) as watcher:
            await watcher.says("ann: before")
            edited = (await ann.publish("live"))["post"]["id"]
            await watcher.says("ann: live")
            await server.kill()
            async with running(sys.executable, publish, "while away", **known) as publisher:
                await server.start()
                await publisher.says("-7")  # a UUIDv7
                assert await publisher.ends() == 0
            await watcher.says("ann: while away")
            assert await _lists_asked_for(ann) == 0, "it came back without its cursor"
            assert (await ann.http.get("/api/posts")).json()["posts"][0]["clientId"], "no key"
            await ann.http.patch(f"/api/posts/{edited}", json={"text": "edited"})
            await watcher.says("ann: edited")
            await ann.http.post("/api/auth/logout")
            await watcher.says("sign in again")
            assert await watcher.ends() == 1
        assert watcher.said == [
            *(f"ann: {text}" for text in ("before", "live", "while away", "edited")),
            "sign in again",
        ]


@system
async def test_the_program_that_polls_misses_nothing_over_a_restart(tmp_path: Path) -> None:
    program = saved(tmp_path, "poll.py", DOCS / "integrating.md", "Without WebSocket")
    async with serving(tmp_path / "data") as server:
        ann = await Person.register(server, "ann")
        known = {"FEEDLINE_URL": server.url, "TOKEN": ann.token}
        async with running(sys.executable, "-u", program, **known) as poller:
            while not await _connections(ann):  # its second poll waits
                await asyncio.sleep(0.02)
            await ann.publish("live")
            await poller.says("post_created live")
            await server.kill()
            await server.start()
            await ann.publish("after the restart")
            await poller.says("post_created after the restart")
            await ann.http.post("/api/auth/logout")
            await poller.says("sign in again")
        assert len(poller.said) == 3


async def _connections(person: Person) -> int:
    metrics = (await person.http.get("/metrics")).text
    found = re.search(r"^feedline_connections (\d+)", metrics, re.MULTILINE)
    assert found
    return int(found[1])


async def _lists_asked_for(person: Person) -> int:
    metrics = (await person.http.get("/metrics")).text
    sample = r'^feedline_http_requests_total{operation="posts",status="2xx"} (\d+)'
    found = re.search(sample, metrics, re.MULTILINE)
    assert found
    return int(found[1])


@system
async def test_a_backup_is_taken_and_restored_as_it_is_told(tmp_path: Path) -> None:
    (backup,) = blocks(DOCS / "keeping.md", "Backup", "sh")
    (restore,) = blocks(DOCS / "keeping.md", "Restore", "sh")
    async with serving(tmp_path / "data") as server:
        ann = await Person.register(server, "ann")
        await ann.publish("kept")
        assert "2 people" not in _run_at(backup, server.data)
        late = (await ann.publish("after the backup"))["cursor"]
        assert await server.stop() == 0
        server.data.rename(tmp_path / "lost")
        assert "1 posts, 1 people, 0 files" in _run_at(restore, server.data)
        await server.start()
        posts = (await ann.http.get("/api/posts")).json()["posts"]
        assert [post["content"]["text"] for post in posts] == ["kept"]
        async with ann.socket() as socket:
            await socket.send(json.dumps({"type": "connect", "cursor": late}))
            assert json.loads(await socket.recv())["type"] == "connected"
            assert json.loads(await socket.recv())["reason"] == "unknown_epoch"


def _run_at(commands: str, data: Path) -> str:
    """Runs commands of an operator beside an installation; what they say."""
    feedline = f'feedline() {{ {sys.executable} -m feedline "$@"; }}\n'
    done = subprocess.run(
        ["bash", "-euc", feedline + commands.replace("/var/lib/feedline", str(data))],
        check=True,
        cwd=data.parent,
        timeout=PATIENCE,
        env={**os.environ, "FEEDLINE_DATA": str(data)},
        capture_output=True,
        text=True,
    )
    return done.stdout


def test_both_readmes_say_the_same() -> None:
    english, russian = ((ROOT / name).read_text() for name in ("README.md", "README.ru.md"))

    def figures(text: str) -> list[list[str]]:
        rows = re.findall(r"^\| .* \|$", text, re.MULTILINE)
        return [found for row in rows if (found := re.findall(r"\d[\d.,]*\d", row))]

    assert figures(english) == figures(russian)
    commands = re.compile(r"```sh\n(.*?)```", re.DOTALL)
    assert commands.findall(english) == commands.findall(russian)
    links = re.compile(r"\]\(([^)]*)\)")
    assert set(links.findall(english)) - {"README.ru.md"} == set(links.findall(russian)) - {
        "README.md"
    }


@pytest.mark.web
@pytest.mark.parametrize(("heading", "language"), [("In TypeScript", "ts"), ("In React", "tsx")])
def test_the_typescript_examples_have_the_right_types(
    heading: str, language: str, tmp_path: Path
) -> None:
    web = ROOT / "web"
    (example,) = blocks(DOCS / "integrating.md", heading, language)
    (tmp_path / f"example.{language}").write_text(example)
    options = {
        "extends": str(web / "tsconfig.base.json"),
        "compilerOptions": {
            "lib": ["ES2023", "DOM"],
            "jsx": "react-jsx",
            "paths": {
                "@feedline/client": [str(web / "client/src/index.ts")],
                "@feedline/client/browser": [str(web / "client/src/browser.ts")],
                "@feedline/react": [str(web / "react/src/index.ts")],
                "*": [str(web / "node_modules/@types/*"), str(web / "node_modules/*")],
            },
        },
        "include": ["example.*"],
    }
    (tmp_path / "tsconfig.json").write_text(json.dumps(options))
    tsc = web / "node_modules/typescript/bin/tsc"
    command = [str(node_wheel() / "bin/node"), str(tsc), "--noEmit", "-p", str(tmp_path)]
    checked = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)
    assert checked.returncode == 0, checked.stdout


if __name__ == "__main__":
    target = DOCS / "settings.md"
    target.write_text(_TABLE.sub(lambda _: settings_table(), target.read_text()))
