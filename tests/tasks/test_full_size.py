"""Published decay rates and half-lives at full size, from the table of labels to the report.

The genes are real and so are their labels; their sequences are made here, with a base composition
that follows the label, so that a probe has something to find.
"""

from __future__ import annotations

import csv
import gzip
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from tasks_helpers import transcript, transcript_table
from typer.testing import CliRunner

from orthrus import schemas
from orthrus.cli import app
from orthrus.evaluate import embeddings_io
from orthrus.transcripts.store import write_store

PARALOGS = "mirror/www.ensembl.org/biomart/human_paralogs.tsv.gz"
ROWS, LENGTH, K = 5_000, 90, 3


@dataclass(frozen=True)
class Published:
    """A table of labels: its file, separator, columns of genes and labels, and number of genes."""

    file: str
    separator: str
    gene: str
    label: str
    n: int


SOURCES = {
    "decay": Published(
        "mzt_decay/zebrafish_decay_rates.csv.gz", ",", "Gene_ID", "decay_rate", 15_104
    ),
    "half_life": Published(
        "saluki/all_HLs_human_PC1.txt.gz", "\t", "ensembl_gene_id", "human_PC1", 13_921
    ),
}


def orthrus(*words: object) -> None:
    result = CliRunner().invoke(app, [str(word) for word in words], catch_exceptions=False)
    assert result.exit_code == 0, result.output


def labels_of(path: Path, source: Published) -> dict[str, float]:
    with gzip.open(path, "rt") as lines:
        rows = csv.DictReader(lines, delimiter=source.separator)
        return {row[source.gene]: float(row[source.label]) for row in rows}


def write_genes(path: Path, labels: dict[str, float]) -> None:
    """Write a store with a transcript per gene; the higher its label, the richer in G and C."""
    rows = [transcript(f"{gene}.t", gene, length=LENGTH) for gene in labels]
    rng = np.random.default_rng(1)
    ranks = np.argsort(np.argsort(list(labels.values()))) / len(labels)
    strong = rng.random((len(rows), LENGTH)) < 0.3 + 0.4 * ranks[:, None]
    codes = np.where(strong, 1, 0) + np.where(rng.random(strong.shape) < 0.5, 0, 3 - 2 * strong)
    offsets = np.arange(len(rows) + 1) * LENGTH
    table, about = transcript_table(rows), {"annotation_set": "test1.made"}
    flat = codes.astype(np.uint8).ravel()
    write_store(path, flat, offsets, table, schemas.DROPPED.empty(), about)


def write_kmers(task: Path, path: Path) -> None:
    """Write the number of every k-mer in the transcripts of a task as their embeddings."""
    frame = schemas.read_table(task, schemas.TASK)
    codes = np.frombuffer(b"".join(frame["codes"]), dtype=np.uint8).reshape(-1, LENGTH)
    words = sum(4**at * codes[:, at : LENGTH - K + 1 + at].astype(np.int64) for at in range(K))
    counts = np.zeros((len(codes), 4**K), dtype=np.float32)
    np.add.at(counts, (np.arange(len(codes))[:, None], words), 1)
    embeddings_io.write_embeddings(path, frame["transcript_id"], counts)


@pytest.mark.slow
@pytest.mark.parametrize("name", SOURCES)
def test_from_published_labels_to_the_report(real_data: Path, tmp_path: Path, name: str) -> None:
    source, results = SOURCES[name], tmp_path / "results"
    path = real_data / "labels" / source.file
    labels = labels_of(path, source)
    assert len(labels) == source.n
    store = tmp_path / "made.zarr"
    write_genes(store, labels)

    chosen = (f"--set=custom.labels=[{source.label}]", f"--set=custom.id={source.gene}")
    orthrus("tasks", "add", path, "--store", store, "-o", tmp_path / "all.parquet", *chosen)
    everything = schemas.read_table(tmp_path / "all.parquet", schemas.TASK)
    assert (
        dict(zip(everything["gene_id"], everything["target"].list.first(), strict=True)) == labels
    )

    some = pl.DataFrame({"gene": labels.keys(), name: labels.values()}).sample(ROWS, seed=0)
    some.write_csv(tmp_path / "some.csv")
    task = results / f"tasks/{name}.parquet"
    orthrus("tasks", "add", tmp_path / "some.csv", "--store", store, "-o", task)
    splits, kind = tmp_path / "splits.parquet", "random"
    if name == "half_life":
        kind = "homology"
        groups, report = tmp_path / "homology.parquet", tmp_path / "leakage.json"
        accept = "--set=identity_missing=accept"
        orthrus("relations", "homology", real_data / PARALOGS, store, "-o", groups, accept)
        split = ("--split", kind, "-o", splits, "--leakage", report)
        orthrus("relations", "split", groups, store, *split)
    else:
        orthrus("tasks", "split", task, "-o", splits)

    write_kmers(task, tmp_path / "kmers.parquet")
    probe = results / f"evaluate/probe/{kind}/{name}/kmers.parquet"
    named = ("--model", "kmers", "--split", kind)
    orthrus("evaluate", "probe", task, tmp_path / "kmers.parquet", splits, "-o", probe, *named)
    scores = schemas.read_table(probe, schemas.PROBE)
    assert scores["seed"].n_unique() == 10
    assert (
        (scores.select(pl.sum_horizontal("n_train", "n_val", "n_test")) == ROWS).to_series().all()
    )
    assert scores.filter(metric="pearson_r")["value"].min() > 0.5

    page = tmp_path / "index.html"
    orthrus("report", "build", results, "-o", page)
    assert f"{ROWS:,} of {ROWS:,}" in page.read_text()
