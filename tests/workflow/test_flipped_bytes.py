"""A byte that flips in any file that a job reads is noticed by the job before it writes."""

from __future__ import annotations

import csv
import io
import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from damage_helpers import flip
from typer.testing import CliRunner
from workflow_helpers import TINY, run

from orthrus.cli import app
from orthrus.errors import OrthrusError

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("workflow")]

FETCHES = ("sources_fetch", "sources_fetch_query_genome", "sources_lock")
"""Rules that compare what was fetched with its record, and do not read the mirror again."""
ARRAYS, REJECTED = "/codes/|/offsets/", "/rejected"
TABLE_ALONE = f"{ARRAYS}|{REJECTED}"
UNREAD = {
    **dict.fromkeys(("relations", "relations_split", "relations_homology"), TABLE_ALONE),
    "relations_qc": f"{TABLE_ALONE}|counts.json",
    "pretrain": f"{REJECTED}|table.parquet",
    "evaluate_umap": REJECTED,
    "report": f"{ARRAYS}|relations/(sets|corpus|groups|members).parquet",
}
"""Files that a rule's input folders hold and its job does not read."""


def jobs(folder: Path) -> Iterator[tuple[str, list[str], list[str]]]:
    """Yield rule, files read and command of one job of every rule that reads files."""
    told = run(folder, "snakemake", "--detailed-summary", "all", *TINY)
    table = csv.DictReader(
        io.StringIO(told[told.index("output_file\t") :]), delimiter="\t", quoting=csv.QUOTE_NONE
    )
    seen = set(FETCHES)
    for row in table:
        inputs = [name for name in row["input-file(s)"].split(",") if name not in ("", "-")]
        command = re.sub(r"&?\d?>.*", "", row["shellcmd"])
        if row["rule"] not in seen and inputs and command.startswith("orthrus "):
            seen.add(row["rule"])
            yield row["rule"], inputs, shlex.split(command)[1:]


def read_by(folder: Path, rule: str, inputs: list[str]) -> list[Path]:
    """Return one file of each kind among the inputs; of a folder every file is of its own kind."""
    kinds = {}
    for name in inputs:
        top = folder / name
        for path in [top] if top.is_file() else sorted(top.rglob("*")):
            unread = re.search(UNREAD.get(rule, "$."), path.as_posix())
            if path.is_file() and path.stat().st_size and not unread:
                stage = path.relative_to(folder).parts[:3]
                within = path.relative_to(top) if top.is_dir() else path.suffix
                kinds.setdefault((stage, within), path)
    return list(kinds.values())


def state(folder: Path) -> dict[Path, int]:
    """Return all files below a folder, and when each was written."""
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}


def test_every_job_notices(finished, tmp_path, monkeypatch):
    folder = tmp_path / "clone"
    shutil.copytree(finished, folder, symlinks=True)
    monkeypatch.chdir(folder)
    unnoticed, rules = [], set()
    for rule, inputs, command in jobs(folder):
        rules.add(rule)
        for path in read_by(folder, rule, inputs):
            sound = path.read_bytes()
            flip(path)
            before = state(folder / "results")
            told = CliRunner().invoke(app, command)
            if not isinstance(told.exception, OrthrusError) or state(folder / "results") != before:
                unnoticed.append((rule, str(path.relative_to(folder)), repr(told.exception)))
            path.write_bytes(sound)
    assert unnoticed == []
    assert len(rules) >= 15
