"""Who may import whom; the data stages work where torch is not installed."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from importlib import import_module
from pathlib import Path

import pytest
from workflow_helpers import ROOT

PACKAGE = ROOT / "orthrus"
STAGES = (
    *("sources", "annotation", "transcripts", "relations"),
    *("pretrain", "tasks", "evaluate", "report"),
)
DATA_STAGES = ("sources", "annotation", "transcripts", "relations", "tasks", "simulate")
SHARED = ("orthrus.cli", "orthrus.workflow", "orthrus.schemas", "orthrus.config.build")
WITHOUT_TORCH = """
import importlib, sys
absent = ("torch", "lightning", "safetensors", "sklearn", "umap", "jinja2", "snakemake")
sys.modules |= dict.fromkeys(absent)
for name in sys.argv[1:]:
    importlib.import_module(name)
"""
COMMON = {
    f"orthrus.{name}"
    for name in (
        *("__version__", "array_types", "atomic_writes", "benchmark_tasks", "compiled"),
        "config",
        *("disk_errors", "embedded_digests", "errors", "files", "identifiers", "joins", "locks"),
        *("log", "output_formats", "random_streams", "schemas", "strings"),
        "sync_to_disk",
    )
}
ALLOWED = {
    stage: {"orthrus.models", *(f"orthrus.{above}" for above in STAGES[: place + 1])}
    for place, stage in enumerate(STAGES)
} | {"simulate": {"orthrus.simulate"}, "models": {"orthrus.models", "orthrus.transcripts.codes"}}


def modules(stage: str) -> list[str]:
    """Return the names of all modules of a stage."""
    return [
        f"orthrus.{stage}.{path.stem}"
        for path in sorted((PACKAGE / stage).glob("*.py"))
        if path.stem != "__init__"
    ]


def test_data_stages_never_import_torch():
    wanted = [name for stage in DATA_STAGES for name in modules(stage)]
    assert len(wanted) > 50
    subprocess.run([sys.executable, "-c", WITHOUT_TORCH, *wanted, *SHARED], check=True)


@pytest.mark.parametrize(
    "module", ["orthrus", "orthrus.cli", *(f"orthrus.{stage}.cli" for stage in STAGES)]
)
def test_commands_start_light(module):
    heavy = {"torch", "lightning", "snakemake", "numba"}
    code = f"import sys, {module}; print({{*sys.modules}} & {heavy})"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout == "set()\n"


def imported(path: Path) -> Iterator[str]:
    """Yield the dotted name of everything that a module imports."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: imports are absolute"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("package", ALLOWED)
def test_a_package_imports_only_what_stands_above_it(package):
    allowed = COMMON | ALLOWED[package]
    paths = sorted((PACKAGE / package).rglob("*.py"))
    ours = {(path, name) for path in paths for name in imported(path) if name[:7] == "orthrus"}
    assert ours
    beyond = [
        (path, name)
        for path, name in ours
        if not any(name == one or name.startswith(f"{one}.") for one in allowed)
    ]
    assert beyond == []


def test_no_two_parts_of_the_package_import_each_other():
    """A part is a package, or a module that stands in no package of its own."""
    edges: dict[str, set[str]] = {}
    for path in PACKAGE.rglob("*.py"):
        own = _part(".".join(path.relative_to(ROOT).with_suffix("").parts))
        names = {_part(name) for name in imported(path) if name.startswith("orthrus.")}
        edges.setdefault(own, set()).update(names - {own})
    order = list(TopologicalSorter(edges).static_order())
    assert order.index("benchmark_tasks") < order.index("config") < order.index("tasks")


def _part(name: str) -> str:
    return name.split(".")[1] if "." in name else name


@pytest.mark.parametrize("stage", [*STAGES, "simulate"])
def test_every_stage_has_a_version_that_its_rules_depend_on(stage):
    version = import_module(f"orthrus.{stage}").STAGE_VERSION
    assert isinstance(version, int)
    assert version >= 1
    rules = (ROOT / f"rules/{'sources' if stage == 'simulate' else stage}.smk").read_text()
    assert f"version={stage}.STAGE_VERSION" in rules
    assert rules.count("shell:") == rules.count(".STAGE_VERSION")
