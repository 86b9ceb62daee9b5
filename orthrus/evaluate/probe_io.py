"""A fitted linear probe: what it predicts, and how it is kept without pickles."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save
from scipy.special import expit

from orthrus import embedded_digests
from orthrus.array_types import Floats
from orthrus.errors import OrthrusError
from orthrus.files import atomic_file, open_existing
from orthrus.output_formats import suffix_of

ARRAYS = ("mean", "scale", "weights", "intercepts")
FORMULA = r"^[=+\-@\t\r]"
"""How spreadsheets recognise formulas."""
SEPARATORS = {".tsv": "\t", ".csv": ","}
PREDICTIONS = (".parquet", *SEPARATORS)
"""Suffixes of the tables that predictions can be written as."""


@dataclass(frozen=True)
class Linear:
    """One probe.

    Attributes
    ----------
    mean, scale
        (width,) what features are standardised by.
    weights, intercepts
        (width, outputs) and (outputs,); NaN for a label that could not be fitted.
    probabilities
        Whether outputs are the log-odds of labels rather than values.
    """

    mean: Floats
    scale: Floats
    weights: Floats
    intercepts: Floats
    probabilities: bool

    def predict(self, features: Floats) -> Floats:
        """Return values or probabilities, (n, outputs), for features (n, width)."""
        out = (features - self.mean) / self.scale @ self.weights + self.intercepts
        return np.asarray(expit(out)) if self.probabilities else np.asarray(out)


@dataclass(frozen=True)
class Probe:
    """The probes of one model on one task, one per seed.

    Attributes
    ----------
    facts
        `task`, `model`, `digest` (of the model's weights; None: it has none), `kind` (regression or
        multilabel), `labels` and `seeds`.
    fits
        A probe per seed.
    """

    facts: dict[str, Any]
    fits: Sequence[Linear]

    def check_width(self, width: int) -> None:
        """Raise an OrthrusError unless embeddings of `width` are what the probe was fitted to."""
        own = len(self.fits[0].mean)
        if width != own:
            raise OrthrusError(
                f"the embeddings have width {width}, the probe takes {own}; give the model it was "
                f"fitted to, {self.facts['model']}"
            )

    def check_model(self, digest: str | None) -> None:
        """Raise an OrthrusError unless weights of this digest are those it was fitted to."""
        model, own = self.facts["model"], self.facts.get("digest")
        if own is None:
            raise OrthrusError(
                f"the probe was fitted to {model}, which has no recorded weights digest; fit one "
                "to embeddings of `orthrus embed`"
            )
        if digest != own:
            told = digest[:12] if digest else "no model"
            raise OrthrusError(
                f"the probe was fitted to other weights, {model} with digest {own[:12]}, not "
                f"{told}; give those, or probe again"
            )

    def predict(self, features: Floats) -> tuple[Floats, Floats]:
        """Return the mean prediction of all seeds and its spread, both (n, labels).

        A label that a seed had to skip is left out of its mean; NaN where all did.
        """
        each = np.ma.masked_invalid(np.stack([fit.predict(features) for fit in self.fits]))
        return each.mean(axis=0).filled(np.nan), each.std(axis=0).filled(np.nan)

    def write(self, path: Path) -> None:
        """Write arrays, stacked over seeds, as safetensors with the facts as metadata."""
        arrays = {name: np.stack([getattr(fit, name) for fit in self.fits]) for name in ARRAYS}
        content = save(arrays, {"orthrus_probe": json.dumps(self.facts)})
        with atomic_file(path) as scratch:
            scratch.write_bytes(embedded_digests.seal_safetensors(content))

    @classmethod
    def read(cls, path: Path) -> Probe:
        """Read what `write` wrote; OrthrusError when `path` is something else, or damaged."""
        if not path.exists():
            raise OrthrusError(f"{path}: does not exist")
        with open_existing(path) as handle:
            embedded_digests.check(handle, path)
        try:
            with safe_open(path, framework="numpy") as file:
                facts = json.loads(file.metadata()["orthrus_probe"])
                mean, scale, weights, intercepts = map(file.get_tensor, ARRAYS)
        except (SafetensorError, KeyError, TypeError, ValueError, OSError):
            raise OrthrusError(
                f"{path}: is not a fitted probe; `orthrus evaluate probe --save` writes one"
            ) from None
        odds = facts["kind"] == "multilabel"
        each = zip(mean, scale, weights, intercepts, strict=True)
        return cls(facts, [Linear(*arrays, probabilities=odds) for arrays in each])


def predictions(names: pl.Series, probe: Probe, features: Floats) -> pl.DataFrame:
    """Return `transcript_id` and, for every label, its prediction and its spread (`_sd`)."""
    mean, spread = probe.predict(features)
    columns: dict[str, Any] = {"transcript_id": names}
    for at, label in enumerate(probe.facts["labels"]):
        columns |= {label: mean[:, at], f"{label}_sd": spread[:, at]}
    return pl.DataFrame(columns, nan_to_null=True)


def write_predictions(path: Path, names: pl.Series, probe: Probe, features: Floats) -> None:
    """Write `transcript_id` and, for every label, its prediction and its spread over seeds (`_sd`).

    The suffix of `path` says the format. In text, names that a spreadsheet would take for formulas
    have an apostrophe before them.

    Raises
    ------
    OrthrusError
        It is none of PREDICTIONS.
    """
    suffix = suffix_of(path, *PREDICTIONS)
    table = predictions(names, probe, features)
    with atomic_file(path) as scratch:
        if suffix == ".parquet":
            table.write_parquet(scratch)
        else:
            text = table.with_columns(pl.col("transcript_id").str.replace(FORMULA, "'${0}"))
            text.rename(_no_formula).write_csv(scratch, separator=SEPARATORS[suffix])


def _no_formula(name: str) -> str:
    return re.sub(FORMULA, r"'\g<0>", name)
