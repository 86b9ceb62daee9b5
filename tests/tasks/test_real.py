"""Real labels and the transcripts of the real mirror, row by row against a slow search."""

from __future__ import annotations

import csv
import gzip
import math
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

import polars as pl
import pytest
from tasks_helpers import write_lines

from orthrus import schemas
from orthrus.config.evaluate import ProbeSettings
from orthrus.config.relations import SplitSettings
from orthrus.config.tasks import FunctionSettings, TaskSettings
from orthrus.errors import OrthrusError
from orthrus.evaluate import embeddings_io
from orthrus.evaluate.run_probe import benchmark
from orthrus.files import write_json
from orthrus.tasks.build import TaskSources, build
from orthrus.tasks.splits import split
from orthrus.transcripts.store import Store

MakeStore = Callable[[str], Store]
SALUKI, HPA = "saluki/all_HLs_{}_PC1.txt.gz", "hpa/subcellular_location.v18.1.tsv.gz"
APPRIS = "appris/appris_data.principal.txt.gz"


@pytest.fixture(scope="session")
def labels(real_data: Path) -> Path:
    return real_data / "labels"


def lines(path: Path) -> Iterator[dict[str, str]]:
    with gzip.open(path, "rt") as handle:
        yield from csv.DictReader(handle, delimiter="\t", quoting=csv.QUOTE_NONE)


def bare(name: str) -> str:
    found = re.fullmatch(r"(ENS[A-Z]*\d+|[NX][MR]_\d+)\.\d+", name)
    return found[1] if found else name


def slow_choice(store: Store, appris: Path | None) -> dict[str, dict[str, object]]:
    """The best row of every gene, under its identifier, else its symbol in lower case."""
    ranks: dict[str, int] = {}
    if appris:
        with gzip.open(appris, "rt") as handle:
            for _, _, name, _, kind in csv.reader(handle, delimiter="\t"):
                word, number = kind.split(":")
                ranks[bare(name)] = int(number) + 10 * (word == "ALTERNATIVE")
    best: dict[str, tuple[tuple[object, ...], dict[str, object]]] = {}
    for row in store.table.iter_rows(named=True):
        gene = (row["gene_id"] and bare(row["gene_id"])) or (row["gene_name"] or "").lower()
        rank = ranks.get(bare(row["transcript_id"]), 99)
        for tag in [] if appris else row["tags"]:
            if found := re.fullmatch(r"appris_(principal|alternative)_(\d)", tag):
                rank = min(rank, int(found[2]) + 10 * (found[1] == "alternative"))
        cds = (row["mature_cds_end"] or 0) - (row["mature_cds_start"] or 0)
        mane = "MANE_Select" in row["tags"]
        key = (rank, not mane, -cds, -row["length"], row["transcript_id"])
        if gene and (gene not in best or key < best[gene][0]):
            best[gene] = (key, row)
    return {gene: row for gene, (_, row) in best.items()}


def slow_join(
    store: Store, appris: Path | None, genes: list[tuple[str | None, str, list[float]]]
) -> dict[str, list[float]]:
    """The transcript and the targets of every (identifier, symbol, targets) that is found."""
    chosen = slow_choice(store, appris)
    symbols: dict[str, list[str]] = defaultdict(list)
    for gene, row in chosen.items():
        symbols[str(row["gene_name"]).lower()].append(gene)
    found: dict[str, list[float]] = {}
    for identifier, symbol, targets in genes:
        hits = [identifier] if identifier in chosen else symbols.get(symbol.lower(), [])
        if len(hits) == 1 and all(map(math.isfinite, targets)):
            found.setdefault(str(chosen[hits[0]]["transcript_id"]), targets)
    return found


def assert_equals(frame: pl.DataFrame, store: Store, expected: dict[str, list[float]]) -> None:
    schemas.check(frame, schemas.TASK)
    rows = zip(frame["transcript_id"], frame["target"].to_list(), strict=True)
    assert dict(rows) == expected
    for name, codes, length in frame.select("transcript_id", "codes", "length").iter_rows():
        assert codes == bytes(store[name])
        assert length == len(codes)


