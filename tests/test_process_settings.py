import platform
import subprocess
import sys

import pytest

HOLE = """
import re
from pathlib import Path
from orthrus.process_settings import tune
tune()
import torch

def resident():
    return int(re.search(r"VmRSS:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])

torch.ones(5_000_000)
before = resident()
freed = torch.ones(4_900_000)
kept = torch.ones(30_000)
del freed
print(resident() - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="glibc's heap is meant")
def test_memory_of_large_tensors_is_given_back_below_smaller_ones() -> None:
    done = subprocess.run([sys.executable, "-c", HOLE], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 10_000
