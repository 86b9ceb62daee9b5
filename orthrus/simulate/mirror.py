"""The mirror tree: every file of the clade under the host and path of the real servers."""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from orthrus.config.simulate import SimulateSettings
from orthrus.errors import OrthrusError
from orthrus.files import atomic_folder, write_json
from orthrus.log import track
from orthrus.simulate import genepred, toga
from orthrus.simulate.assembly_gaps import Leaf, grow
from orthrus.simulate.benchmarks import BENCHMARKS
from orthrus.simulate.clade import Clade, found_clade
from orthrus.simulate.evolve import evolve
from orthrus.simulate.genepred import tab_separated
from orthrus.simulate.genome import Genome, assemble
from orthrus.simulate.gtf import gtf
from orthrus.simulate.labels import benchmark_table
from orthrus.simulate.paralogs import paralogs
from orthrus.simulate.placed_transcripts import exons
from orthrus.simulate.transcript_names import registry
from orthrus.simulate.tree import REFERENCES, SPECIES, Species

UCSC = "hgdownload.soe.ucsc.edu/goldenPath"
GENCODE = "ftp.ebi.ac.uk/pub/databases/gencode/Gencode_simulated/release_1"
TOGA = "genome.senckenberg.de/download/TOGA"
BIOMART = "www.ensembl.org/biomart"
HUGGING_FACE = "huggingface.co/datasets/simulated"
RELEASES = {"simHum1": "V1", "simMus1": "VM1"}
"""GENCODE's release of each species that has one."""
PARALOGS = {"simHum1": ("Human", "simhum_paralogs"), "simMus1": ("Mouse", "simmus_paralogs")}
COMPRESSION = 1


@dataclass(frozen=True)
class World:
    """One assembled species; `registry` is None where it has no annotation of its own."""

    species: Species
    leaf: Leaf
    genome: Genome
    registry: pl.DataFrame | None


def write_mirror(folder: Path, settings: SimulateSettings) -> None:
    """Simulate the clade and write its mirror tree, whole or not at all.

    Raises
    ------
    OrthrusError
        `folder` holds something else than an earlier mirror tree, which would be lost.
    """
    if folder.exists() and not (folder / HUGGING_FACE / "README.json").is_file():
        raise OrthrusError(f"{folder}: exists and is no simulated mirror; name a new folder")
    seed = settings.seed
    clade = found_clade(seed, settings.genes)
    states = evolve(clade, seed)
    references: dict[str, World] = {}
    with atomic_folder(folder) as root:
        for species in track(SPECIES, "simulating species", len(SPECIES)):
            leaf = grow(clade, states.pop(species.assembly), species, seed)
            genome = assemble(clade, leaf, species, seed)
            listed = None if species.annotation == "toga" else registry(clade, species, seed)
            world = World(species, leaf, genome, listed)
            _write_genome(root, world)
            if listed is None:
                _write_projections(root, clade, world, references, seed)
            else:
                _write_annotation(root, clade, world, listed)
            if species.assembly in REFERENCES:
                references[species.assembly] = world
        _write_overviews(root)
        _write_benchmarks(root, clade, references, seed)
        _write_checksums(root / GENCODE, "MD5SUMS")


