"""The written files, read by an independent slow reader."""

from __future__ import annotations

import collections
import gzip
import hashlib
import itertools
from pathlib import Path

import pytest
from damage_helpers import digests
from simulate_helpers import (
    UCSC,
    Row,
    clean,
    coding_sequence,
    codons,
    gene_pred,
    read_genome,
    rows,
    splice,
)

TABLES = {
    "simHum1": ["wgEncodeGencodeBasicV1", "wgEncodeGencodeCompV1"],
    "simMus1": ["wgEncodeGencodeBasicVM1", "wgEncodeGencodeCompVM1"],
    "simDog1": ["ncbiRefSeq"],
    "simCow1": ["ncbiRefSeq"],
}
CASES = [(assembly, table) for assembly, tables in TABLES.items() for table in tables]


@pytest.fixture(scope="session")
def genomes(mirror: Path) -> dict[str, dict[str, str]]:
    return {path.name: read_genome(mirror, path.name) for path in (mirror / UCSC).iterdir()}


def table(mirror: Path, assembly: str, name: str) -> list[Row]:
    return gene_pred(mirror / UCSC / assembly / "database" / f"{name}.txt.gz")


def slow_bin(start: int, end: int) -> int:
    for shift, first in ((17, 585), (20, 73), (23, 9), (26, 1), (29, 0)):
        if start >> shift == (end - 1) >> shift:
            return first + (start >> shift)
    raise AssertionError("beyond 512 Mb")


@pytest.mark.parametrize(("assembly", "name"), CASES)
def test_complete_coding_sequences_are_clean(
    mirror: Path, genomes: dict[str, dict[str, str]], assembly: str, name: str
) -> None:
    complete = [row for row in table(mirror, assembly, name) if row.complete]
    assert len(complete) > 100
    assert all(clean(coding_sequence(genomes[assembly], row)) for row in complete)


@pytest.mark.parametrize(("assembly", "name"), CASES)
def test_rows_are_well_formed(
    mirror: Path, genomes: dict[str, dict[str, str]], assembly: str, name: str
) -> None:
    sites = collections.Counter()
    for row in table(mirror, assembly, name):
        assert row.bin == slow_bin(*row.tx)
        assert row.tx == (row.exons[0][0], row.exons[-1][1])
        assert all(s < e for s, e in row.exons)
        assert row.tx[1] <= len(genomes[assembly][row.chrom])
        for (_, left), (right, _) in itertools.pairwise(row.exons):
            assert left < right
            intron = splice(genomes[assembly], row.chrom, row.strand, [(left, right)])
            sites[intron[:2], intron[-2:]] += 1
        if not row.coding:
            edge = name == "ncbiRefSeq"
            assert row.cds == (row.tx[edge], row.tx[edge])
            assert row.stats == ("none", "none")
            assert set(row.frames) == {-1}
    assert set(sites) == {("GT", "AG")}


@pytest.mark.parametrize(("assembly", "name"), CASES)
def test_frames_follow_the_reading_frame(
    mirror: Path, genomes: dict[str, dict[str, str]], assembly: str, name: str
) -> None:
    """Read from their frame, incomplete sequences too hold no stop but the last codon."""
    for row in table(mirror, assembly, name):
        order = slice(None, None, 1 if row.strand == "+" else -1)
        frame, spliced = None, ""
        for (start, end), annotated in zip(row.exons[order], row.frames[order], strict=True):
            length = min(end, row.cds[1]) - max(start, row.cds[0])
            if length <= 0:
                assert annotated == -1
                continue
            frame = annotated if frame is None else frame
            assert annotated == frame
            frame = (frame + length) % 3
        if row.coding:
            first = next(f for f in row.frames[order] if f >= 0)
            spliced = coding_sequence(genomes[assembly], row)[(3 - first) % 3 :]
            assert not {"TAA", "TAG", "TGA"}.intersection(codons(spliced)[:-1])


def test_incomplete_starts_lie_on_every_codon_position(mirror: Path) -> None:
    firsts = set()
    for row in table(mirror, "simHum1", "wgEncodeGencodeCompV1"):
        stat = row.stats[0] if row.strand == "+" else row.stats[1]
        if stat == "incmpl":
            frames = row.frames if row.strand == "+" else row.frames[::-1]
            firsts.add(frames[0])
    assert firsts == {0, 1, 2}


