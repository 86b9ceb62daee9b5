"""Run by two processes at once: losses and gradients of unequal parts of a batch."""

from __future__ import annotations

import sys

import torch
import torch.distributed as dist
from pretrain_helpers import TINY, made_batch, part

from orthrus.config import settings
from orthrus.config.pretrain import PretrainSettings
from orthrus.pretrain import distributed
from orthrus.pretrain.data import Batch
from orthrus.pretrain.lightning_module import Pretraining

BATCH = made_batch(7, marked=0.2)
PARTS = ((0, 5), (5, 7))
CASES = {
    "dcl": ["objective.dcl=paper"],
    "dcl of all": ["objective.dcl=published_code", "objective.negatives=all"],
    "nt_xent": ["objective.contrastive=nt_xent"],
    "mlm": ["objective.mlm_weight=1"],
    "joint": ["objective.mlm_weight=0.95", "objective.mlm_hides=nucleotide"],
}


def trained(case: str, batch: Batch) -> dict[str, torch.Tensor]:
    """Return the losses of a batch, all gradients, and the running statistics."""
    module = Pretraining(settings(PretrainSettings, [*TINY, *CASES[case]])).double()
    found = module.training_step(batch, 0)
    found["loss"].backward()
    gradients = {name: values.grad for name, values in module.named_parameters()}
    return {"shares": found["shares"], **gradients, **dict(module.named_buffers())}


if __name__ == "__main__":
    distributed.join(torch.device("cpu"))
    results = {}
    for case in CASES:
        results[case] = trained(case, part(BATCH, *PARTS[distributed.rank()]))
        for name, values in results[case].items():
            if "running" not in name and "tracked" not in name:
                dist.all_reduce(values)
                # As data-parallel training does with gradients.
                values /= 1 if name == "shares" else distributed.ranks()
    rows = torch.arange(float(3 * distributed.rank() + 2)).requires_grad_()
    gathered, start = distributed.gather(rows)
    (gathered * torch.arange(7.0)).sum().backward()
    with distributed.alone():
        assert distributed.gather(rows) == (rows, 0)
    results["gather"] = {"rows": gathered, "start": start, "gradient": rows.grad}
    torch.save(results, f"{sys.argv[1]}/{distributed.rank()}.pt")
    dist.destroy_process_group()
