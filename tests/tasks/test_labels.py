from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from tasks_helpers import gene_store, transcript

from orthrus.errors import OrthrusError
from orthrus.tasks.labels import Labels, attach, find
from orthrus.transcripts.store import Store


def labels(*genes: tuple[str | None, str | None]) -> Labels:
    frame = pl.DataFrame(genes, schema={"gene_id": pl.String, "gene_name": pl.String}, orient="row")
    return Labels(frame, np.arange(len(genes), dtype=float)[:, None], ("value",))


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return gene_store(
        tmp_path / "a.zarr",
        [
            transcript("ENST01.1", "ENSG00000000001.4", "Abc", length=12),
            transcript("ENST02.1", "ENSG00000000001.4", "Abc", cds=(0, 12), length=15),
            transcript("ENST03.1", "ENSG00000000002.1", "Twin"),
            transcript("ENST04.1", "ENSG00000000003.1", "TWIN"),
            transcript("ENST05.1", None, "Loner"),
        ],
    )


def test_genes_get_their_chosen_isoform_in_the_order_of_labels(store: Store) -> None:
    made = attach(labels((None, "LONER"), ("ENSG00000000001", "Abc")), store, None)
    assert made.rows["transcript_id"].to_list() == ["ENST05.1", "ENST02.1"]
    assert made.rows["codes"].to_list() == [bytes(store["ENST05.1"]), bytes(store["ENST02.1"])]
    assert made.rows["gene_id"].to_list() == [None, "ENSG00000000001.4"]
    assert made.targets.tolist() == [[0], [1]]
    assert made.facts["matched_by_symbol"] == 1


def test_what_finds_no_gene_is_counted(store: Store) -> None:
    made = attach(
        labels(
            ("ENSG00000000001.9", "Twin"),  # the identifier counts, not the symbol
            ("ENSG00000000009", "Abc"),  # an unknown identifier leaves the symbol
            ("ENSG00000000008", "Twin"),
            ("ENSG00000000007", "none"),
            (None, None),
        ),
        store,
        None,
    )
    assert made.rows["transcript_id"].to_list() == ["ENST02.1"]
    assert made.targets.tolist() == [[0]]
    assert made.dropped == {"unmatched": 2, "ambiguous": 1, "repeated": 1}
    assert made.facts["unmatched_examples"] == ["ENSG00000000007", None]


def test_no_gene_of_the_store(store: Store) -> None:
    with pytest.raises(OrthrusError, match="holds none of the 1 genes of the labels, such as X1;"):
        attach(labels(("X1", None)), store, None)
    with pytest.raises(OrthrusError, match="holds none of the 1 genes of the labels, such as twin"):
        attach(labels((None, "twin")), store, None)


def test_finding_equals_a_search_one_by_one() -> None:
    rng = np.random.default_rng(0)
    ids = [f"ENSG{n:011}" for n in range(12)]
    names = ["a", "B", "c", "C", "d", ""]

    def draw(n: int, *, unique: bool) -> pl.DataFrame:
        chosen = rng.permutation(ids)[:n] if unique else rng.choice(ids, n)
        versioned = [
            None if rng.random() < 0.3 else f"{one}.{rng.integers(1, 9)}" for one in chosen
        ]
        symbols = [None if rng.random() < 0.2 else str(rng.choice(names)) for _ in range(n)]
        frame = {"gene_id": versioned, "gene_name": symbols}
        return pl.DataFrame(frame, schema=dict.fromkeys(frame, pl.String))

    for _ in range(30):
        genes, table = draw(15, unique=False), draw(8, unique=True)
        found = find(genes, table).select("at", "ambiguous").rows()
        known = table.rows()
        for (gene, name), result in zip(genes.rows(), found, strict=True):
            by_id = [
                at for at, (other, _) in enumerate(known)
                if gene and other and gene.split(".")[0] == other.split(".")[0]
            ]  # fmt: skip
            by_name = [
                at for at, (_, other) in enumerate(known)
                if name and other and name.lower() == other.lower()
            ]  # fmt: skip
            several = not by_id and len(by_name) > 1
            hits = by_id or ([] if several else by_name)
            assert result == (hits[0] if hits else None, several)


def test_few_genes_in_the_store_are_refused(tmp_path: Path) -> None:
    store = gene_store(
        tmp_path / "b.zarr",
        [transcript(f"ENST{n:02}.1", f"ENSG{n:011}.4", f"S{n}", length=12) for n in range(40)],
    )
    others = labels(*((f"ENSG{n:011}", None) for n in range(39, 79)))
    message = (
        r"hl\.tsv: names only 1 of the genes of the store \(1 of 40, less than tasks\.min_matched ="
    )
    with pytest.raises(OrthrusError, match=message):
        attach(others, store, None, source="hl.tsv")
    assert len(attach(others, store, None, least=0.02).rows) == 1


def test_ids_however_they_are_written(store: Store) -> None:
    made = attach(labels(("gene:ENSG00000000001.4_7", None), (" LONER", "Loner ")), store, None)
    assert made.rows["transcript_id"].to_list() == ["ENST02.1", "ENST05.1"]