@pytest.mark.parametrize("assembly", TABLES)
def test_alternate_contigs_repeat_rows(
    mirror: Path, genomes: dict[str, dict[str, str]], assembly: str
) -> None:
    everything = table(mirror, assembly, TABLES[assembly][-1])
    alternate = [row for row in everything if row.chrom.endswith("_alt")]
    main = {row.name: row for row in everything if not row.chrom.endswith("_alt")}
    assert alternate
    for row in alternate:
        assert splice(genomes[assembly], row.chrom, row.strand, row.exons) == splice(
            genomes[assembly], main[row.name].chrom, main[row.name].strand, main[row.name].exons
        )


def test_splice_isoforms_share_sequence(mirror: Path, genomes: dict[str, dict[str, str]]) -> None:
    genes = collections.defaultdict(list)
    for row in table(mirror, "simHum1", "wgEncodeGencodeCompV1"):
        if not row.chrom.endswith("_alt"):
            genes[row.symbol].append(row)
    shared = []
    for isoforms in genes.values():
        covered = [{p for s, e in row.exons for p in range(s, e)} for row in isoforms]
        shared += [len(a & b) / min(len(a), len(b)) for a, b in itertools.combinations(covered, 2)]
    assert min(shared) > 0
    assert sum(shared) / len(shared) > 0.8
    counts = [len(isoforms) for isoforms in genes.values()]
    assert 2 <= sum(counts) / len(counts) <= 3.2


def test_genomes_are_masked_and_gapped(genomes: dict[str, dict[str, str]]) -> None:
    assert len(genomes) == 11
    for genome in genomes.values():
        letters = collections.Counter("".join(genome.values()))
        assert set(letters) == set("ACGTNacgt")
        lower = sum(letters[letter] for letter in "acgt") / letters.total()
        assert 0.15 < lower < 0.4


def test_checksums_and_sizes_are_true(mirror: Path, genomes: dict[str, dict[str, str]]) -> None:
    lists = [*mirror.rglob("md5sum.txt"), *mirror.rglob("MD5SUMS")]
    assert len(lists) == 12
    for path in lists:
        for line in path.read_text().splitlines():
            digest, name = line.split("  ")
            assert hashlib.md5((path.parent / name).read_bytes()).hexdigest() == digest
    for assembly, genome in genomes.items():
        path = mirror / UCSC / assembly / "bigZips" / f"{assembly}.chrom.sizes"
        sizes = dict(line.split("\t") for line in path.read_text().splitlines())
        assert {name: int(size) for name, size in sizes.items()} == {
            name: len(sequence) for name, sequence in genome.items()
        }


def test_gzip_carries_no_time_stamp(mirror: Path) -> None:
    for path in mirror.rglob("*.gz"):
        assert path.read_bytes()[4:8] == bytes(4)


def test_companion_tables_describe_every_transcript(mirror: Path) -> None:
    for assembly, release in (("simHum1", "V1"), ("simMus1", "VM1")):
        database = mirror / UCSC / assembly / "database"
        attributes = list(rows(database / f"wgEncodeGencodeAttrs{release}.txt.gz"))
        assert {len(row) for row in attributes} == {13}
        described = {row[4]: row for row in attributes}
        names = {row.name for row in gene_pred(database / f"wgEncodeGencodeComp{release}.txt.gz")}
        assert names == set(described)
        tags = collections.defaultdict(set)
        for name, tag in rows(database / f"wgEncodeGencodeTag{release}.txt.gz"):
            tags[name].add(tag)
        basic = gene_pred(database / f"wgEncodeGencodeBasic{release}.txt.gz")
        assert {row.name for row in basic} == {n for n, t in tags.items() if "basic" in t}
        selected = [described[n][0] for n, t in tags.items() if "MANE_Select" in t]
        assert len(selected) == len(set(selected))
        assert set(selected) == {r[0] for r in attributes if r[2] == "protein_coding"}


def test_symbols_match_across_spellings(mirror: Path) -> None:
    def named(assembly: str) -> set[str]:
        return {row.symbol for row in table(mirror, assembly, TABLES[assembly][0])}

    human, mouse, dog = named("simHum1"), named("simMus1"), named("simDog1")
    assert len(human & mouse) == 0
    assert len({s.upper() for s in human} & {s.upper() for s in mouse}) > 0.7 * len(mouse)
    assert len(human & dog) > 0.7 * len(dog)
    assert any("." in symbol for symbol in human)


def test_paralogs_carry_both_identities(mirror: Path) -> None:
    header, *table = rows(mirror / "www.ensembl.org/biomart/simhum_paralogs.tsv.gz")
    assert header[0] == "Gene stable ID"
    assert header[4] == "Paralogue %id. target Human gene identical to query gene"
    pairs = {(row[0], row[2]): (float(row[4]), float(row[5])) for row in table}
    assert all(pairs[b, a] == (r1, r0) for (a, b), (r0, r1) in pairs.items())
    lowest, highest = min(v[0] for v in pairs.values()), max(v[0] for v in pairs.values())
    assert lowest < 35 < 60 < highest <= 100


