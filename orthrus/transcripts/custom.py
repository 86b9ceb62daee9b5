"""Anyone's own transcripts as a store: gene table and genome, or mature transcripts alone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from orthrus import disk_errors, schemas
from orthrus.annotation.build import SET_NAME, Annotation, Files, build
from orthrus.annotation.detect_format import Format
from orthrus.annotation.normalize import SetMetadata
from orthrus.annotation.row_filter import tell
from orthrus.config.custom import CustomSettings
from orthrus.errors import OrthrusError
from orthrus.files import is_bgzf, is_gzip, open_bytes, refuse_loss, sha256
from orthrus.log import pulse
from orthrus.transcripts import spliced_fasta, twobit
from orthrus.transcripts.encode import BEYOND, Encoded, encode_store
from orthrus.transcripts.fasta import refuse_proteins
from orthrus.transcripts.store import Store, write_store

SUFFIXES = re.compile(r"(\.(gtf|gff3?|bed(12)?|genepred|gp|txt|tsv|fa|fna|fasta|gz|bgz))+$", re.I)


@dataclass(frozen=True)
class CustomFiles:
    """What someone gives: a gene table with its genome, or mature transcripts.

    Attributes
    ----------
    annotation, genome
        GTF, GFF3, genePred or BED12; FASTA or 2bit.
    aliases
        Further names of the genome's sequences.
    mature, features
        FASTA of mature transcripts, and a table of their CDS and exons (see `headers`).

    Raises
    ------
    OrthrusError
        Something is missing, or both are given.
    """

    annotation: Path | None = None
    genome: Path | None = None
    aliases: Path | None = None
    mature: Path | None = None
    features: Path | None = None

    def __post_init__(self) -> None:
        if fault := self._fault():
            raise OrthrusError(fault)

    def _fault(self) -> str:
        if self.mature and (self.annotation or self.genome or self.aliases):
            return "--mature: transcripts need no annotation and no genome; give one or the other"
        if self.features and not self.mature:
            return "--features: goes with --mature, a FASTA file of transcripts"
        if self.annotation and not self.genome:
            return "--annotation: needs its genome; give --genome (FASTA or 2bit)"
        if self.genome and not self.annotation:
            return "--genome: needs --annotation; or give --mature if the file holds transcripts"
        if not self.annotation and not self.mature:
            return "nothing to read; give --annotation and --genome, or --mature with transcripts"
        return ""

    @property
    def default_name(self) -> str:
        """`own.` and the name of the first file, without its suffixes."""
        name = (self.annotation or self.mature or Path()).name
        return "own." + (re.sub(r"[^A-Za-z0-9_-]+", "_", SUFFIXES.sub("", name)) or "set")


def report_folder(output: Path) -> Path:
    """Return the folder beside a store that says what became no transcript; see `encode`.

    Raises
    ------
    OrthrusError
        `output` has no name of its own.
    """
    if not output.name:
        raise OrthrusError(f"--output: {output} cannot be a store; name a new folder, as my.zarr")
    return output.with_name(f"{output.name.removesuffix('.zarr')}.annotation")


def encode(
    files: CustomFiles,
    output: Path,
    label: SetMetadata,
    settings: CustomSettings,
    dropped: Path | None = None,
) -> list[str]:
    """Write the store `output`, as the workflow would from these files.

    Parameters
    ----------
    files
        What there is.
    output
        The store's folder.
    label
        Names the annotation set and the species.
    settings
        How gene table and transcripts are read.
    dropped
        A folder for what `orthrus annotation build` writes: the transcript table, and the rows that
        did not become transcripts. A FASTA of mature transcripts has no such rows.

    Returns
    -------
    list of str
        What was recognised and done, line by line.

    Raises
    ------
    OrthrusError
        A file is unusable, the two do not belong together, or no transcript is left.
    """
    if not SET_NAME.fullmatch(label.annotation_set):
        raise OrthrusError(
            f"--name: {label.annotation_set!r} is not <assembly>.<annotation>, such as own.isoforms"
        )
    if files.mature:
        lines = _from_mature(files.mature, files.features, output, label)
    else:
        lines = _from_genome(files, output, label, settings, dropped)
    return [*lines, _summary(output)]


def _from_genome(
    files: CustomFiles,
    output: Path,
    label: SetMetadata,
    settings: CustomSettings,
    dropped: Path | None,
) -> list[str]:
    annotation, genome = files.annotation, files.genome
    assert annotation is not None
    assert genome is not None
    refuse_proteins(genome)
    with pulse(f"Reading {annotation.name}"):
        made = build(Files(annotation), label, settings.annotation)
    with disk_errors.temporary_folder() as scratch, pulse("Cutting out transcripts"):
        report = scratch / "annotation"
        made.write(report)
        if dropped:
            refuse_loss(dropped, [child.name for child in report.iterdir()])
        rows = report / "transcripts.parquet"
        try:
            encoded = encode_store(rows, genome, output, settings.transcripts, files.aliases)
        except OrthrusError as error:
            raise OrthrusError(str(error).replace(str(rows), str(annotation))) from None
    if dropped:
        made.write(dropped)
    lines = [
        *_annotation_lines(annotation, made),
        *(f"{annotation}: {line}" for line in encoded.tell_figures()),
        _genome_line(genome, encoded),
    ]
    if dropped and len(made.excluded) + len(made.rejected):
        lines.append(f"{dropped}: the excluded and rejected rows, with reasons")
    return lines


def _annotation_lines(path: Path, made: Annotation) -> list[str]:
    facts = made.summary
    line = (
        f"{path}: {facts['format']}{_packing(path)}, {facts['input_rows']:,} rows: "
        f"{facts['kept']:,} transcripts, {tell(made.excluded, 'excluded')}, "
        f"{tell(made.rejected, 'rejected')}"
    )
    coding = made.transcripts.filter(pl.col("cds_start").is_not_null())
    bed = facts["format"] == Format.BED12
    if bed and len(coding) and not coding["has_utr"].any():
        return [
            line,
            f"{path}: every CDS spans its whole transcript, as tools write that know of none; if "
            "so, set thickEnd to thickStart",
        ]
    return [line]


def _genome_line(genome: Path, encoded: Encoded) -> str:
    unfit, counts = encoded.rejected, encoded.sequence_names
    missing = unfit.filter(pl.col("reason") != BEYOND)["chrom"].n_unique()
    found = encoded.table["chrom"].n_unique()
    renamed = f" ({counts['renamed']:,} renamed)" if counts["renamed"] else ""
    with open_bytes(genome) as handle:
        form = "FASTA" if twobit.byte_order(handle.read(4)) is None else "2bit"
    return (
        f"{genome}: {form}{_packing(genome)}, has {found:,}{renamed} of the {found + missing:,} "
        f"sequences of the annotation; {tell(unfit, 'transcripts do not fit')}"
    )


def _packing(path: Path) -> str:
    if not is_gzip(path):
        return ""
    return " (bgzip)" if is_bgzf(path) else " (gzip)"


def _from_mature(path: Path, features: Path | None, output: Path, label: SetMetadata) -> list[str]:
    with pulse(f"Reading {path.name}"):
        made = spliced_fasta.read_spliced(path, features, label)
        inputs = {"mature": sha256(path)}
        if features:
            inputs["features"] = sha256(features)
        attributes = {
            "annotation_set": label.annotation_set,
            "codon_phase": "annotated",
            "inputs": inputs,
        }
        write_store(
            output, made.codes, made.offsets, made.table, schemas.DROPPED.empty(), attributes
        )
    lines = [f"{path}: FASTA{_packing(path)} of {len(made.table):,} mature transcripts"]
    if made.without_exons:
        lines.append(
            f"{path}: {made.without_exons:,} transcripts without exons, whose splice track is zeros"
        )
    return lines


def _summary(output: Path) -> str:
    store = Store.open(output)
    coding = store.table["cds_start"].count()
    return (
        f"{output}: {store.annotation_set}, {len(store):,} transcripts, "
        f"{int(store.offsets[-1]):,} nt, {coding:,} with a CDS, {len(store) - coding:,} without, "
        f"digest {store.digest[:16]}"
    )
