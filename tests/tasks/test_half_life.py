from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tasks_helpers import write_lines

from orthrus.errors import OrthrusError
from orthrus.tasks import half_life

HEADER = ("ensembl_gene_id", "external_gene_name", "human_PC1")


def test_real_rows(tmp_path: Path) -> None:
    path = write_lines(
        tmp_path / "a.txt",
        HEADER,
        ("ENSG00000000003", "TSPAN6", "8.66095460281751"),
        ("ENSG00000000457", "SCYL3", "-6.92917289890567"),
        ("ENSG00000000460", "", "NA"),
    )
    labels = half_life.read_half_life(path, "human_PC1")
    assert labels.genes.rows() == [
        ("ENSG00000000003", "TSPAN6"), ("ENSG00000000457", "SCYL3"), ("ENSG00000000460", None)
    ]  # fmt: skip
    np.testing.assert_array_equal(
        labels.targets[:, 0], [8.66095460281751, -6.92917289890567, np.nan]
    )


def test_the_table_of_the_other_species(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "a.txt", HEADER, ("ENSG00000000003", "TSPAN6", "8.7"))
    with pytest.raises(OrthrusError, match="is not Saluki's table of mouse_PC1: it has no column"):
        half_life.read_half_life(path, "mouse_PC1")


def test_a_value_that_is_no_number(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "a.txt", HEADER, ("ENSG00000000003", "TSPAN6", "high"))
    with pytest.raises(OrthrusError, match="'high' in column 'human_PC1' is not a number"):
        half_life.read_half_life(path, "human_PC1")
