"""Masked language modelling: hide nucleotides from the encoder and let a head predict them."""

from __future__ import annotations

from typing import Literal

import torch
from torch.nn.functional import cross_entropy

from orthrus.pretrain.augment import HIDDEN
from orthrus.transcripts.codes import BASE, UNKNOWN

Hides = Literal["tracks", "nucleotide"]


def marked(codes: torch.Tensor) -> torch.Tensor:
    """Return which positions of codes (B, L) uint8 are to be predicted, bool."""
    return codes & HIDDEN != 0


def shown(codes: torch.Tensor) -> torch.Tensor:
    """Return codes (B, L) with nothing hidden."""
    return codes & ~HIDDEN


def hidden(codes: torch.Tensor, hides: Hides) -> torch.Tensor:
    """Return codes (B, L) without what is to be predicted.

    `tracks` hides all tracks of a position, as published; `nucleotide` leaves its codon and exon
    marks.
    """
    without = torch.full_like(codes, UNKNOWN)
    if hides == "nucleotide":
        without |= codes & ~(HIDDEN | BASE)
    return torch.where(marked(codes), without, codes)


def mlm(logits: torch.Tensor, codes: torch.Tensor) -> torch.Tensor:
    """Return the cross entropy of every prediction (paper, equation 7, before its mean).

    Parameters
    ----------
    logits
        (M, 4) of A, C, G and T.
    codes
        (M,) uint8, code bytes with the nucleotides that were hidden.

    Returns
    -------
    (M,) torch.Tensor
    """
    return cross_entropy(logits, (codes & BASE).long(), reduction="none")