@pytest.mark.parametrize(
    ("name", "set_name", "appris", "n"),
    [
        ("rnahl-human", "hg38.ncbirefseq", True, 16),
        ("rnahl-human", "hg38.ncbirefseq", False, 16),
        ("rnahl-human", "hg38.gencode_v43", False, 4),
        ("rnahl-mouse", "mm10.ncbirefseq", False, 11),
    ],
)
def test_half_life(
    labels: Path, real_store: MakeStore, name: str, set_name: str, appris: bool, n: int
) -> None:
    species = name.removeprefix("rnahl-")
    store, ranks = real_store(set_name), labels / APPRIS if appris else None
    path = labels / SALUKI.format(species)
    frame, facts = build(name, TaskSources([path], store.path, ranks))
    genes = [
        (row["ensembl_gene_id"], row["external_gene_name"], [float(row[f"{species}_PC1"])])
        for row in lines(path)
    ]
    assert_equals(frame, store, slow_join(store, ranks, genes))
    assert facts["n"] == facts["genes"] == n
    assert facts["dropped"]["unmatched"] == len(genes) - n
    assert facts["published"]["text_n"] == {"human": 10_432, "mouse": 11_008}[species]


def test_localization(labels: Path, real_store: MakeStore) -> None:
    store = real_store("hg38.ncbirefseq")
    frame, facts = build("prot-loc", TaskSources([labels / HPA], store.path, labels / APPRIS))
    columns = ("Enhanced", "Supported", "Approved", "Uncertain")
    places = {
        (row["Gene"], row["Gene name"]): {
            place for column in columns for place in row[column].split(";") if place
        }
        for row in lines(labels / HPA)
    }
    counts = Counter(place for found in places.values() for place in found)
    chosen = sorted(counts, key=lambda place: (-counts[place], place))[:12]
    assert facts["labels"] == chosen
    genes = [
        (gene, symbol, [float(place in found) for place in chosen])
        for (gene, symbol), found in places.items()
        if found & set(chosen)
    ]
    assert_equals(frame, store, slow_join(store, labels / APPRIS, genes))
    assert facts["n"] == 14
    assert facts["dropped"]["no_label"] == len(places) - len(genes)


def write_ontology(labels: Path, folder: Path) -> tuple[Path, Path]:
    """Write the ontology and annotations of Bioconductor as OBO and GAF."""
    parents = defaultdict(list)
    for row in lines(labels / "go/go_mf_parents.tsv.gz"):
        if row["parent"] != "all":
            is_a = f"is_a: {row['parent']} ! parent"
            part_of = f"relationship: part_of {row['parent']} ! whole"
            parents[row["go_id"]].append(is_a if row["rel"] == "isa" else part_of)
    stanzas = ["format-version: 1.2\n"] + [
        "\n".join(
            ["[Term]", f"id: {row['go_id']}", f"name: {row['term']}",
             "namespace: molecular_function", *parents[row["go_id"]], ""]
        )
        for row in lines(labels / "go/go_mf_terms.tsv.gz") if row["go_id"] != "all"
    ]  # fmt: skip
    (folder / "go.obo").write_text("\n".join(stanzas))
    symbols: dict[str, str] = {}
    for row in lines(labels / "ids/human_entrez_symbol_ensembl.tsv.gz"):
        symbols.setdefault(row["entrez"], row["symbol"])
    annotations = [
        ("NCBI", row["entrez"], symbols[row["entrez"]], "enables", row["go_id"], "-",
         row["evidence"], "", "F", "", "", "gene", "taxon:9606", "20221001", "Bioconductor", "", "")
        for row in lines(labels / "go/human_go_mf.tsv.gz") if row["entrez"] in symbols
    ]  # fmt: skip
    gaf = write_lines(folder / "goa.gaf", ("!gaf-version: 2.2",), *annotations)
    return folder / "go.obo", gaf


