from pathlib import Path

import pytest
from transcripts_helpers import write_codes

from orthrus.transcripts import mapped_codes as module
from orthrus.transcripts.mapped_codes import mapped_codes
from orthrus.transcripts.store import Store


def times(cache: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mtime_ns for path in cache.iterdir()}


def codes_of(tmp_path: Path, *transcripts: list[int]) -> list[Store]:
    return [Store.open(write_codes(tmp_path, "a", list(transcripts)))]


def test_a_file_serves_until_stores_change(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cache = tmp_path / "cache"
    stores = codes_of(tmp_path, [0, 1], [2])
    assert mapped_codes(stores, cache).tolist() == [0, 1, 2]
    first = times(cache)
    assert mapped_codes(stores, cache).tolist() == [0, 1, 2]
    assert times(cache) == first
    capsys.readouterr()
    assert mapped_codes(codes_of(tmp_path, [3]), cache).tolist() == [3]
    assert len(times(cache)) == 1
    assert times(cache).keys().isdisjoint(first)
    assert f"{next(iter(first))}: removed; it was of other stores" in capsys.readouterr().err


def test_a_file_in_use_stays(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    used = mapped_codes(codes_of(tmp_path, [0, 1]), cache)[1:]  # a view counts too
    mapped_codes(codes_of(tmp_path, [2]), cache)
    assert len(times(cache)) == 2
    assert used.tolist() == [1]
    del used
    mapped_codes(codes_of(tmp_path, [3]), cache)
    assert len(times(cache)) == 1


def test_other_files_stay(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    (cache / "corpus-a.codes").mkdir(parents=True)
    (cache / "corpus.codes").touch()
    mapped_codes(codes_of(tmp_path, [0]), cache)
    assert {"corpus-a.codes", "corpus.codes"} < times(cache).keys()


def test_without_locks_every_file_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def flock(handle: object, kind: int) -> None:
        raise OSError("no locks available")

    monkeypatch.setattr(module.fcntl, "flock", flock)
    for base in (0, 1):
        mapped_codes(codes_of(tmp_path, [base]), tmp_path / "cache")
    assert len(times(tmp_path / "cache")) == 2
