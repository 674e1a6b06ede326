"""The examples of the JavaScript client: they compile, and the one for Node runs against a real server."""

import asyncio
import json
import shutil
import subprocess
from pathlib import Path

import pytest

from hatch_build import node_wheel
from tests.processes import Person, serving
from tests.test_docs import DOCS, Block, _all_blocks, blocks, running
from tests.web.programs import WEB, built, node

PAGE = DOCS / "javascript.md"

pytestmark = [pytest.mark.web, pytest.mark.timeout(120)]


def examples() -> list[Block]:
    return [block for block in _all_blocks(PAGE) if block.language == "ts"]


def test_the_examples_compile(tmp_path: Path) -> None:
    given = 'import type { Feedline } from "@feedline/client";\ndeclare const client: Feedline;\n'
    for number, block in enumerate(examples()):
        whole = block.code if "new Feedline" in block.code else given + block.code
        (tmp_path / f"example{number}.ts").write_text(f"{whole}\nexport {{}};\n")
    entries = json.loads((WEB / "client/package.json").read_text())["exports"]
    paths = {
        f"@feedline/client{name.removeprefix('.')}": [str(WEB / "client" / path)]
        for name, path in entries.items()
    }
    options = {"lib": ["ES2023", "DOM"], "types": ["node"], "paths": paths}
    options["typeRoots"] = [str(WEB / "node_modules/@types")]
    config = {"extends": str(WEB / "tsconfig.base.json"), "compilerOptions": options}
    (tmp_path / "tsconfig.json").write_text(json.dumps({**config, "include": ["*.ts"]}))
    node(WEB / "node_modules/typescript/bin/tsc", "-p", tmp_path)


def test_the_packages_are_copied_into_a_page_that_has_its_own_react(tmp_path: Path) -> None:
    (tmp_path / "feedline").symlink_to(WEB.parent)
    site = tmp_path / "site"
    for name in ("react", "react-dom", "scheduler"):
        shutil.copytree(WEB / "node_modules" / name, site / "node_modules" / name)
    (site / "node_modules/vite").symlink_to(WEB / "node_modules/vite")
    (site / "node_modules/@vitejs").symlink_to(WEB / "node_modules/@vitejs")
    (copying,) = blocks(DOCS / "react.md", "Take it into your page", "sh")
    install = "npm() { shift; mkdir node_modules/@feedline; ln -s $(realpath $@) node_modules/@feedline; }"
    subprocess.run(["bash", "-euc", f"{install}\n{copying}"], check=True, cwd=site)  # noqa: S603, S607
    (configuration,) = blocks(DOCS / "react.md", "Take it into your page", "ts")
    (site / "vite.config.ts").write_text(configuration)
    (page,) = blocks(DOCS / "integrating.md", "In React", "tsx")
    (site / "page.tsx").write_text(page)
    (site / "main.ts").write_text(
        'import { createRoot } from "react-dom/client";\nimport { Page } from "./page";\n'
        "createRoot(document.body).render(Page());\n"
    )
    (site / "index.html").write_text('<script type="module" src="./main.ts"></script>')
    node(WEB / "node_modules/vite/bin/vite.js", "build", "--sourcemap", cwd=site)
    (bundle,) = (site / "dist/assets").glob("index-*.js.map")
    sources = [(bundle.parent / name).resolve() for name in json.loads(bundle.read_text())["sources"]]
    assert {path for path in sources if path.match("vendor/react/src/use-feed.ts")}
    assert {path for path in sources if path.match("react/cjs/react.production.js")} == {
        site / "node_modules/react/cjs/react.production.js"
    }


@pytest.mark.system
async def test_the_example_for_node_publishes_and_follows(tmp_path: Path) -> None:
    (example,) = [block.code for block in examples() if "process.env" in block.code]
    source = tmp_path / "follow.ts"
    source.write_text(example)
    program = await asyncio.to_thread(built, source, tmp_path / "built")
    async with serving(tmp_path / "data") as server:
        ann = await Person.register(server, "ann")
        bob = await Person.register(server, "bob")
        environment = {"FEEDLINE_URL": server.url, "TOKEN": bob.token}
        async with running(node_wheel() / "bin/node", program, **environment) as follow:
            await follow.says("live (ws)", f"{bob.user['username']}: Hello from Node")
            await ann.publish("Hello from Python")
            await follow.says(f"{ann.user['username']}: Hello from Python")
            await server.stop()
            await server.start()
            await ann.publish("After the restart")
            await follow.says(f"{ann.user['username']}: After the restart")
