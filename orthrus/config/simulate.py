"""Settings of the synthetic clade."""

from __future__ import annotations

from pydantic import Field

from orthrus.config.settings_model import SettingsModel


class SimulateSettings(SettingsModel):
    """How large the synthetic clade is."""

    seed: int = Field(0, ge=0, description="Seed of every random choice.")
    genes: int = Field(
        800, ge=30, le=20_000, description="Genes per genome, non-coding ones included."
    )
