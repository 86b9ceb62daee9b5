"""What is imported with what: the data stages work where torch is not installed."""

from __future__ import annotations

import subprocess
import sys

import pytest
from workflow_helpers import ROOT

DATA_STAGES = ("sources", "annotation", "transcripts", "relations", "tasks", "simulate")
SHARED = ("orthrus.cli", "orthrus.workflow", "orthrus.tables", "orthrus.config.build")
WITHOUT_TORCH = """
import importlib, sys
sys.modules |= dict.fromkeys(("torch", "lightning", "safetensors", "sklearn", "umap", "jinja2"))
for name in sys.argv[1:]:
    importlib.import_module(name)
"""


def modules(stage: str) -> list[str]:
    """Return the names of all modules of a stage."""
    return [
        f"orthrus.{stage}.{path.stem}"
        for path in sorted((ROOT / "orthrus" / stage).glob("*.py"))
        if path.stem != "__init__"
    ]


def test_data_stages_never_import_torch():
    wanted = [name for stage in DATA_STAGES for name in modules(stage)]
    assert len(wanted) > 50
    subprocess.run([sys.executable, "-c", WITHOUT_TORCH, *wanted, *SHARED], check=True)


@pytest.mark.parametrize("module", ["orthrus", "orthrus.cli"])
def test_commands_start_light(module):
    code = f"import sys, {module}; print({{*sys.modules}} & {{'torch', 'snakemake', 'numba'}})"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout == "set()\n"
