"""Settings of the transcripts stage."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from orthrus.config.base import Section

CodonPhase = Literal["annotated", "from_cds_start"]


class TranscriptsSettings(Section):
    """How transcripts are cut out of a genome."""

    codon_phase: CodonPhase = Field(
        "annotated",
        description="Where codons start: as the exon frames of the annotation say, or at every "
        "third base from the start of the CDS whatever its frame (the published code).",
    )
    max_rejected: float = Field(
        0.01,
        ge=0,
        le=1,
        description="The largest share of transcripts that may not fit the genome.",
    )
