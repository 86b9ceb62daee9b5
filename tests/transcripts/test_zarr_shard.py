import pickle
from pathlib import Path

import numpy as np
import pytest
import zarr
from hypothesis import given, settings
from hypothesis import strategies as st
from zarr.codecs import BloscCodec, Crc32cCodec

from orthrus.transcripts.zarr_shard import CHUNK_BYTES, SHARD, ShardArray, write_array

CODES = np.random.default_rng(1).integers(0, 32, 2 * CHUNK_BYTES + 1000).astype(np.uint8)
BYTES = np.random.default_rng(2).integers(0, 256, len(CODES), dtype=np.uint8)
NUMBERS = np.cumsum(np.arange(CHUNK_BYTES // 8 + 3, dtype=np.int64))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shard") / "group"
    group = zarr.create_group(folder, zarr_format=3)
    write_array(group, "codes", CODES, fill_value=4)
    write_array(group, "numbers", NUMBERS, fill_value=0)
    return folder


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Codes as we write them, bytes that do not compress, and codes in several blocks of Blosc."""
    folder = tmp_path_factory.mktemp("shard") / "parts"
    group = zarr.create_group(folder, zarr_format=3)
    write_array(group, "codes", CODES, fill_value=4)
    write_array(group, "incompressible", BYTES, fill_value=4)
    codec = BloscCodec(cname="zstd", shuffle="bitshuffle", typesize=1, blocksize=1 << 15)
    group.create_array(
        "blocks", shape=CODES.shape, dtype="uint8", chunks=(1 << 18,), shards=(5 << 18,),
        compressors=[codec, Crc32cCodec()], fill_value=4,
    )[:] = CODES  # fmt: skip
    return folder


def test_zarr_reads_what_is_written(folder: Path) -> None:
    group = zarr.open_group(folder, mode="r")
    assert np.array_equal(group["codes"][:], CODES)
    assert np.array_equal(group["numbers"][:], NUMBERS)
    assert group["numbers"].dtype == np.int64


def test_the_files_are_those_that_zarr_writes(folder: Path, tmp_path: Path) -> None:
    other = zarr.open_array(folder / "codes").metadata.to_dict()
    (tmp_path / "codes").mkdir()
    (tmp_path / "codes/zarr.json").write_bytes((folder / "codes/zarr.json").read_bytes())
    with zarr.config.set({"array.write_empty_chunks": True}):
        zarr.open_array(tmp_path / "codes", mode="r+")[:] = CODES
    assert (tmp_path / "codes" / SHARD).read_bytes() == (folder / "codes" / SHARD).read_bytes()
    assert other["fill_value"] == 4


@pytest.mark.parametrize("name", ["codes", "numbers"])
def test_reads_all_and_parts(folder: Path, name: str) -> None:
    array, expected = ShardArray(folder / name), {"codes": CODES, "numbers": NUMBERS}[name]
    assert np.array_equal(array.read(), expected)
    assert array.read().dtype == expected.dtype
    for start, end in ((0, 0), (5, 9), (array.chunk - 1, array.chunk + 1), (7, array.size)):
        assert np.array_equal(array.read(start, end), expected[start:end])


@settings(deadline=None)  # the first case compiles
@given(st.lists(st.tuples(*[st.integers(0, len(CODES))] * 2).map(sorted), max_size=6))
def test_gathers_stretches_in_any_order(folder: Path, stretches: list[list[int]]) -> None:
    starts, ends = np.array(stretches, dtype=np.int64).reshape(-1, 2).T
    codes, offsets = ShardArray(folder / "codes").gather(starts, ends)
    assert offsets.tolist() == np.cumsum([0, *(ends - starts)]).tolist()
    expected = [CODES[start:end] for start, end in stretches]
    assert np.array_equal(codes, np.concatenate([*expected, CODES[:0]]))


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, len(CODES)), st.integers(0, 99)), max_size=6),
    st.sampled_from(["codes", "incompressible", "blocks"]),
)
def test_gathers_short_stretches(parts: Path, stretches: list[tuple[int, int]], name: str) -> None:
    starts, lengths = np.array(stretches, dtype=np.int64).reshape(-1, 2).T
    ends = np.minimum(starts + lengths, len(CODES))
    array, expected = ShardArray(parts / name), BYTES if name == "incompressible" else CODES
    pieces = [expected[start:end] for start, end in zip(starts, ends, strict=True)]
    assert np.array_equal(array.gather(starts, ends)[0], np.concatenate([*pieces, CODES[:0]]))
    for start, end, piece in zip(starts, ends, pieces, strict=True):
        assert np.array_equal(array.read(int(start), int(end)), piece)


def test_chunks_of_any_size_are_read(tmp_path: Path) -> None:
    zarr.create_array(
        tmp_path / "a", shape=CODES.shape, dtype="uint8", chunks=(1 << 16,), shards=(17 << 16,),
        compressors=[BloscCodec(cname="lz4", shuffle="bitshuffle"), Crc32cCodec()], fill_value=4,
    )[:] = CODES  # fmt: skip
    assert np.array_equal(ShardArray(tmp_path / "a").read(), CODES)


def test_other_codecs_are_refused(tmp_path: Path) -> None:
    zarr.create_array(tmp_path / "a", shape=(9,), dtype="uint8", chunks=(3,), shards=(9,))
    with pytest.raises(ValueError, match=r"has the codecs \['bytes', 'zstd'\]"):
        ShardArray(tmp_path / "a")


def test_an_absent_chunk_is_noticed(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "zarr.json").write_bytes((folder / "codes/zarr.json").read_bytes())
    blank = CODES.copy()
    blank[CHUNK_BYTES : 2 * CHUNK_BYTES] = 4  # the fill value, of which Zarr writes nothing
    zarr.open_array(tmp_path, mode="r+")[:] = blank
    array = ShardArray(tmp_path)
    assert np.array_equal(array.read(0, CHUNK_BYTES), CODES[:CHUNK_BYTES])
    with pytest.raises(ValueError, match="chunk 1 is absent"):
        array.read()


def test_survives_pickling(folder: Path) -> None:
    array = ShardArray(folder / "codes")
    array.read(0, 3)
    again = pickle.loads(pickle.dumps(array))
    assert np.array_equal(again.read(2, 7), CODES[2:7])


@pytest.mark.parametrize(("place", "what"), [(40, "chunk 0"), (-9, "the index")])
def test_a_changed_byte_is_noticed(folder: Path, tmp_path: Path, place: int, what: str) -> None:
    (tmp_path / "c").mkdir()
    (tmp_path / "zarr.json").write_bytes((folder / "codes/zarr.json").read_bytes())
    content = bytearray((folder / "codes" / SHARD).read_bytes())
    content[place] ^= 1
    (tmp_path / SHARD).write_bytes(content)
    with pytest.raises(ValueError, match=f"{what} does not have its checksum"):
        ShardArray(tmp_path).read()