def test_same_seed_same_bytes(tmp_path: Path) -> None:
    from orthrus.config.simulate import SimulateSettings
    from orthrus.simulate.mirror import write_mirror

    for name, seed in (("a", 3), ("deep/b", 3), ("c", 4)):
        write_mirror(tmp_path / name, SimulateSettings(seed=seed, genes=40))
    first, second, other = (digests(tmp_path / name) for name in ("a", "deep/b", "c"))
    assert first == second
    assert first != other


def gtf_transcripts(path: Path) -> dict[str, dict[str, list[tuple[int, int, str]]]]:
    found: dict[str, dict[str, list[tuple[int, int, str]]]] = {}
    with gzip.open(path, "rt") as handle:
        for line in handle:
            if line.startswith("#"):
                continue
            fields = line.rstrip("\n").split("\t")
            if 'transcript_id "' in fields[8]:
                name = fields[8].split('transcript_id "')[1].split('"')[0]
                features = found.setdefault(name, collections.defaultdict(list))
                features[fields[2]].append((int(fields[3]) - 1, int(fields[4]), fields[7]))
    return found


@pytest.mark.parametrize(("assembly", "name"), [CASES[1], CASES[3]])
def test_gtf_equals_gene_pred(mirror: Path, assembly: str, name: str) -> None:
    folder = mirror / "ftp.ebi.ac.uk/pub/databases/gencode/Gencode_simulated/release_1"
    features = gtf_transcripts(folder / f"gencode.{assembly}.annotation.gtf.gz")
    main = [r for r in table(mirror, assembly, name) if not r.chrom.endswith("_alt")]
    assert {row.name for row in main} == set(features)
    for row in main:
        parts = features[row.name]
        assert sorted(p[:2] for p in parts["exon"]) == row.exons
        if not row.coding:
            assert not parts["CDS"]
            continue
        spans = parts["CDS"] + parts["stop_codon"]
        assert (min(p[0] for p in spans), max(p[1] for p in spans)) == row.cds
        covered = {q for s, e, _ in parts["CDS"] for q in range(s, e)}
        stop = {q for s, e, _ in parts["stop_codon"] for q in range(s, e)}
        utr = {q for s, e, _ in parts["UTR"] for q in range(s, e)}
        exonic = {q for s, e in row.exons for q in range(s, e)}
        assert not covered & stop
        assert not covered & utr
        assert covered | utr == exonic
        assert (len(stop) == 3) == (row.stats[1 if row.strand == "+" else 0] == "cmpl")
        for start, end, phase in parts["CDS"]:
            index = next(i for i, (s, e) in enumerate(row.exons) if s <= start and end <= e)
            assert int(phase) == (3 - row.frames[index]) % 3


def test_headers_and_columns_are_those_of_the_real_servers(mirror: Path, real_data: Path) -> None:
    real = real_data / "mirror"
    for ours, theirs in (
        ("simHum1/database/wgEncodeGencodeBasicV1", "hg38/database/wgEncodeGencodeBasicV43"),
        ("simDog1/database/ncbiRefSeq", "hg38/database/ncbiRefSeq"),
    ):
        simulated = gene_pred(mirror / UCSC / f"{ours}.txt.gz")
        genuine = gene_pred(real / UCSC / f"{theirs}.txt.gz")
        assert {row.stats[0] for row in simulated} >= {row.stats[0] for row in genuine}
    toga = "genome.senckenberg.de/download/TOGA"
    query = "Rodentia/Mus_musculus__house_mouse__mm10"
    simulated_query = "Rodentia/Rattus_simulatus__Norway_rat__simRat1"
    for name, columns in (("geneAnnotation.bed.gz", 12), ("orthologsClassification.tsv.gz", 5)):
        ours = next(rows(mirror / toga / "human_simHum1_reference" / simulated_query / name))
        theirs = next(rows(real / toga / "human_hg38_reference" / query / name))
        assert len(ours) == len(theirs) == columns
        assert name.startswith("gene") or ours == theirs
    overviews = [
        (mirror / toga / "human_simHum1_reference/overview.table.tsv").read_text().splitlines()[0],
        (real / toga / "human_hg38_reference/overview.table.tsv").read_text().splitlines()[0],
    ]
    assert overviews[0] == overviews[1]
    ours = next(rows(mirror / "www.ensembl.org/biomart/simhum_paralogs.tsv.gz"))
    assert ours[:4] == next(rows(real / "www.ensembl.org/biomart/human_paralogs.tsv.gz"))
