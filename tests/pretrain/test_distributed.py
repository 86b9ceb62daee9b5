from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from two_ranks import BATCH, CASES, trained
from workflow_helpers import ROOT

from orthrus.pretrain import distributed


@pytest.fixture(scope="module")
def two_ranks(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, dict[str, Any]]]:
    """What tests/two_ranks.py finds in each of two processes."""
    folder = tmp_path_factory.mktemp("ranks")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    shared = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port, "WORLD_SIZE": "2"}
    shared |= {"LOCAL_WORLD_SIZE": "2", "TORCHELASTIC_RUN_ID": "test", "OMP_NUM_THREADS": "1"}
    processes = [
        subprocess.Popen(
            [sys.executable, ROOT / "tests/two_ranks.py", folder],
            env={**os.environ, **shared, "RANK": str(rank), "LOCAL_RANK": str(rank)},
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in range(2)
    ]
    for process in processes:
        _, errors = process.communicate(timeout=120)
        assert process.returncode == 0, errors
    return [torch.load(Path(folder, f"{rank}.pt"), weights_only=True) for rank in range(2)]


@pytest.mark.parametrize("case", CASES)
def test_unequal_parts_train_like_the_whole(two_ranks, case: str) -> None:
    whole = trained(case, BATCH)
    assert whole["shares"].any()
    for found in two_ranks:
        assert found[case].keys() == whole.keys()
        for name, values in whole.items():
            torch.testing.assert_close(
                found[case][name], values, rtol=1e-9, atol=1e-12, msg=lambda text, n=name: n + text
            )


def test_rows_of_all_ranks_in_order(two_ranks) -> None:
    for rank, found in enumerate(two_ranks):
        gathered = found["gather"]
        assert gathered["rows"].tolist() == [0, 1, 0, 1, 2, 3, 4]
        assert gathered["start"] == (0, 2)[rank]
        # Every rank's sum counts.
        own = ([0, 1], [2, 3, 4, 5, 6])[rank]
        assert gathered["gradient"].tolist() == [2 * factor for factor in own]


def test_a_single_process_is_all_ranks() -> None:
    rows = torch.ones(2, 3)
    assert (distributed.ranks(), distributed.rank(), distributed.launched()) == (1, 0, False)
    assert distributed.gather(rows) == (rows, 0)
    assert distributed.total(rows) is rows
