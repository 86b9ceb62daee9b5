from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from orthrus.errors import OrthrusError
from orthrus.tasks import fazal

PLACES = ("ERM", "KDEL", "Mito", "OMM", "NES", "NIK", "NLS", "LMA")
HEADER = ["Ensembl_Gene", "Common_Gene", *(f"{place}_log2FC" for place in PLACES), "Orphan"]


def write(path: Path, rows: list[list[Any]], sheet: str = fazal.SHEET) -> Path:
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    page.title = sheet
    for row in rows:
        page.append(row)
    book.save(path)
    return path


def test_labels_below_a_title(tmp_path: Path) -> None:
    changes = [2.5, -1, 0, 0, 1.9, -3, 0, 0.5]
    path = write(
        tmp_path / "a.xlsx",
        [
            ["Table S3", None],
            HEADER,
            ["ENSG00000000003.14", "TSPAN6", *changes, 1],
            ["ENSG00000000419.12", None, *[0.0] * 8, None],
            [None, "a remark"],
            ["ENSG00000000457.13", "SCYL3", *[0.0] * 7, "NA", None],
        ],
    )
    labels = fazal.read_fazal(path)
    assert labels.names == PLACES
    assert labels.genes.rows() == [
        ("ENSG00000000003.14", "TSPAN6"),
        ("ENSG00000000419.12", None),
        ("ENSG00000000457.13", "SCYL3"),
    ]
    total = sum(2**change for change in changes)
    expected = [[float(2**change / total >= 0.125) for change in changes], [1] * 8, [np.nan] * 8]
    np.testing.assert_array_equal(labels.targets, expected)
    assert labels.targets[0].tolist() == [1, 0, 0, 0, 1, 0, 0, 0]


@given(arrays(np.float64, (4, 8), elements=st.floats(-20, 20)))
def test_shares_equal_the_oracle(changes: np.ndarray) -> None:
    for row, found in zip(changes, fazal.shares(changes), strict=True):
        folds = np.exp2(row)
        assert found.tolist() == [float(fold / folds.sum() >= 0.125) for fold in folds]


@pytest.mark.parametrize(
    ("rows", "sheet", "message"),
    [
        ([HEADER], "Other", "has no sheet 'Gene lists and orphans', but Other"),
        ([["gene"], ["x"]], fazal.SHEET, "has no columns Ensembl_Gene and Common_Gene"),
        ([HEADER[:9]], fazal.SHEET, "7 columns have log2FC in their name, not 8"),
    ],
)
def test_another_workbook_is_one_line(
    tmp_path: Path, rows: list[list[Any]], sheet: str, message: str
) -> None:
    path = write(tmp_path / "a.xlsx", rows, sheet)
    with pytest.raises(OrthrusError, match=message) as error:
        fazal.read_fazal(path)
    assert "\n" not in str(error.value)


def test_a_file_of_another_format(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    path.write_text("<html>access denied</html>")
    with pytest.raises(OrthrusError, match="is no Excel workbook; fetch Fazal's table S3 again"):
        fazal.read_fazal(path)


def test_a_damaged_workbook(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("xl/workbook.xml", "<")
    with pytest.raises(OrthrusError, match=r"the workbook is damaged \(.*\); fetch it again"):
        fazal.read_fazal(path)
