"""Settings of the encoder."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from orthrus.config.settings_model import SettingsModel


class EncoderSettings(SettingsModel):
    """Kind and size of an encoder; the defaults are Orthrus Small (256 wide, 3 layers, 6 tracks).

    The keys of the other kinds are ignored, so that a model of a build may change `kind` alone.
    """

    kind: Literal["mamba", "dilated_cnn", "saluki"] = Field(
        "mamba",
        description="`mamba`: Mamba-1 blocks, as Orthrus; `dilated_cnn`: residual dilated "
        "convolutions; `saluki`: convolutions and a GRU, as Saluki",
    )
    n_tracks: Literal[4, 6] = Field(
        6, description="Input tracks: 4 (A, C, G, T) or 6 (and codon starts, exon ends)."
    )
    width: int = Field(
        256,
        ge=16,
        le=4096,
        multiple_of=16,
        description="Of `mamba`: channels of the hidden states.",
    )
    layers: int = Field(3, ge=1, le=64, description="Of `mamba`: number of blocks.")
    size: Literal["small", "medium"] = Field(
        "small",
        description="Of `dilated_cnn` and `saluki`: `small`, or `medium`, which has about as many "
        "parameters as Orthrus (512 wide, 6 layers).",
    )
