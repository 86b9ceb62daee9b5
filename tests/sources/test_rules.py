from __future__ import annotations

import hashlib
import json
import re
import sys
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml
from workflow_helpers import ROOT as REPOSITORY
from workflow_helpers import clone, run

from orthrus.sources.toga import ROOT
from orthrus.sources.toga_queries import COLUMNS

FILES = {"a.org/pub/genome.fa": ">chr1\nACGT\n", "a.org/pub/table.txt": "a table\n"}
PROJECTION = "ENST00000367064.CD55.8"
ODD = f"{ROOT}/human_hg38_reference/Rodentia/Castor_canadensis__Baird's $(touch hit) beaver__own2"
QUERY = {
    "a.org/pub/query.fa": f">chr1\n{'ACGT' * 30}\n",
    f"{ODD}/annotation.bed": f"chr1\t10\t100\t{PROJECTION}\t0\t+\t10\t100\t0\t1\t90,\t0,\n",
    f"{ODD}/orthology.tsv": f"ENSG1\tENST00000367064.CD55\treg_1\t{PROJECTION}\tone2one\n",
    f"{ODD}/loss.tsv": f"PROJECTION\t{PROJECTION}\tI\n",
}
"""A query in a folder whose name means something to a shell."""
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


def add(folder: Path, files: dict[str, str]) -> None:
    """Write files into the mirror of a clone."""
    for path, text in files.items():
        place = folder / "mirror" / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A clone with a build of two files and a mirror that has them."""
    add(tmp_path, FILES)
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


def test_rules_quote_all_but_ready_made_options() -> None:
    ready = {"params.options", "params.settings", "params.mirror", "params.pin"}
    ready |= {"params.orthologs", "params.homology"}
    for path in sorted((REPOSITORY / "rules").glob("*.smk")):
        for shell in re.findall(r"shell:\n((?:\s+\".*\"\n)+)", path.read_text()):
            assert set(re.findall(r"\{([^{}:]+)\}", shell)) <= ready, f"{path}: {shell}"


def test_no_name_on_a_server_reaches_the_shell(folder: Path) -> None:
    add(folder, QUERY)
    digest = hashlib.md5(QUERY[f"{ODD}/loss.tsv"].encode()).hexdigest()
    row = ("own2.toga_hg38", "Castor canadensis", "51338", *QUERY, digest)
    lines = ("\t".join((*COLUMNS, "loss_md5")), "\t".join(row))
    (folder / "queries.tsv").write_text("\n".join(lines) + "\n")
    build = yaml.safe_load((folder / "mine.yaml").read_text())
    (folder / "mine.yaml").write_text(
        yaml.safe_dump(build | {"toga": {"queries": "queries.tsv"}, "resources": "Baird's files"})
    )
    made = "results/mine/annotation/own2.toga_hg38/transcripts.parquet"
    told = workflow(folder, "-p", VERIFIED, made)
    assert told.count(f"--md5 {digest}") == 1
    rows = (folder / VERIFIED).read_text().splitlines()[1:]
    assert [row.split("\t")[0] for row in rows] == sorted([*FILES, *QUERY])
    assert pl.read_parquet(folder / made)["transcript_id"].to_list() == [PROJECTION]
    assert not (folder / "hit").exists()
