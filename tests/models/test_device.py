"""Where a model runs."""

from __future__ import annotations

import pytest
import torch

from orthrus.errors import OrthrusError
from orthrus.models import device


@pytest.mark.parametrize(
    ("there", "wanted", "chosen"),
    [(True, "auto", "cuda"), (False, "auto", "cpu"), (True, "cpu", "cpu"), (True, "cuda", "cuda")],
)
def test_a_gpu_is_used_where_there_is_one(monkeypatch, there, wanted, chosen):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: there)
    assert device.choose(wanted, "train.device").type == chosen


def test_a_gpu_that_is_not_there(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(OrthrusError, match=r"train\.device: cuda asked for.*set train\.device=cpu"):
        device.choose("cuda", "train.device")
