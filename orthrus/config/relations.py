"""Settings of gene groups, positive pairs, homology groups and splits."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, field_validator

from orthrus.config.settings_model import SettingsModel

PUBLISHED_SEEDS = (2541, 413, 411, 412, 2547, 321, 421, 311, 2516, 2515)
"""The seeds of the splits of the paper's benchmark suite."""

Split = Literal["homology", "chromosome", "random"]
"""What a split keeps on one side: homology groups, chromosomes, genes."""


CrossSpecies = Literal["symbol", "orthologs", "none"]
"""How genes of different species come into one group."""


Within = Literal["gene_id", "symbol"]
"""What makes transcripts of one species those of one gene."""


def distinct(seeds: tuple[int, ...]) -> tuple[int, ...]:
    """Return the seeds of splits, of which none may occur twice."""
    if len(set(seeds)) < len(seeds):
        raise ValueError("a seed occurs twice")
    return seeds


Seeds = Annotated[
    tuple[Annotated[int, Field(ge=0)], ...], Field(min_length=1), AfterValidator(distinct)
]


class GroupSettings(SettingsModel):
    """What `orthrus relations build` takes."""

    cross_species: CrossSpecies = Field(
        "symbol",
        description="How reference genes of different species come into one group: by the symbol "
        "(naive orthology, as published), by a table of orthologs, or not at all.",
    )
    within_species: Within = Field(
        "gene_id",
        description="What makes transcripts of a species those of one gene: the gene id, and the "
        "symbol where a transcript has none, or always the symbol, as published. By gene id, a "
        "symbol of several genes (Y_RNA) joins nothing.",
    )
    orthologs: Literal["one2one", "all"] = Field(
        "one2one",
        description="Which pairs of the table of orthologs count, where `cross_species` is "
        "`orthologs`.",
    )
    ortholog_assemblies: tuple[str, str] = Field(
        ("hg38", "mm10"), description="Assemblies of the first and second gene of that table."
    )
    min_matched: float = Field(
        0.1,
        ge=0,
        le=1,
        description="Lowest fraction of genes that the table of orthologs must share with each "
        "assembly, of the one with fewer.",
    )
    length_classes: tuple[Annotated[int, Field(ge=1)], Annotated[int, Field(ge=1)]] = Field(
        (3900, 12288),
        description="Upper limits, in nt and exclusive, of the classes short and long. A base "
        "pairs with transcripts below the limit of its own class.",
    )

    @field_validator("length_classes")
    @classmethod
    def _rising(cls, limits: tuple[int, int]) -> tuple[int, int]:
        if limits[0] >= limits[1]:
            raise ValueError("the limits must rise")
        return limits


class HomologySettings(SettingsModel):
    """What `orthrus relations homology` takes."""

    threshold: float = Field(
        35.0, ge=0, le=100, description="Percent identity that a paralog pair must exceed."
    )
    identity: Literal["target", "query", "max", "min", "mean"] = Field(
        "max",
        description="Which direction's identity counts: of the target gene to the query gene, of "
        "the query gene to the target gene, or the maximum, minimum or mean of both.",
    )
    identity_missing: Literal["error", "accept"] = Field(
        "error", description="Refuse a pair without identity, or accept it as above the threshold."
    )
    min_matched: float = Field(
        0.1,
        ge=0,
        le=1,
        description="Lowest fraction of genes that the table of paralogs must share with the "
        "stores, of the one with fewer.",
    )


class SplitSettings(SettingsModel):
    """What `orthrus relations split` takes; by default the ten splits of the paper's probes."""

    fractions: tuple[
        Annotated[float, Field(gt=0)], Annotated[float, Field(gt=0)], Annotated[float, Field(gt=0)]
    ] = Field((0.70, 0.15, 0.15), description="Shares of genes in train, val and test.")
    seeds: Seeds = Field(PUBLISHED_SEEDS, description="One split is made per seed.")

    @field_validator("fractions")
    @classmethod
    def _whole(cls, fractions: tuple[float, float, float]) -> tuple[float, float, float]:
        if abs(sum(fractions) - 1) > 1e-9:
            raise ValueError("the fractions must add up to 1")
        return fractions


class PairSettings(SettingsModel):
    """What `orthrus relations qc` takes."""

    sample: int = Field(100_000, ge=1, description="Pairs to draw of each kind.")
    seed: int = Field(0, ge=0, description="Decides which pairs are drawn.")


class RelationsSettings(SettingsModel):
    """Gene groups and pairs, their quality, homology groups, splits."""

    groups: GroupSettings = GroupSettings()
    pairs: PairSettings = PairSettings()
    homology: HomologySettings = HomologySettings()
    splits: SplitSettings = SplitSettings()
