from __future__ import annotations

from pathlib import Path

import pytest
from sources_helpers import QUERY

from orthrus.errors import OrthrusError
from orthrus.sources.toga_queries import COLUMNS, read_queries

HEADER = "\t".join(COLUMNS)
LINE = "\t".join(QUERY)


def written(folder: Path, *lines: str) -> Path:
    (folder / "q.tsv").write_text("".join(f"{line}\n" for line in lines))
    return folder / "q.tsv"


def test_other_columns_and_blank_lines_do_no_harm(tmp_path: Path) -> None:
    found = read_queries(written(tmp_path, f"{HEADER}\torder", "", f"{LINE}\tCarnivora"), ())
    assert found == {QUERY[0]: dict(zip((*COLUMNS, "order"), (*QUERY, "Carnivora"), strict=True))}


def test_files_may_be_pinned_and_loss_classes_absent(tmp_path: Path) -> None:
    row = "\t".join((*QUERY[:-1], "", "a" * 32))
    found = read_queries(written(tmp_path, f"{HEADER}\tbed_md5", row), ())
    assert (found[QUERY[0]]["loss"], found[QUERY[0]]["bed_md5"]) == ("", "a" * 32)
    with pytest.raises(OrthrusError, match=r"q\.tsv, line 2: loss_md5 'b' is not an MD5"):
        read_queries(written(tmp_path, f"{HEADER}\tloss_md5", f"{LINE}\tb"), ())


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ((LINE, LINE), "line 3: canFam3.toga_hg38 is listed twice"),
        ((LINE.replace("9615", "dog"),), "line 2: taxon_id 'dog' is not a number"),
        (("\t".join(("", *QUERY[1:])),), "line 2: annotation_set is empty"),
        ((LINE.replace("Canis lupus", ""),), "line 2: species is empty"),
        ((LINE.rpartition("\t")[0],), "line 2: not 7 tab-separated fields"),
        (("x" * 200_000,), "line 2: not 7 tab-separated fields"),
    ],
)
def test_bad_lists(tmp_path: Path, lines: tuple[str, ...], message: str) -> None:
    with pytest.raises(OrthrusError, match=rf"q\.tsv, {message}"):
        read_queries(written(tmp_path, HEADER, *lines), ())
