"""Settings of the evaluate stage: embedding, probes, Z-scores and maps."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from orthrus.config.finetune import FinetuneSettings, Matched
from orthrus.config.relations import PUBLISHED_SEEDS, Seeds
from orthrus.config.settings_model import SettingsModel


class EmbedSettings(SettingsModel):
    """How transcripts are embedded."""

    max_tokens: int = Field(
        1 << 14,
        ge=1,
        description="Nucleotides of a batch, padding included; a longer transcript goes alone.",
    )
    threads: int = Field(
        1, ge=1, description="CPU threads; values are identical for a given count."
    )
    device: Literal["auto", "cpu", "cuda"] = Field(
        "auto", description="Where the encoder runs; `auto` is a GPU where there is one."
    )


class FeatureSettings(SettingsModel):
    """A baseline of plain sequence features."""

    k: int = Field(4, ge=1, le=6, description="Largest k-mers whose frequencies are counted.")
    tracks: Literal[4, 6] = Field(
        6, description="4: the sequence alone; 6: also lengths of CDS and UTRs, and exons."
    )


class ProbeSettings(SettingsModel):
    """How linear probes are fitted and scored (paper, A.4)."""

    seeds: Seeds = Field(PUBLISHED_SEEDS, description="Seeds of the splits to probe on.")
    alphas: tuple[Annotated[float, Field(gt=0)], ...] = Field(
        (1e-3, 1e-2, 1e-1, 1.0, 1e1, 1e2),
        min_length=1,
        description="Ridge penalties to choose from; the published suite's end at 1e1, the paper's "
        "own code has 1e-4 to 1e2.",
    )
    select: Literal["loo", "validation"] = Field(
        "loo",
        description="Choose the penalty by leave-one-out error on the training rows, as the "
        "published suite does, or by the error on the validation rows.",
    )
    solver: Literal["exact", "sklearn"] = Field(
        "exact",
        description="`exact`: the optimum of scikit-learn's objectives; `sklearn`: RidgeCV and "
        "LogisticRegression themselves, as the published suite calls them, the latter of which "
        "stops early.",
    )
    compare_solvers: bool = Field(
        False,
        description="Also score the probes of solver `sklearn`; the report shows the differences.",
    )
    max_iter: int = Field(5000, ge=1, description="Iterations allowed to a logistic probe.")
    min_test: int = Field(10, ge=3, description="Fewest test rows a probe is scored on.")
    min_matched: Matched = 0.1


class ZscoreSettings(SettingsModel):
    """How models are compared (paper, Methods, ablation study)."""

    reference: str | None = Field(
        None, description="Model the others are tested against; by default the best aggregate."
    )
    test: Literal["welch", "paired"] = Field(
        "welch",
        description="One-sided t-test: Welch's, as the paper's Methods say, or paired by seed, as "
        "the caption of its Figure 3 says.",
    )
    significance: float = Field(
        0.05, gt=0, lt=1, description="A larger p-value is no significant difference."
    )


class UmapSettings(SettingsModel):
    """How embeddings are laid out in two dimensions (paper, Figure A4)."""

    seed: int = Field(0, ge=0, lt=1 << 32, description="Seed of the sample and of the layout.")
    neighbors: int = Field(15, ge=2, description="Neighbours per transcript.")
    max_points: int = Field(50_000, ge=3, description="Transcripts drawn, sampled at random.")


class EvaluateSettings(SettingsModel):
    """Everything about evaluation."""

    embed: EmbedSettings = EmbedSettings()
    probe: ProbeSettings = ProbeSettings()
    finetune: FinetuneSettings = FinetuneSettings()
    zscore: ZscoreSettings = ZscoreSettings()
    umap: UmapSettings = UmapSettings()
