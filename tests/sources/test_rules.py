from __future__ import annotations

import sys
from pathlib import Path

import pytest
import yaml
from workflow_helpers import clone, run

FILES = {"a.org/pub/genome.fa": ">chr1\nACGT\n", "a.org/pub/table.txt": "a table\n"}
VERIFIED = "results/mine/sources/verified.tsv"
LOCAL_RULES = """
import sys
from pathlib import Path
from snakemake.api import SnakemakeApi
from snakemake.settings.types import ConfigSettings, ResourceSettings
values = {"build": "mine.yaml", "mirror": "mirror", "sources": {"fetch_on": sys.argv[1]}}
with SnakemakeApi() as api:
    chosen = api.workflow(
        ResourceSettings(), ConfigSettings(config=values), snakefile=Path("workflow/Snakefile")
    )
    chosen.list_rules()
    print(*chosen._workflow._localrules)  # no public name tells where a rule runs
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A clone with a build of two files and a mirror that has them."""
    for path, text in FILES.items():
        place = tmp_path / "mirror" / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
    genome, table = FILES
    reference = {"species": "Mus musculus", "genome": genome, "table": table}
    build = {"name": "mine", "references": {"mine.own": reference}}
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump(build))
    return clone(tmp_path)


def workflow(folder: Path, *words: str, sources: str = "{}") -> str:
    config = ("--config", "build=mine.yaml", "mirror=mirror", f"sources={sources}")
    return run(folder, "snakemake", "--cores", "2", *words, *config)


@pytest.mark.parametrize("place", ["head", "node"])
def test_files_are_fetched_where_the_build_says(folder: Path, place: str) -> None:
    told = run(folder, sys.executable, "-c", LOCAL_RULES, place).splitlines()[-1].split()
    assert "sources_lock" in told
    fetching = {"sources_fetch", "sources_fetch_query_genome"}
    assert fetching & set(told) == (fetching if place == "head" else set())


def test_how_files_are_fetched_reruns_nothing(folder: Path) -> None:
    workflow(folder, VERIFIED)
    rows = (folder / VERIFIED).read_text().splitlines()[1:]
    assert [row.split("\t")[0] for row in rows] == list(FILES)
    slower = "{retries: 9, insecure_hosts: [a.org], fetch_on: node}"
    assert "Nothing to be done" in workflow(folder, "-n", VERIFIED, sources=slower)
