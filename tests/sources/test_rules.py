from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from workflow_helpers import clone, run

FILES = {"a.org/pub/genome.fa": ">chr1\nACGT\n", "a.org/pub/table.txt": "a table\n"}
VERIFIED = "results/mine/sources/verified.tsv"
RULES = """
import json, sys
from pathlib import Path
from snakemake.api import SnakemakeApi
from snakemake.settings.types import ConfigSettings, ResourceSettings
values = {"build": "mine.yaml", "mirror": "mirror", "sources": {"fetch_on": sys.argv[1]}}
with SnakemakeApi() as api:
    chosen = api.workflow(
        ResourceSettings(), ConfigSettings(config=values), snakefile=Path("workflow/Snakefile")
    )
    chosen.list_rules()
    made = chosen._workflow  # no public name tells where a rule runs, and which goes first
    first = {rule.name: rule.priority for rule in made.rules}
    print(json.dumps({"local": sorted(made._localrules), "priority": first}))
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


def rules(folder: Path, place: str) -> dict[str, Any]:
    """Return the names of local rules, and the priority of each rule."""
    told = run(folder, sys.executable, "-c", RULES, place)
    found: dict[str, Any] = json.loads(told.splitlines()[-1])
    return found


@pytest.mark.parametrize("place", ["head", "node"])
def test_files_are_fetched_where_the_build_says(folder: Path, place: str) -> None:
    found = rules(folder, place)
    assert "sources_lock" in found["local"]
    fetching = {"sources_fetch", "sources_fetch_query_genome"}
    assert fetching & set(found["local"]) == (fetching if place == "head" else set())
    # Query genomes come last and are encoded first, so that few of them take up disk.
    order = ("sources_fetch_query_genome", "sources_fetch", "transcripts")
    ranks = [found["priority"][name] for name in order]
    assert ranks == sorted(set(ranks))
    assert found["priority"]["annotation"] == found["priority"]["transcripts"]


def test_how_files_are_fetched_reruns_nothing(folder: Path) -> None:
    workflow(folder, VERIFIED)
    rows = (folder / VERIFIED).read_text().splitlines()[1:]
    assert [row.split("\t")[0] for row in rows] == list(FILES)
    slower = "{retries: 9, insecure_hosts: [a.org], fetch_on: node}"
    assert "Nothing to be done" in workflow(folder, "-n", VERIFIED, sources=slower)
