import itertools

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from orthrus.annotation.contig_names import Aliases, Resolver, matches
from orthrus.errors import OrthrusError

HUMAN = (
    Aliases(("1", "CM000663.2", "NC_000001.11", "chr1"), 100),
    Aliases(("HSCHR1_CTG1_UNLOCALIZED", "KI270706.1", "NT_187361.1", "chr1_KI270706v1_random"), 50),
)


def resolve(
    annotated: list[str], genome: list[str], aliases: tuple[Aliases, ...] = ()
) -> dict[str, str]:
    """Return the sequence of each annotated name that has one."""
    names = Resolver(annotated, aliases)
    for sequence in genome:
        if sequence in names:
            names.claim(sequence, 100 if aliases and sequence in aliases[0].names else 50)
    lost = names.finish()
    return {name: sequence for name, sequence in names.found.items() if name not in lost}


@pytest.mark.parametrize(
    ("annotated", "sequence"),
    [
        ("chr1", "chr1"),
        ("1", "chr1"),
        ("chrX", "X"),
        ("Chr2", "2"),
        ("MT", "chrM"),
        ("chrM", "MT"),
        ("M", "chrMT"),
        ("PVKX01003706", "PVKX01003706.1"),
        ("NC_000001.11", "NC_000001"),
        ("chrUn_KI270302v1", "KI270302.1"),
        ("KI270706.1", "chr1_KI270706v1_random"),
        ("KI270706", "chr1_KI270706v1_random"),
        ("chrUn_NW_020109737v1", "NW_020109737.1"),
        ("HiC_scaffold_12", "HiC_scaffold_12"),
    ],
)
def test_names_that_mean_the_same_sequence(annotated: str, sequence: str) -> None:
    others = ["chr10", "HiC_scaffold_1", "PVKX01003707.1", "KI270303.1", "chrY"]
    assert resolve([annotated], [*others, sequence]) == {annotated: sequence}


@pytest.mark.parametrize(
    ("annotated", "sequence"),
    [
        ("NC_000001.10", "NC_000001.11"),
        ("scaffold_1", "scaffold_1.1"),
        ("HiC_scaffold_1", "HiC_scaffold_11"),
        ("chr1", "NC_000001.11"),
        ("chrUn_KI270302v1", "KI270302.2"),
        ("chr", "r"),
    ],
)
def test_names_that_do_not(annotated: str, sequence: str) -> None:
    assert resolve([annotated, "same"], [sequence, "same"]) == {"same": "same"}


@pytest.mark.parametrize("pair", list(itertools.permutations(HUMAN[0].names, 2)))
def test_all_names_of_a_table_mean_each_other(pair: tuple[str, str]) -> None:
    assert resolve([pair[0]], [pair[1]], HUMAN) == {pair[0]: pair[1]}


def test_the_table_of_aliases_knows_names_in_every_form() -> None:
    assert resolve(["CM000663"], ["NC_000001.11"], HUMAN) == {"CM000663": "NC_000001.11"}
    assert resolve(["KI270706"], ["NT_187361"], HUMAN) == {"KI270706": "NT_187361"}


@given(st.permutations(["1", "chr1", "Chr1", "x"]), st.integers(1, 4))
def test_a_name_never_depends_on_the_order_of_the_genome(order: list[str], count: int) -> None:
    genome = order[:count]
    alike = [name for name in genome if name != "x"]
    expected = {"1": "1"} if "1" in genome else {"1": alike[0]} if len(alike) == 1 else {}
    if "x" in genome:
        expected["x"] = "x"
    assert resolve(["1", "x", "y"], [*genome, "y"]) == expected | {"y": "y"}


def test_an_alias_of_two_sequences_means_neither() -> None:
    twice = (Aliases(("a", "odd"), None), Aliases(("b", "odd"), None))
    names = Resolver(["odd", "a"], twice)
    assert [names.claim(sequence, 1) for sequence in ("a", "b")] == [["a"], []]
    assert names.finish()["odd"].detail == "the aliases give odd to several sequences"
    assert resolve(["odd"], ["a", "odd"], twice) == {"odd": "odd"}


def test_names_that_look_alike_but_are_listed_apart_do_not_meet() -> None:
    listed = (Aliases(("1", "A")), Aliases(("chr1", "B")))
    assert resolve(["1", "chr1"], ["A", "chr1"], listed) == {"1": "A", "chr1": "chr1"}


def test_a_length_that_the_table_contradicts_is_refused() -> None:
    with pytest.raises(OrthrusError, match="sequence chr1 has 99 nt, the aliases say 100; take"):
        Resolver(["1"], HUMAN).claim("chr1", 99)


def test_no_match_at_all_shows_a_name_of_either_side() -> None:
    with pytest.raises(
        OrthrusError, match=r"the annotation says chr1, the genome HiC_scaffold_1; .*--aliases"
    ):
        resolve(["chr1", "chr2"], ["HiC_scaffold_1"])


def test_the_unmatched_share_is_counted() -> None:
    chrom = pl.Series(["1", "1", "x", "y", "z", "KI270302"])
    names = Resolver(chrom.unique(maintain_order=True))
    for sequence in ("chr1", "x", "chrz", "Chrz", "KI270302.1"):
        names.claim(sequence, 1)
    assert matches(names, names.finish(), chrom) == {
        "exact": 1,
        "renamed": 2,
        "ambiguous": 1,
        "missing": 1,
        "unmatched_share": 1 / 3,
    }