def slow_functions(labels: Path, propagate: bool) -> dict[str, set[str]]:
    """The functions three steps below the root of every gene, term by term."""
    parents: dict[str, set[str]] = defaultdict(set)
    for row in lines(labels / "go/go_mf_parents.tsv.gz"):
        if row["rel"] == "isa" and row["parent"] != "all":
            parents[row["go_id"]].add(row["parent"])
    depth = {"GO:0003674": 0}

    def steps(term: str) -> int:
        if term not in depth:
            depth[term] = 1 + min(map(steps, parents[term]), default=10**9)
        return depth[term]

    def above(term: str) -> set[str]:
        return {term}.union(*map(above, parents[term])) if propagate else {term}

    symbols: dict[str, str] = {}
    for row in lines(labels / "ids/human_entrez_symbol_ensembl.tsv.gz"):
        symbols.setdefault(row["entrez"], row["symbol"])
    level: dict[str, set[str]] = {}
    found: dict[str, set[str]] = defaultdict(set)
    for row in lines(labels / "go/human_go_mf.tsv.gz"):
        term = row["go_id"]
        if term not in level:
            level[term] = {other for other in above(term) if steps(other) == 3}
        if row["entrez"] in symbols:
            found[symbols[row["entrez"]]] |= level[term]
    return found


@pytest.mark.parametrize(("propagate", "n", "labelled"), [(False, 8, 5240), (True, 17, 13658)])
def test_functions(
    labels: Path, real_store: MakeStore, tmp_path: Path, propagate: bool, n: int, labelled: int
) -> None:
    store = real_store("hg38.ncbirefseq")
    settings = TaskSettings(functions=FunctionSettings(propagate=propagate))
    obo, gaf = write_ontology(labels, tmp_path)
    frame, facts = build("go-mf", TaskSources([obo, gaf], store.path, labels / APPRIS), settings)
    functions = slow_functions(labels, propagate)
    counts = Counter(term for found in functions.values() for term in found)
    chosen = sorted(counts, key=lambda term: (-counts[term], term))[:20]
    assert [label.split()[0] for label in facts["labels"]] == chosen
    genes: list[tuple[str | None, str, list[float]]] = [
        (None, symbol, [float(term in found) for term in chosen])
        for symbol, found in functions.items()
        if found & set(chosen)
    ]
    assert len(genes) == labelled
    assert_equals(frame, store, slow_join(store, labels / APPRIS, genes))
    assert facts["n"] == n


def test_structure(real_store: MakeStore) -> None:
    store = real_store("hg38.gencode_v43")
    frame, facts = build("cds-length", TaskSources(store=store.path))
    expected = {}
    for row in store.table.iter_rows(named=True):
        if row["mature_cds_start"] is not None:
            size = row["mature_cds_end"] - row["mature_cds_start"]
            expected[row["transcript_id"]] = [pytest.approx(math.log2(1 + size))]
    assert_equals(frame, store, expected)
    assert facts["n"] == 41
    assert build("biotype", TaskSources(store=store.path))[1]["n"] == 103


def test_a_real_task_is_too_small_to_probe(
    labels: Path, real_store: MakeStore, tmp_path: Path
) -> None:
    store = real_store("hg38.ncbirefseq")
    frame, facts = build("rnahl-human", TaskSources([labels / SALUKI.format("human")], store.path))
    task = tmp_path / "hl.parquet"
    schemas.write_table(frame, task, schemas.TASK)
    write_json(facts, task.with_suffix(".json"))
    schemas.write_table(split(frame, SplitSettings()), tmp_path / "splits.parquet", schemas.SPLITS)
    matrix = frame.select(pl.col("length").cast(pl.Float32)).to_numpy()
    embeddings_io.write_embeddings(tmp_path / "e.parquet", frame["transcript_id"], matrix)
    names = {"model": "length", "split": "random"}
    with pytest.raises(OrthrusError, match=r"seed 2541: too small: \d test rows, fewer than min_t"):
        benchmark(task, tmp_path / "e.parquet", tmp_path / "splits.parquet", names, ProbeSettings())
