from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from evaluate_helpers import random_codes, task_table

from orthrus import schemas
from orthrus.config.relations import SplitSettings
from orthrus.errors import OrthrusError
from orthrus.evaluate import folds
from orthrus.tasks.splits import split


def test_genes_are_split_and_their_transcripts_stay_together() -> None:
    task = task_table(random_codes(120), [[0.0]] * 120).with_columns(
        gene_id=pl.Series([f"ENSG{row // 3:011}.{row}" for row in range(60)] + [None] * 60),
        gene_name=pl.Series([None] * 60 + [f"Sym{row // 2}" for row in range(60)]),
    )
    made = schemas.check(split(task, SplitSettings(seeds=(1, 2))), schemas.SPLITS)
    assert made.height == 2 * (20 + 30)
    found = folds.genes(task, made)
    assert found.null_count() == 0
    per_gene = pl.DataFrame({"found": found, "row": range(120)}).group_by("found").len()
    assert sorted(per_gene["len"]) == [2] * 30 + [3] * 20
    shares = made.filter(seed=1)["fold"].value_counts(sort=True)["count"].to_numpy() / 50
    np.testing.assert_allclose(shares, [0.70, 0.15, 0.15], atol=0.02)
    assert made.filter(seed=1)["fold"].to_list() != made.filter(seed=2)["fold"].to_list()


def test_fewer_genes_than_folds() -> None:
    with pytest.raises(OrthrusError, match="the task's 2 genes: 2 groups cannot fill 3 folds"):
        split(task_table(random_codes(2), [[0.0]] * 2), SplitSettings())
