from __future__ import annotations

import collections
from pathlib import Path

import pytest
from simulate_helpers import clean, numbers, read_genome, rows, splice

TOGA = "genome.senckenberg.de/download/TOGA"
REFERENCES = ["human_simHum1_reference", "mouse_simMus1_reference"]


def queries(mirror: Path, reference: str) -> dict[str, Path]:
    folders = [
        f
        for order in (mirror / TOGA / reference).iterdir()
        if order.is_dir()
        for f in order.iterdir()
    ]
    return {folder.name.split("__")[-1]: folder for folder in folders}


def projections(folder: Path) -> list[tuple[str, str, str, list[tuple[int, int]], str]]:
    found = []
    for f in rows(folder / "geneAnnotation.bed.gz"):
        assert len(f) == 12
        start = int(f[1])
        blocks = [
            (start + s, start + s + n) for n, s in zip(numbers(f[10]), numbers(f[11]), strict=True)
        ]
        assert len(blocks) == int(f[9])
        assert (blocks[0][0], blocks[-1][1]) == (start, int(f[2])) == (int(f[6]), int(f[7]))
        found.append((f[0], f[5], f[3], blocks, f[8]))
    return found


@pytest.mark.parametrize("reference", REFERENCES)
def test_overview_lists_every_query(mirror: Path, reference: str) -> None:
    header, *lines = (
        line.split("\t")
        for line in (mirror / TOGA / reference / "overview.table.tsv").read_text().splitlines()
    )
    assert header == [
        "Species", "Common name", "Species Taxonomy ID", "Taxonomic Lineage", "Assembly name",
        "NCBI accession / source", "contig N50 (bp)", "scaffold N50 (bp)",
    ]  # fmt: skip
    assert {line[4] for line in lines} == set(queries(mirror, reference))
    assert sum("Eutheria" in line[3] for line in lines) >= 6
    assert sum("Metatheria" in line[3] for line in lines) == 1
    for line in lines:
        folder = queries(mirror, reference)[line[4]]
        assert folder.parent.name in line[3].split("; ")
        assert (mirror / line[5].removeprefix("https://")).is_file()


@pytest.mark.parametrize("reference", REFERENCES)
def test_intact_projections_splice_to_clean_sequences(mirror: Path, reference: str) -> None:
    for assembly, folder in queries(mirror, reference).items():
        genome = read_genome(mirror, assembly)
        classes = {
            r[1]: r[2] for r in rows(folder / "loss_summ_data.tsv.gz") if r[0] == "PROJECTION"
        }
        seen = collections.Counter()
        for chrom, strand, name, blocks, _ in projections(folder):
            if name.endswith(".-1"):
                continue
            sequence = splice(genome, chrom, strand, blocks)
            fate = classes[name]
            seen[fate, clean(sequence) and "N" not in sequence] += 1
        assert seen["I", True] > 100
        assert not seen["I", False]
        broken = {
            ok: sum(seen[fate, ok] for fate in ("L", "UL", "M", "PI")) for ok in (True, False)
        }
        assert broken[False] > 0
        assert broken[True] <= 0.3 * broken[False], "only a transcript that skips the broken exon"


@pytest.mark.parametrize("reference", REFERENCES)
def test_names_chains_and_fragments(mirror: Path, reference: str) -> None:
    fragments, several, dotted = 0, 0, 0
    for folder in queries(mirror, reference).values():
        lines = collections.defaultdict(list)
        chains = collections.defaultdict(set)
        for chrom, _, name, _, _ in projections(folder):
            lines[name].append(chrom)
            transcript, chain = name.split(".")[0], name.rsplit(".", 1)[1]
            assert transcript.startswith(("ENST", "ENSMUST"))
            chains[transcript].add(int(chain))
            dotted += name.count(".") > 2
        for name, chroms in lines.items():
            assert len(chroms) == 1 or name.endswith(".-1")
            assert len(set(chroms)) == len(chroms)
            fragments += len(chroms) > 1
        several += sum(len(one) > 1 for one in chains.values())
    assert fragments
    assert several
    assert dotted or reference == REFERENCES[1]


@pytest.mark.parametrize("reference", REFERENCES)
def test_orthology_names_real_projections(mirror: Path, reference: str) -> None:
    for folder in queries(mirror, reference).values():
        names = {name for _, _, name, _, _ in projections(folder)}
        header, *table = rows(folder / "orthologsClassification.tsv.gz")
        assert header == ["t_gene", "t_transcript", "q_gene", "q_transcript", "orthology_class"]
        copies = collections.Counter(row[1] for row in table)
        for _, transcript, gene, projection, kind in table:
            if kind == "one2zero":
                assert (gene, projection) == ("None", "None")
            else:
                assert projection in names
                assert (copies[transcript] > 1) == (kind == "one2many")
        assert {row[4] for row in table} == {"one2one", "one2many", "one2zero"}
        losses = {(row[0], row[1]): row[2] for row in rows(folder / "loss_summ_data.tsv.gz")}
        assert {row[1] for row in table} == {i for kind, i in losses if kind == "TRANSCRIPT"}
        assert {row[0] for row in table} == {i for kind, i in losses if kind == "GENE"}
