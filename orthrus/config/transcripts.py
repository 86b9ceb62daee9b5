"""Settings of the transcripts stage."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from orthrus.config.settings_model import SettingsModel

CodonPhase = Literal["annotated", "from_cds_start"]
StopCodon = Literal["auto", "as_annotated", "extend"]


class TranscriptsSettings(SettingsModel):
    """How transcripts are cut out of a genome."""

    codon_phase: CodonPhase = Field(
        "annotated",
        description="Where codons start: as the exon frames of the annotation say, or at every "
        "third base from the start of the CDS whatever its frame (the published code).",
    )
    max_misframed: float = Field(
        0.05,
        ge=0,
        le=1,
        description="The largest share of CDSs that hold stop codons by the exon frames of the "
        "annotation and none when read from their start, among those with several exons or a "
        "first frame other than 0. More of them mean that the frames are wrong.",
    )
    stop_codon: StopCodon = Field(
        "auto",
        description="What becomes of a CDS that ends just before a stop codon, as in GTF without "
        "stop_codon lines: as_annotated leaves it, extend includes the stop codon, auto extends "
        "where at least 90 % of the table's CDSs end so. Counted are CDSs that end with a stop "
        "codon, and those with a whole last codon and at least three bases behind it.",
    )
    max_rejected: float = Field(
        0.01,
        ge=0,
        le=1,
        description="The largest share of transcripts that may not fit the genome.",
    )
