from __future__ import annotations

import torch
from torch import nn

from orthrus.models.heads import Projector
from orthrus.pretrain.batchnorm import GlobalBatchNorm, globalise

# Its statistics over two processes are tested with the losses: test_distributed.py.


def test_heads_keep_their_parameters_and_results() -> None:
    torch.manual_seed(0)
    one, other = Projector(8), Projector(8)
    other.load_state_dict(one.state_dict())
    globalise(other)
    assert [type(part) for part in other].count(GlobalBatchNorm) == 2
    assert not any(type(part) is nn.BatchNorm1d for part in other)
    rows = torch.randn(5, 8)
    assert torch.equal(one(rows), other(rows))
    for name, values in one.state_dict().items():
        assert torch.equal(other.state_dict()[name], values), name


def test_sums_over_ranks_give_batch_norm(monkeypatch) -> None:
    """As if there were two ranks, of which the other one holds the same rows twice."""
    from orthrus.pretrain import distributed

    monkeypatch.setattr(distributed, "ranks", lambda: 2)
    monkeypatch.setattr(distributed, "total", lambda values: 3 * values)
    torch.manual_seed(1)
    rows = torch.randn(4, 6, dtype=torch.float64)
    plain, ours = nn.BatchNorm1d(6).double(), GlobalBatchNorm(6).double()
    torch.testing.assert_close(ours(rows), plain(rows.repeat(3, 1))[:4])
    for name, values in plain.state_dict().items():
        torch.testing.assert_close(ours.state_dict()[name], values)
    ours.eval()
    plain.eval()
    torch.testing.assert_close(ours(rows), plain(rows))
