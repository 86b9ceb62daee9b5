from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pyarrow.parquet as pq
import pytest
from transcripts_helpers import Transcript, annotated_frames, table

from orthrus import schemas
from orthrus.errors import OrthrusError
from orthrus.relations.store_tables import FACTS
from orthrus.transcripts.store_table import check_exons, write_table


def genes(count: int, isoforms: int) -> pl.DataFrame:
    """Genes one behind the other, whose isoforms differ by one exon."""
    rng = np.random.default_rng(1)
    rows = []
    for gene in range(count):
        places = 20_000 * gene + np.cumsum(rng.integers(50, 900, 20)).reshape(-1, 2)
        whole = [(int(start), int(end)) for start, end in places]
        for isoform in range(isoforms):
            exons = [exon for number, exon in enumerate(whole) if number != isoform]
            cds = (exons[0][0] + 10, exons[-1][1] - 10)
            frames = annotated_frames(exons, cds, "+")
            name = f"G{gene:05}"
            rows.append(Transcript(f"{name}.{isoform}", "c", "+", exons, frames, cds, name))
    return table(rows)


@pytest.mark.parametrize("frame", [genes(60, 6), genes(60, 1), genes(1, 1), genes(60, 6)[:0]])
def test_is_read_by_polars_and_arrow(tmp_path: Path, frame: pl.DataFrame) -> None:
    path = tmp_path / "table.parquet"
    write_table(frame, path)
    assert schemas.read_table(path, schemas.TRANSCRIPTS).equals(frame)
    assert pl.from_arrow(pq.read_table(path), schema=frame.schema).equals(frame)


def test_takes_less_than_any_table_and_is_the_same_again(tmp_path: Path) -> None:
    frame = genes(600, 6)
    schemas.write_table(frame, tmp_path / "any", schemas.TRANSCRIPTS)
    for name in ("one", "two"):
        write_table(frame, tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    size, other = ((tmp_path / name).stat().st_size for name in ("one", "any"))
    assert size < 0.85 * other


def test_relations_find_what_they_ask_of_statistics(tmp_path: Path) -> None:
    write_table(genes(3, 2), tmp_path / "table.parquet")
    group = pq.read_metadata(tmp_path / "table.parquet").row_group(0)
    columns = [group.column(at) for at in range(group.num_columns)]
    known = {column.path_in_schema for column in columns if column.is_stats_set}
    assert known >= set(FACTS)


def test_a_broken_contract_is_named(tmp_path: Path) -> None:
    with pytest.raises(OrthrusError, match="table transcripts: missing columns: length"):
        write_table(genes(1, 1).drop("length"), tmp_path / "table.parquet")
    assert list(tmp_path.iterdir()) == []


GOOD = Transcript("good", "c", "+", [(0, 3), (3, 5)], [0, 0], (0, 5))


def test_abutting_exons_pass() -> None:
    check_exons(table([GOOD]))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"exon_ends": [3]}, "differ in length"),
        ({"exon_frames": [0, 0, 0]}, "differ in length"),
        ({"exon_starts": [], "exon_ends": [], "exon_frames": []}, "differ in length or are empty"),
        ({"exon_starts": [0, None]}, "coordinate is null"),
        ({"strand": "."}, "strand is not"),
        ({"exon_starts": [-1, 3], "length": 6}, "starts before 0"),
        ({"exon_ends": [0, 5], "length": 2}, "an exon is empty"),
        ({"exon_starts": [0, 2], "length": 6}, "overlap or are out of order"),
        ({"exon_frames": [0, 3]}, "frame is not"),
        ({"length": 4}, "length is not the sum"),
        ({"cds_end": None}, "only one of cds_start and cds_end"),
    ],
)
def test_the_first_transcript_at_fault_is_named(changes: dict[str, object], message: str) -> None:
    bad = Transcript("bad", "c", "+", [(0, 3), (3, 5)], [0, 0], (0, 5), extra=changes)
    with pytest.raises(OrthrusError, match=f"^transcript bad: .*{message}"):
        check_exons(pl.concat([table([GOOD]), table([bad])]))
