"""The `orthrus annotation` commands."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from orthrus import output_formats
from orthrus.config import settings
from orthrus.config.annotation import AnnotationSettings
from orthrus.log import say

app = typer.Typer(help="Turn published gene annotations into transcript tables.")


@app.command()
def build(
    table: Annotated[
        Path, typer.Argument(help="genePred (any UCSC form), GTF, GFF3 or BED12, gzip or not.")
    ],
    annotation_set: Annotated[str, typer.Option(help="<assembly>.<annotation>.")],
    species: Annotated[str, typer.Option(help="Scientific name.")],
    output: Annotated[
        Path, typer.Option("-o", "--output", callback=output_formats.plain, help="Folder to write.")
    ],
    taxon_id: Annotated[int | None, typer.Option(help="NCBI taxonomy identifier.")] = None,
    attributes: Annotated[Path | None, typer.Option(help="wgEncodeGencodeAttrs dump.")] = None,
    tags: Annotated[Path | None, typer.Option(help="wgEncodeGencodeTag dump.")] = None,
    orthology: Annotated[Path | None, typer.Option(help="TOGA orthologsClassification.")] = None,
    loss: Annotated[Path | None, typer.Option(help="TOGA loss_summ_data.")] = None,
    chrom_sizes: Annotated[Path | None, typer.Option(help="Lengths of the chromosomes.")] = None,
    aliases: Annotated[
        Path | None, typer.Option(help="chromAlias.txt, assembly_report.txt, sequence_report.jsonl")
    ] = None,
    assignments: Annotated[
        list[str] | None, typer.Option("--set", help="Setting as key=value, e.g. min_intron=20.")
    ] = None,
) -> None:
    """Build the transcript table of one annotation set.

    Writes transcripts.parquet, the same as extended genePred (transcripts.genepred.gz),
    excluded.parquet, rejected.parquet and summary.json. The format of TABLE is told by its content.

    Example: orthrus annotation build ncbiRefSeq.txt.gz --annotation-set ce11.ncbirefseq
    --species "Caenorhabditis elegans" -o annotation/ce11.ncbirefseq
    """
    from orthrus.annotation.build import Files
    from orthrus.annotation.build import build as build_set
    from orthrus.annotation.normalize import SetMetadata
    from orthrus.annotation.row_filter import tell

    files = Files(table, attributes, tags, orthology, loss, chrom_sizes, aliases)
    chosen = settings(AnnotationSettings, assignments or [])
    made = build_set(files, SetMetadata(annotation_set, species, taxon_id), chosen)
    made.write(output, genepred=True)
    say(
        f"{annotation_set}: {len(made.transcripts):,} transcripts, "
        f"{tell(made.excluded, 'rows excluded')}, {tell(made.rejected, 'rejected')}"
    )


@app.command()
def export(
    table: Annotated[
        Path,
        typer.Argument(
            metavar="TABLE", help="transcripts.parquet of a set, or table.parquet of a store."
        ),
    ],
    form: Annotated[
        Literal["genepred", "gtf", "bed12"], typer.Option("--format", help="Format to write.")
    ],
    output: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            callback=output_formats.plain,
            help="File to write, compressed if it ends in .gz.",
            show_default="standard output",
        ),
    ] = None,
) -> None:
    """Write a transcript table as extended genePred, GTF or BED12.

    Reading the text back gives the same transcripts, as far as the format can hold them: BED12
    has no frames, no completeness and no genes, and genePred has one name of the gene, its symbol
    if there is one. Tabs and line ends in names become %09, %0A and %0D, quotes in GTF %22.

    Example: orthrus annotation export annotation/hg38.gencode_v43/transcripts.parquet
    --format gtf -o hg38.gencode_v43.gtf.gz
    """
    from orthrus import schemas
    from orthrus.annotation.export import export as write

    rows = schemas.read_table(table, schemas.TRANSCRIPTS)
    write(rows, form, None if output == Path("-") else output)
    if output not in (None, Path("-")):
        say(f"{output}: {len(rows):,} transcripts")
