"""The kit for whoever runs it: files that fit their schemas, the settings, and each other."""

import re
import subprocess
import sys
import tomllib
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]

from feedline.config import Settings
from tests.system.fronts import DEPLOY, program

pytestmark = pytest.mark.system

ROOT = DEPLOY.parent
COMPOSE = DEPLOY / "compose/compose.yaml"
KUBERNETES = DEPLOY / "kubernetes/feedline.yaml"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))


def run(*command: str | Path, **named: Any) -> None:
    done = subprocess.run(
        [str(word) for word in command],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
        check=False,
        **named,
    )
    assert done.returncode == 0, done.stdout


def test_every_variable_is_a_setting() -> None:
    known = {f"FEEDLINE_{field.name.upper()}" for field in fields(Settings)}
    for path in DEPLOY.rglob("*"):
        if path.is_file():
            named = set(re.findall(r"\bFEEDLINE_[A-Z_]*[A-Z]\b", path.read_text()))
            assert named - {"FEEDLINE_PORT"} <= known, path


# ---- compose and Kubernetes


def test_compose_fits_the_specification() -> None:
    command = Path(sys.executable).with_name("check-jsonschema")
    run(command, "--builtin-schema", "vendor.compose-spec", COMPOSE)


def test_compose_is_whole() -> None:
    compose = yaml.safe_load(COMPOSE.read_text())
    services, networks, volumes = (compose[key] for key in ("services", "networks", "volumes"))
    assert set(services) == {"caddy", "node", "postgres", "valkey"}
    for service in services.values():
        assert set(service.get("depends_on", ())) <= set(services)
        assert set(service["networks"]) <= set(networks)
        for volume in service.get("volumes", ()):
            source = volume.partition(":")[0]
            assert source in volumes or (COMPOSE.parent / source).is_file()
    build = services["node"]["build"]
    context = (COMPOSE.parent / build["context"]).resolve()
    assert (context, (context / build["dockerfile"]).is_file()) == (ROOT, True)
    subnet = networks["front"]["ipam"]["config"][0]["subnet"]
    assert services["node"]["environment"]["FEEDLINE_TRUSTED_PROXIES"] == subnet
    assert [name for name, service in services.items() if "ports" in service] == ["caddy"]
    asked = set(re.findall(r"\$\{([A-Z_]+)", COMPOSE.read_text()))
    example = (COMPOSE.parent / "example.env").read_text()
    assert asked == set(re.findall(r"^([A-Z_]+)=", example, re.MULTILINE))


@pytest.mark.parametrize("version", ["1.29", "1.37"])
def test_kubernetes_takes_every_object(version: str) -> None:
    command = Path(sys.executable).with_name("kubernetes-validate")
    run(command, "--strict", "-k", version, KUBERNETES)


def test_kubernetes_objects_find_each_other() -> None:
    objects = {each["kind"]: each for each in yaml.safe_load_all(KUBERNETES.read_text())}
    template = objects["Deployment"]["spec"]["template"]
    labels = template["metadata"]["labels"]
    for kind in ("Deployment", "PodDisruptionBudget"):
        assert objects[kind]["spec"]["selector"]["matchLabels"] == labels
    assert objects["Service"]["spec"]["selector"] == labels
    pod = template["spec"]
    (container,) = pod["containers"]
    sources = [next(iter(source.values()))["name"] for source in container["envFrom"]]
    assert sources == [objects[kind]["metadata"]["name"] for kind in ("ConfigMap", "Secret")]
    assert {mount["name"] for mount in container["volumeMounts"]} == {
        volume["name"] for volume in pod["volumes"]
    }
    for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
        assert container[probe]["httpGet"]["port"] == container["ports"][0]["name"]
    (rule,) = objects["Ingress"]["spec"]["rules"]
    service = rule["http"]["paths"][0]["backend"]["service"]
    assert service["name"] == objects["Service"]["metadata"]["name"]
    assert service["port"]["name"] == objects["Service"]["spec"]["ports"][0]["name"]
    # A Service called feedline would otherwise set FEEDLINE_PORT to tcp://...
    assert pod["enableServiceLinks"] is False


# ---- the image


def test_the_image_has_what_the_build_needs() -> None:
    steps = re.sub(r"\\\n", "", (DEPLOY / "Dockerfile").read_text()).splitlines()
    copied = {
        source
        for step in steps
        if step.startswith("COPY ") and "--from" not in step
        for source in step.split()[1:-1]
    }
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    included = project["tool"]["hatch"]["build"]["targets"]["sdist"]["include"]
    needed = {name.strip("/") for name in included} | {"pyproject.toml"}
    assert copied == needed
    allowed = (ROOT / ".dockerignore").read_text().splitlines()
    assert {line[1:] for line in allowed if line.startswith("!")} == copied
    users = [step.split()[1] for step in steps if step.startswith("USER ")]
    assert users == ["10001:10001"]
    assert any(step.startswith("HEALTHCHECK") for step in steps)


# ---- systemd


def _installed(unit: Path, folder: Path) -> Path:
    """A unit whose program is here, under the name of an instance if it is a template."""
    target = folder / unit.name.replace("@.", "@8001.")
    text = unit.read_text()
    assert "/opt/feedline/bin/feedline" in text
    feedline = Path(sys.executable).with_name("feedline")
    target.write_text(text.replace("/opt/feedline/bin/feedline", str(feedline)))
    return target


def test_commands_have_the_place_and_the_settings_of_the_unit(tmp_path: Path) -> None:
    run_by = tmp_path / "systemd-run"
    run_by.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    run_by.chmod(0o755)
    command = [str(DEPLOY / "systemd/feedline"), "user", "rename", "ann", "Ann R"]
    path = f"{tmp_path}:/usr/bin:/bin"
    said = subprocess.run(
        command, env={"PATH": path}, check=True, stdout=subprocess.PIPE, text=True
    )
    words = said.stdout.splitlines()
    assert words[-5:] == ["/opt/feedline/bin/feedline", *command[1:]]
    unit = (DEPLOY / "systemd/feedline.service").read_text().splitlines()
    for line in unit:
        name, _, value = line.partition("=")
        if name == "Environment":
            assert {f"--setenv={setting}" for setting in value.split()} <= set(words)
        elif name in {"EnvironmentFile", "User", "UMask", "LimitNOFILE"}:
            assert f"--property={line}" in words


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_systemd_takes_the_unit_and_finds_it_safe(unit: Path, tmp_path: Path) -> None:
    analyze = program("systemd-analyze")
    installed = _installed(unit, tmp_path)
    run(analyze, "verify", "--man=no", "--recursive-errors=no", installed)
    run(analyze, "security", "--offline=true", "--threshold=20", installed)  # 2.0 of 10
