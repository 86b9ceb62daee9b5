"""Settings of the encoder."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from orthrus.config.base import Section


class EncoderSettings(Section):
    """Size of an encoder; the defaults are Orthrus Small (256 wide, 3 layers, 6 tracks)."""

    kind: Literal["mamba"] = Field("mamba", description="Sequence mixer: Mamba-1 blocks.")
    n_tracks: Literal[4, 6] = Field(
        6, description="Input tracks: 4 (A, C, G, T) or 6 (and codon starts, exon ends)."
    )
    width: int = Field(
        256, ge=16, le=4096, multiple_of=16, description="Channels of the hidden states."
    )
    layers: int = Field(3, ge=1, le=64, description="Number of Mamba blocks.")
