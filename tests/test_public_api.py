"""What `import orthrus` offers, and the examples of all docstrings."""

from __future__ import annotations

import doctest
import inspect
import re
import subprocess
import sys
import typing
from importlib import import_module
from pathlib import Path

import pytest
from workflow_helpers import ROOT

import orthrus

HEAVY = {"torch", "polars", "numpy", "pydantic", "zarr", "rich"}
EXAMPLES = sorted(
    ".".join(path.relative_to(ROOT).with_suffix("").parts)
    for path in (ROOT / "orthrus").rglob("*.py")
    if ">>> " in path.read_text() and path.stem != "__main__"
)


def test_nothing_is_loaded_before_it_is_used() -> None:
    code = f"import sys, orthrus; print({{*sys.modules}} & {HEAVY}, dir(orthrus))"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout == f"set() {sorted(orthrus.__all__)}\n"


@pytest.mark.parametrize("name", orthrus.__all__)
def test_every_name_is_documented_with_types_and_an_example(name: str) -> None:
    found = getattr(orthrus, name)
    documentation = inspect.getdoc(found) or ""
    assert ">>> " in documentation
    if inspect.isfunction(found):
        hints = typing.get_type_hints(found)
        assert {*inspect.signature(found).parameters, "return"} <= hints.keys()
        assert all(
            f"{section}\n---" in documentation for section in ("Parameters", "Returns", "Raises")
        )
    assert f"`orthrus.{name}" in Path(ROOT, "docs/api.md").read_text()


def test_static_tools_see_the_same_names() -> None:
    source = Path(str(orthrus.__file__)).read_text()
    seen = re.findall(r"^    from ([\w.]+) import (\w+) as \2$", source, re.MULTILINE)
    assert {name: place for place, name in seen} == orthrus._PLACES
    assert sorted(orthrus._PLACES) == sorted(orthrus.__all__)


def test_a_misspelt_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'Stor'"):
        orthrus.Stor  # noqa: B018


@pytest.mark.parametrize("module", EXAMPLES)
def test_examples_of_docstrings_print_what_they_say(module: str) -> None:
    failed, tried = doctest.testmod(import_module(module), optionflags=doctest.NORMALIZE_WHITESPACE)
    assert tried
    assert not failed
