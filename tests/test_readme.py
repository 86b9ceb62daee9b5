"""What the README and the other pages say is true: blocks run, links lead somewhere."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from readme_helpers import MARK, Block, blocks, copy_clone
from workflow_helpers import ROOT, run

README = blocks((ROOT / "README.md").read_text())
RUNNERS = {"bash": ("bash", "-euo", "pipefail", "-c"), "python": ("python", "-c")}
COMMANDS = [block for block in README if block.language in RUNNERS]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
LINK = re.compile(r"\]\((?!https?:|#)([^)#]+)")


def by_line(block: Block) -> str:
    return f"line {block.line}"


@pytest.fixture(scope="session")
def used(finished, tmp_path_factory) -> Path:
    """A copy of the finished clone; block after block of the README is run in it."""
    return copy_clone(finished, tmp_path_factory.mktemp("readme") / "orthrus")


@pytest.mark.slow
@pytest.mark.xdist_group("workflow")
@pytest.mark.parametrize("block", [b for b in COMMANDS if b.mark is None], ids=by_line)
def test_a_block_runs(used, block):
    output = run(used, *RUNNERS[block.language], block.code)
    assert "Traceback" not in output


@pytest.mark.slow
@pytest.mark.xdist_group("workflow")
def test_make_demo_ends_with_the_path_of_the_report(used):
    assert (
        run(used, "make", "demo").splitlines()[-1]
        == f"Report: {used}/results/demo/report/index.html"
    )
    assert (used / "results/demo/report/index.html").is_file()


@pytest.mark.slow
@pytest.mark.xdist_group("workflow")
def test_the_demo_can_be_timed(used):
    (recipe,) = blocks((ROOT / "docs/performance.md").read_text())
    output = run(used, *RUNNERS[recipe.language], recipe.code)
    assert {"annotation", "evaluate/probe", "pretrain/contrastive"} <= set(output.split())


@pytest.mark.parametrize("block", [b for b in COMMANDS if b.mark is not None], ids=by_line)
def test_a_block_that_is_not_run_names_a_test_that_covers_it(block):
    match = MARK.fullmatch(block.mark)
    assert match is not None, block.mark
    tree = ast.parse((ROOT / match["file"]).read_text())
    assert match["test"] in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_blocks_are_of_known_languages():
    assert {block.language for block in README} <= {*RUNNERS, "text"}
    assert len(COMMANDS) >= 10


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    for target in LINK.findall(page.read_text()):
        assert (page.parent / target).exists(), target