def _put(path: Path, content: bytes) -> None:
    """Write a file, as plain gzip without a time stamp where its name ends in .gz."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".gz":
        content = gzip.compress(content, COMPRESSION, mtime=0)
    path.write_bytes(content)


def _write_checksums(folder: Path, name: str) -> None:
    lines = [
        f"{hashlib.md5(path.read_bytes()).hexdigest()}  {path.name}\n"
        for path in sorted(folder.iterdir())
    ]
    _put(folder / name, "".join(lines).encode())


def _write_genome(root: Path, world: World) -> None:
    assembly, genome = world.species.assembly, world.genome
    folder = root / UCSC / assembly / "bigZips"
    sizes = sorted(zip(genome.names, genome.sizes, strict=True), key=lambda one: -one[1])
    _put(folder / f"{assembly}.fa.gz", genome.fasta())
    _put(
        folder / f"{assembly}.chrom.sizes",
        "".join(f"{name}\t{size}\n" for name, size in sizes).encode(),
    )
    _write_checksums(folder, "md5sum.txt")


def _write_annotation(root: Path, clade: Clade, world: World, listed: pl.DataFrame) -> None:
    assembly = world.species.assembly
    database = root / UCSC / assembly / "database"
    placed = exons(clade, world.genome, listed["isoform"].to_numpy())
    if world.species.annotation == "refseq":
        rows = genepred.gene_pred(clade, placed, listed, "tx_end")
        _put(database / "ncbiRefSeq.txt.gz", tab_separated(rows))
        return
    release = RELEASES[assembly]
    for name, chosen in (("Basic", listed.filter("basic")), ("Comp", listed)):
        rows = genepred.gene_pred(clade, placed, chosen, "tx_start")
        _put(database / f"wgEncodeGencode{name}{release}.txt.gz", tab_separated(rows))
    for name, rows in (
        ("Attrs", genepred.gencode_attributes(listed)),
        ("Tag", genepred.gencode_tags(listed)),
    ):
        _put(database / f"wgEncodeGencode{name}{release}.txt.gz", tab_separated(rows))
    isoforms = clade.isoforms
    complete = pl.DataFrame(isoforms.complete, schema=["complete5", "complete3"]).with_columns(
        isoform=np.arange(len(isoforms.gene))
    )
    main = placed.filter(~pl.col("chrom").str.ends_with("_alt"))
    _put(
        root / GENCODE / f"gencode.{assembly}.annotation.gtf.gz",
        gtf(assembly, main, listed, complete),
    )
    label, name = PARALOGS[assembly]
    table = paralogs(clade, world.leaf, listed, label)
    _put(root / BIOMART / f"{name}.tsv.gz", tab_separated(table, header=True))


def _write_projections(
    root: Path, clade: Clade, world: World, references: dict[str, World], seed: int
) -> None:
    for reference in references.values():
        assert reference.registry is not None
        rows = toga.projections(
            clade, world.leaf, reference.registry, reference.species, world.species, seed
        )
        folder = toga_folder(root, reference.species) / _query_folder(world.species)
        _put(folder / "geneAnnotation.bed.gz", tab_separated(toga.bed12(clade, world.genome, rows)))
        _put(folder / "loss_summ_data.tsv.gz", tab_separated(toga.losses(rows)))
        _put(
            folder / "orthologsClassification.tsv.gz",
            tab_separated(toga.orthology(rows), header=True),
        )


def _write_benchmarks(root: Path, clade: Clade, references: dict[str, World], seed: int) -> None:
    described = {}
    for benchmark in BENCHMARKS:
        world = references[benchmark.assembly]
        assert world.registry is not None
        table, described[benchmark.file] = benchmark_table(
            benchmark, clade, world.leaf, world.genome, world.registry, seed
        )
        path = root / HUGGING_FACE / benchmark.task / "resolve/main" / f"{benchmark.file}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        table.write_parquet(path, compression="zstd", compression_level=3)
    write_json(described, root / HUGGING_FACE / "README.json")


def toga_folder(root: Path, reference: Species) -> Path:
    """Return the folder of a TOGA reference, such as human_simHum1_reference."""
    return root / TOGA / f"{reference.common_name.split()[-1]}_{reference.assembly}_reference"


def _query_folder(query: Species) -> str:
    parts = (query.name, query.common_name, query.assembly)
    return f"{query.order}/" + "__".join(part.replace(" ", "_") for part in parts)


def _write_overviews(root: Path) -> None:
    queries = [one for one in SPECIES if one.annotation == "toga"]
    address = f"https://{UCSC}/{{0}}/bigZips/{{0}}.fa.gz"
    sizes = {one.assembly: _largest(root, one.assembly) for one in queries}
    table = pl.DataFrame(
        {
            "Species": [one.name for one in queries],
            "Common name": [one.common_name for one in queries],
            "Species Taxonomy ID": [one.taxon_id for one in queries],
            "Taxonomic Lineage": [one.lineage for one in queries],
            "Assembly name": [one.assembly for one in queries],
            "NCBI accession / source": [address.format(one.assembly) for one in queries],
            "contig N50 (bp)": [sizes[one.assembly] for one in queries],
            "scaffold N50 (bp)": [sizes[one.assembly] for one in queries],
        }
    )
    for species in SPECIES:
        if species.assembly in REFERENCES:
            _put(
                toga_folder(root, species) / "overview.table.tsv", tab_separated(table, header=True)
            )


def _largest(root: Path, assembly: str) -> int:
    """Return the length of the longest sequence, which stands for N50."""
    text = (root / UCSC / assembly / "bigZips" / f"{assembly}.chrom.sizes").read_text()
    return int(text.split()[1])
