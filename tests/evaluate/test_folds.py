from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from evaluate_helpers import splits_table, task_table

from orthrus import schemas
from orthrus.errors import OrthrusError
from orthrus.evaluate import folds

SPLITS = pl.DataFrame(
    [
        ("Homo sapiens", "ENSG01.4", "TP53", 1, 7, "train"),
        ("Homo sapiens", "ENSG02", "BRCA1", 2, 7, "test"),
        ("Homo sapiens", "ENSG03", "DUP", 3, 7, "train"),
        ("Homo sapiens", "ENSG04", "DUP", 4, 7, "test"),
        ("Homo sapiens", "ENSG05", "TWIN", 5, 7, "val"),
        ("Homo sapiens", "ENSG06", "TWIN", 5, 7, "val"),
        ("Homo sapiens", "XLOC.1", None, 6, 7, "val"),
    ],
    schema=schemas.SPLITS.schema,
    orient="row",
)


def found(*rows: tuple[str | None, str | None]) -> list[str | None]:
    task = pl.DataFrame(rows, schema={"gene_id": pl.String, "gene_name": pl.String}, orient="row")
    return folds.genes(task, SPLITS).to_list()


def test_identifier_without_version() -> None:
    assert found(("ENSG01", None), ("ENSG02.9", None)) == ["ENSG01.4", "ENSG02"]


def test_other_identifiers_keep_their_dots() -> None:
    assert found(("XLOC.1", None), ("XLOC", None)) == ["XLOC.1", None]


def test_symbol_in_any_case_where_the_identifier_is_unknown() -> None:
    assert found((None, "tp53"), ("ENSG99", "Brca1"), (None, "nowhere"), (None, None)) == [
        "ENSG01.4", "ENSG02", None, None,
    ]  # fmt: skip


def test_symbol_of_several_homology_groups_finds_none() -> None:
    assert found((None, "DUP"), (None, "TWIN")) == [None, "ENSG05"]


def test_folds_of_a_seed() -> None:
    genes = pl.Series(["ENSG02", None, "ENSG01.4"])
    assert folds.of_seed(genes, SPLITS, 7, Path("s.parquet")).to_list() == ["test", None, "train"]


def test_unknown_seed() -> None:
    with pytest.raises(
        OrthrusError, match=r"s.parquet: has no split of seed 5; its seeds are 1, 2"
    ):
        folds.of_seed(pl.Series(["G0"]), splits_table(5, (1, 2)), 5, Path("s.parquet"))


def test_the_human_map_is_refused_for_mouse_though_symbols_meet() -> None:
    mouse = task_table([b"\0"], [[0.0]]).with_columns(
        species=pl.lit("Mus musculus"), gene_id=pl.lit("ENSMUSG01"), gene_name=pl.lit("Tp53")
    )
    assert folds.genes(mouse, SPLITS).to_list() == ["ENSG01.4"]
    message = r"s.parquet: is of Homo sapiens, but t.parquet is of Mus musculus; give that of its"
    with pytest.raises(OrthrusError, match=message):
        folds.of_task(mouse, Path("t.parquet"), SPLITS, Path("s.parquet"))
    human = mouse.with_columns(species=pl.lit("Homo sapiens"))
    assert folds.of_task(human, Path("t"), SPLITS, Path("s")).to_list() == ["ENSG01.4"]


def test_splits_that_know_few_genes_of_a_task_are_refused() -> None:
    one = task_table([b"\0"], [[0.0]]).with_columns(species=pl.lit("Homo sapiens"))
    known = one.with_columns(gene_id=pl.lit("ENSG01"))
    stray = one.with_columns(gene_id=pl.lit("ENSG99"), gene_name=pl.lit(None, pl.String))
    table = pl.concat([known, *[stray] * 19])
    message = r"s: has the genes of only 1 of 20 transcripts of t, less than min_matched = 0.1"
    with pytest.raises(OrthrusError, match=message):
        folds.of_task(table, Path("t"), SPLITS, Path("s"), 0.1)
    assert folds.of_task(table, Path("t"), SPLITS, Path("s"), 0.05).null_count() == 19
