"""How many tokens fit into memory at once.

Peak memory of embedding with Mamba encoders was measured on the CPU at widths 64 to 512, 1 to 3
layers and 8,192 to 32,768 tokens: 15.2 to 17.8 float32 per token and channel, whatever the number
of layers, beside what the process holds anyway. Convolutional encoders take less.
"""

from __future__ import annotations

import re

import numpy as np

from orthrus.errors import OrthrusError
from orthrus.evaluate.transcript_inputs import Transcripts
from orthrus.models.base import Encoder

FLOATS_PER_CHANNEL = 18
PROCESS = 600_000_000
"""Bytes of the interpreter with its libraries."""

_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([KMGT]?)(i?B)?", re.IGNORECASE)


def parse_size(text: str) -> int:
    """Return the bytes of `4G`, `500M`, `1.5GB`, `2GiB` (powers of 1000, with `i` of 1024).

    Raises
    ------
    OrthrusError
        It is not such a size.
    """
    match = _SIZE.fullmatch(text.strip())
    if match is None:
        raise OrthrusError(
            f"--max-memory: {text!r} is not a valid size; give one such as 4G or 500M"
        )
    number, prefix, unit = match.groups()
    base = 1024 if (unit or "").lower().startswith("i") else 1000
    return int(float(number) * base ** " KMGT".index(prefix.upper() or " "))


def tokens_within(limit: int, encoder: Encoder, transcripts: Transcripts) -> int:
    """Return how many tokens a batch may have for the process to stay within `limit` bytes.

    Raises
    ------
    OrthrusError
        The longest transcript alone needs more.
    """
    per_token = 4 * FLOATS_PER_CHANNEL * encoder.width
    weights = sum(tensor.nbytes for tensor in encoder.state_dict().values())
    lengths = transcripts.lengths
    vectors = 4 * encoder.width * len(lengths)
    held = PROCESS + weights + transcripts.codes.nbytes + transcripts.offsets.nbytes + vectors
    longest = int(np.argmax(lengths))
    needed = held + per_token * int(lengths[longest])
    if needed > limit:
        raise OrthrusError(
            f"--max-memory: transcript {transcripts.names[longest]} of {lengths[longest]:,} nt "
            f"needs {needed / 1e9:.2g} GB with this model; allow more or leave it out"
        )
    return (limit - held) // per_token
