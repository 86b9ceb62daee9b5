from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from orthrus.errors import OrthrusError
from orthrus.pretrain.resume_state import claim, digest, prune

IDENTITY = {"settings": {"train": {"lr": 0.1}}, "inputs": ["a"]}


def test_identity_decides_the_folder(tmp_path: Path) -> None:
    with claim(tmp_path, IDENTITY) as state:
        assert state.folder == tmp_path / digest(IDENTITY)
    assert digest(IDENTITY) == digest(dict(reversed(IDENTITY.items())))
    assert digest(IDENTITY) != digest({**IDENTITY, "inputs": ["b"]})


def test_a_changed_setting_is_told(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    with claim(tmp_path, IDENTITY):
        pass
    assert capsys.readouterr().err == ""
    with claim(tmp_path, {**IDENTITY, "settings": {"train": {"lr": 0.2}}}):
        pass
    told = capsys.readouterr().err
    assert (
        told == f"{tmp_path}: settings.train.lr changed from 0.1 to 0.2; training starts afresh\n"
    )


def test_many_changes_are_counted(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    with claim(tmp_path, dict.fromkeys("abcde", 1)):
        pass
    with claim(tmp_path, dict.fromkeys("abcde", 2)):
        pass
    assert "c changed from 1 to 2, and 2 more; training starts" in capsys.readouterr().err


def test_a_second_process_waits_for_the_first(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from orthrus.pretrain.resume_state import claim\n"
        f"with claim(Path({str(tmp_path)!r}), {IDENTITY!r}) as state:\n"
        "    print((state.folder / 'done').exists())"
    )
    with claim(tmp_path, IDENTITY) as state:
        other = subprocess.Popen(
            [sys.executable, "-c", script],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert other.stderr is not None
        assert "another process trains this model; waiting" in other.stderr.readline()
        assert other.poll() is None
        (state.folder / "done").touch()
    assert other.communicate(timeout=30)[0] == "True\n"


def test_unwritable_folder(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OrthrusError, match="cannot be written"), claim(tmp_path / "file", IDENTITY):
        pass


def test_other_states_go_but_none_in_use(tmp_path: Path) -> None:
    identities = [{"run": number} for number in range(3)]
    folders = [tmp_path / digest(identity) for identity in identities]
    for identity in identities[:2]:
        with claim(tmp_path, identity) as state:
            state.checkpoint.touch()
    with claim(tmp_path, identities[1]), claim(tmp_path, identities[2]) as own:
        own.checkpoint.touch()
        prune(own)
        assert [folder.exists() for folder in folders] == [False, True, True]
        assert own.checkpoint.exists()
    with claim(tmp_path, identities[2]) as own:
        prune(own)
    assert [folder.exists() for folder in folders] == [False, False, True]


def test_a_state_that_went_while_waiting_is_made_anew(tmp_path: Path) -> None:
    script = (
        "from pathlib import Path; from orthrus.pretrain.resume_state import claim\n"
        f"with claim(Path({str(tmp_path)!r}), {IDENTITY!r}) as state:\n"
        "    print((state.folder / 'lock').exists(), state.checkpoint.exists())"
    )
    with claim(tmp_path, IDENTITY) as state:
        state.checkpoint.touch()
        other = subprocess.Popen(
            [sys.executable, "-c", script],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert other.stderr is not None
        assert "waiting" in other.stderr.readline()
        shutil.rmtree(state.folder)
    assert other.communicate(timeout=30)[0] == "True False\n"
