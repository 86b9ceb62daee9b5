"""Gene groups, pairs and counts as a dict of sets: slow and obvious."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any

from hypothesis import strategies as st
from relations_helpers import transcript

LIMITS = (3900, 12288)
Key = tuple[str, ...]


@st.composite
def worlds(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Draw small clades: two species, one of them with two sets, and projections from both."""
    lengths = st.sampled_from([100, 3899, 3900, 12287, 12288, 20000])
    symbols = st.sampled_from([None, "A", "a", "B"])
    world = []
    for name in ("hg38.gencode_v43", "hg38.ncbirefseq", "mm10.gencode_vM23"):
        for number in range(draw(st.integers(1, 4))):
            world.append(
                transcript(
                    name,
                    f"{name}.{number}",
                    gene_name=draw(symbols),
                    gene_id=draw(st.sampled_from([None, "G1", "G2"])),
                    length=draw(lengths),
                )
            )
    ids = [row["transcript_id"] for row in world]
    for name in ("canFam4.toga_hg38", "canFam4.toga_mm10", "bosTau9.toga_hg38"):
        for number in range(draw(st.integers(0, 3))):
            world.append(
                transcript(
                    name,
                    f"{number}",
                    reference_transcript=draw(st.sampled_from([None, "gone", *ids])),
                    gene_name=draw(symbols),
                    gene_id=draw(st.sampled_from([None, "G1"])),
                    length=draw(lengths),
                )
            )
    return world


class Genes:
    """The genes of reference species, looked up row by row."""

    def __init__(self, world: list[dict[str, Any]], meet: str, within: str) -> None:
        self.references = [row for row in world if row["origin"] == "annotation"]
        self.meet, self.within = meet, within

    def ids(self, species: str, symbol: str | None) -> list[str]:
        """The gene ids beside a symbol."""
        return sorted(
            {
                row["gene_id"]
                for row in self.references
                if (row["species"], (row["gene_name"] or "").lower()) == (species, symbol)
                and symbol and row["gene_id"]
            }
        )  # fmt: skip

    def shared(self, species: str, symbol: str | None) -> bool:
        return self.within == "gene_id" and len(self.ids(species, symbol)) > 1

    def of(self, row: dict[str, Any]) -> tuple[str | None, str | None]:
        """The gene id and the symbol, in lower case, of a reference transcript."""
        gene, symbol = row["gene_id"], (row["gene_name"] or "").lower() or None
        ids = self.ids(row["species"], symbol)
        if self.within == "gene_id" and gene is None and len(ids) == 1:
            gene = ids[0]
        return gene, symbol

    def symbol(self, row: dict[str, Any]) -> str | None:
        """The first symbol of its gene that is not shared."""
        gene, symbol = self.of(row)
        found = [symbol]
        if self.within == "gene_id" and gene:
            found = [
                self.of(other)[1]
                for other in self.references
                if other["species"] == row["species"] and self.of(other)[0] == gene
            ]
        return next((one for one in found if one and not self.shared(row["species"], one)), None)

    def as_key(self, species: str, symbol: str | None, gene: str | None) -> Key | None:
        if symbol and not self.shared(species, symbol):
            return ("symbol", "" if self.meet == "symbol" else species, symbol)
        return ("gene", species, gene) if gene else None

    def key(self, row: dict[str, Any], species: str) -> Key | None:
        if row["origin"] == "toga":
            return self.as_key(species, (row["gene_name"] or "").lower(), row["gene_id"])
        gene, symbol = self.of(row)
        shared = ("shared", species, symbol or "") if self.shared(species, symbol) else None
        return self.as_key(species, self.symbol(row), gene) or shared


def keys(
    world: list[dict[str, Any]], meet: str, within: str = "gene_id"
) -> tuple[list[Key], list[int | None]]:
    """Return the group key and the reference row of every transcript."""
    genes = Genes(world, meet, within)
    found: list[Key] = []
    parents: list[int | None] = []
    species = {row["assembly"]: row["species"] for row in world if row["origin"] == "annotation"}
    for number, row in enumerate(world):
        parent = None
        key: Key = ("alone", str(number))
        if row["origin"] == "annotation":
            key = genes.key(row, row["species"]) or key
        else:
            home = row["annotation_set"].split(".toga_")[1]
            candidates = [
                (n, other)
                for n, other in enumerate(world)
                if other["origin"] == "annotation" and other["assembly"] == home
            ]
            same = [n for n, o in candidates if o["transcript_id"] == row["reference_transcript"]]
            gene = [n for n, o in candidates if row["gene_id"] and o["gene_id"] == row["gene_id"]]
            if same:
                parent, key = same[0], found[same[0]]
            elif gene:
                key = found[gene[0]]
            elif fallback := genes.key(row, species[home]):
                key = fallback
            elif row["reference_transcript"]:
                key = ("projections", home, row["reference_transcript"])
        found.append(key)
        parents.append(parent)
    return found, parents


def length_class(row: dict[str, Any]) -> int:
    return sum(row["length"] >= limit for limit in LIMITS)


def eligible(base: dict[str, Any], partner: dict[str, Any]) -> bool:
    return length_class(base) < 2 and partner["length"] < LIMITS[length_class(base)]


def pairs(
    world: list[dict[str, Any]], kinds: tuple[str, ...], meet: str = "symbol"
) -> dict[int, set[tuple[str, int]]]:
    """Return base row → {(kind, partner row)}, for every reference transcript."""
    key, parents = keys(world, meet)
    members = defaultdict(list)
    for number, name in enumerate(key):
        members[name].append(number)
    found: dict[int, set[tuple[str, int]]] = {}
    for base, row in enumerate(world):
        if row["origin"] == "toga":
            continue
        found[base] = set()
        for partner in members[key[base]]:
            other = world[partner]
            if other["origin"] == "toga":
                kind = "ortholog"
                if kinds == ("ortholog",) and parents[partner] != base:
                    continue
            else:
                kind = "splice" if other["species"] == row["species"] else "naive"
            if partner != base and kind in kinds:
                found[base].add((kind, partner))
    return found


def counts(world: list[dict[str, Any]], kinds: tuple[str, ...], meet: str) -> dict[str, Any]:
    """Return one data set of counts.json."""
    found = pairs(world, kinds, meet)
    by_kind = Counter(dict.fromkeys(kinds, 0))
    by_kind.update(kind for partners in found.values() for kind, _ in partners)
    classes: dict[str, Any] = {
        "longer": {"bases": sum(length_class(world[base]) == 2 for base in found)}
    }
    for number, name in enumerate(("short", "long")):
        bases = [base for base in found if length_class(world[base]) == number]
        left = {b: [k for k, p in found[b] if eligible(world[b], world[p])] for b in bases}
        limited = Counter(dict.fromkeys(kinds, 0))
        limited.update(kind for partners in left.values() for kind in partners)
        classes[name] = {
            "bases": len(bases),
            "bases_without_pairs": sum(not partners for partners in left.values()) if kinds else 0,
            "pairs": limited.total(),
            "by_kind": dict(limited),
        }
    everyone = len(world) if "ortholog" in kinds else len(found)
    return {
        "transcripts": everyone,
        "pairs": by_kind.total(),
        "by_kind": dict(by_kind),
        "by_length_class": classes,
    }
