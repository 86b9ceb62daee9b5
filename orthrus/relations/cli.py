"""The `orthrus relations` commands."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from orthrus import output_formats
from orthrus.log import say

app = typer.Typer(help="Find positive pairs and homology groups, and split genes into folds.")

Stores = Annotated[
    list[Path], typer.Argument(help="Transcript stores, in the order of global rows.")
]
Assignments = Annotated[list[str] | None, typer.Option("--set", help="A setting, as key=value.")]
Output = Annotated[
    Path, typer.Option("--output", "-o", callback=output_formats.plain, help="Where to write.")
]
Folder = Annotated[Path, typer.Argument(help="A folder written by `orthrus relations build`.")]


@app.command()
def build(
    stores: Stores,
    output: Output,
    orthologs: Annotated[
        Path | None, typer.Option(help="BioMart table of orthologs, for cross_species=orthologs.")
    ] = None,
    assignments: Assignments = None,
) -> None:
    """Group transcripts by gene, lay out their pairs, and count them.

    Settings: cross_species, within_species, orthologs, ortholog_assemblies, min_matched,
    length_classes.

    Example: orthrus relations build transcripts/*.zarr -o relations
    """
    from orthrus.config import settings
    from orthrus.config.relations import GroupSettings
    from orthrus.relations.build import build_relations

    wanted = settings(GroupSettings, assignments or [])
    counts = build_relations(stores, output, wanted, orthologs)
    pairs = counts["datasets"]["splice and ortholog"]["pairs"]
    say(f"{output}: {counts['groups']:,} gene groups, {pairs:,} positive pairs")


@app.command()
def count(folder: Folder) -> None:
    """Print the numbers of pairs and transcripts beside those of the paper's Table 1.

    A table on a terminal, tab-separated values in a pipe.

    Example: orthrus relations count relations
    """
    from orthrus.files import read_json
    from orthrus.relations.table1 import print_rows, read_rows

    print_rows(read_rows(folder))
    for name, why in read_json(folder / "counts.json").get("sets_without_genes", {}).items():
        say(f"{name}: {why}")


@app.command()
def export(
    folder: Folder,
    output: Output,
    stores: Annotated[
        list[Path] | None, typer.Argument(help="The stores, to name transcripts by their ids.")
    ] = None,
    kind: Annotated[
        list[str] | None,
        typer.Option(help="A kind to write: splice, naive or ortholog; all without this option."),
    ] = None,
) -> None:
    """Write every positive pair as a row of a Parquet file.

    `ortholog` alone writes only each transcript's own projections, as in Table 1's second row.

    Example: orthrus relations export relations transcripts/*.zarr -o pairs.parquet --kind splice
    """
    from orthrus.relations.export import export_pairs
    from orthrus.relations.pair_kinds import KINDS

    total = export_pairs(folder, output, kind or KINDS, stores or [])
    say(f"{output}: {total:,} pairs")


@app.command()
def qc(folder: Folder, stores: Stores, output: Output, assignments: Assignments = None) -> None:
    """Compare lengths and untranslated regions over sampled pairs.

    A table on a terminal, tab-separated values in a pipe. Settings: sample, seed.

    Example: orthrus relations qc relations transcripts/*.zarr -o relations/quality.parquet
    """
    from orthrus.config import settings
    from orthrus.config.relations import PairSettings
    from orthrus.relations.pair_quality import measure_pairs, print_quality

    wanted = settings(PairSettings, assignments or [])
    print_quality(measure_pairs(folder, stores, output, wanted))


@app.command()
def homology(
    paralogs: Annotated[Path, typer.Argument(help="BioMart table of paralogs, gzip or not.")],
    stores: Annotated[list[Path], typer.Argument(help="Stores whose genes to add as singletons.")],
    output: Output,
    assignments: Assignments = None,
) -> None:
    """Find homology groups: components of the paralog graph above an identity threshold.

    Settings: threshold, identity, identity_missing, min_matched.

    Example: orthrus relations homology paralogs.tsv.gz human.zarr -o homology.parquet
    """
    from orthrus.config import settings
    from orthrus.config.relations import HomologySettings
    from orthrus.relations.homology import build_homology

    table = build_homology(paralogs, stores, output, settings(HomologySettings, assignments or []))
    say(f"{output}: {len(table):,} genes in {table['group'].n_unique():,} homology groups")


@app.command()
def split(
    homology: Annotated[Path, typer.Argument(help="A table of `orthrus relations homology`.")],
    stores: Annotated[list[Path], typer.Argument(help="Stores that tell the genes' chromosomes.")],
    by: Annotated[
        Literal["homology", "chromosome", "random"],
        typer.Option(
            "--split", help="What stays on one side: homology groups, chromosomes, genes."
        ),
    ],
    output: Output,
    leakage: Annotated[
        Path,
        typer.Option(
            callback=output_formats.plain, help="Where to write the leakage report (JSON)."
        ),
    ],
    assignments: Assignments = None,
) -> None:
    """Split genes into train, val and test, once per seed, and measure what leaks.

    Settings: fractions, seeds.

    Example: orthrus relations split homology.parquet human.zarr --split homology
    -o splits.parquet --leakage leakage.json
    """
    from orthrus.config import settings
    from orthrus.config.relations import SplitSettings
    from orthrus.relations.splits import build_split

    table = build_split(
        homology, stores, by, output, leakage, settings(SplitSettings, assignments or [])
    )
    say(f"{output}: {table['gene_id'].n_unique():,} genes, {table['seed'].n_unique()} seeds")
