"""One sequence, many names: which sequence of a genome an annotation means.

An annotated name means a sequence when both are the same text, else when

- they differ in a `chr` prefix, or in how they write the mitochondrion (`M`, `MT`, `chrM`);
- one is UCSC's form of the other's accession (`chrUn_KI270302v1`, `KI270302.1`);
- one of them leaves out the version of an accession, as TOGA does (`PVKX01003706`);
- a table of aliases (`orthrus.annotation.contig_aliases`) lists both as names of one sequence.

The same text comes first. Otherwise a name that could mean two sequences means neither. Sequences
are presented one at a time, since a genome is a stream whose names are known only at its end.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import polars as pl

from orthrus.errors import OrthrusError

ACCESSION = re.compile(r"^([A-Z]{1,6}_?\d{5,})\.\d+$")
UCSC_ACCESSION = re.compile(r"^chr[^_]+_([A-Z]{1,6}_?\d{5,})v(\d+)(?:_\w+)?$")
PREFIX = re.compile(r"^chr(?=.)", re.IGNORECASE)

T = TypeVar("T")
MISSING, AMBIGUOUS = "chrom_missing", "chrom_ambiguous"


@dataclass(frozen=True)
class Aliases:
    """Names of one sequence, and its length (nt) where it is stated."""

    names: tuple[str, ...]
    length: int | None = None


@dataclass(frozen=True)
class Lost:
    """Why an annotated name has no sequence: the reason and detail of its rejected rows."""

    reason: str
    detail: str


@dataclass(frozen=True)
class Forms:
    """How a name may also be written: `whole` keeps the version, `bare` is without."""

    whole: set[str]
    bare: set[str]

    @classmethod
    def of(cls, name: str) -> Forms:
        """Return the forms of a name, itself among the `whole` ones."""
        whole = {name}
        if PREFIX.match(name):
            whole.add(name[3:])
            if found := UCSC_ACCESSION.match(name):
                whole.add(f"{found[1]}.{found[2]}")
        if "M" in whole:
            whole.add("MT")
        return cls(whole, {found[1] for form in whole if (found := ACCESSION.match(form))})


class ContigIndex(Generic[T]):
    """Things by the forms of their names; two bare forms do not meet: their versions differ."""

    def __init__(self, named: Iterable[tuple[str, T]]) -> None:
        self._whole: dict[str, set[T]] = defaultdict(set)
        self._bare: dict[str, set[T]] = defaultdict(set)
        for name, thing in named:
            forms = Forms.of(name)
            for form in forms.whole:
                self._whole[form].add(thing)
            for form in forms.bare:
                self._bare[form].add(thing)

    def alike(self, name: str) -> set[T]:
        """Return the things with a name that `name` may also be written as."""
        forms = Forms.of(name)
        pairs = [(self._whole, form) for form in forms.whole | forms.bare]
        pairs += [(self._bare, form) for form in forms.whole]
        return {thing for index, form in pairs if form in index for thing in index[form]}


class Resolver:
    """Finds for every annotated name the sequence that it means.

    Ask `sequence in resolver` whether any annotated name may mean a sequence, and `claim` it with
    its length; when all sequences have been seen, `finish`.

    Parameters
    ----------
    annotated
        The names in the annotation.
    aliases
        Further names of the genome's sequences.

    Attributes
    ----------
    found
        Annotated name to the name of its sequence, of those seen so far.
    """

    def __init__(self, annotated: Iterable[str], aliases: Sequence[Aliases] = ()) -> None:
        self.found: dict[str, str] = {}
        self._annotated = dict.fromkeys(annotated)
        self._aliases = list(dict.fromkeys(aliases))
        listed = [
            (name, entry) for entry, known in enumerate(self._aliases) for name in known.names
        ]
        self._entries_alike = ContigIndex(listed)
        self._entries_of: dict[str, set[int]] = defaultdict(set)
        for name, entry in listed:
            self._entries_of[name].add(entry)
        self._alike = ContigIndex((name, name) for name in self._annotated)
        self._rivals: dict[str, list[str]] = defaultdict(list)
        self._seen: dict[str, tuple[str, ...]] = {}
        self._listed: dict[int, list[str]] = defaultdict(list)
        for name in self._annotated:
            if len(entries := self._entries(name)) == 1:
                self._listed[min(entries)].append(name)

    def __contains__(self, sequence: object) -> bool:
        return isinstance(sequence, str) and bool(self._candidates(sequence))

    def claim(self, sequence: str, length: int) -> list[str]:
        """Return the annotated names that mean a sequence of the genome, so far.

        A name returned for two sequences means the later one if that is its own text, and is
        otherwise ambiguous.

        Raises
        ------
        OrthrusError
            The table of aliases states another length.
        """
        stated = {self._aliases[entry].length for entry in self._entries(sequence)}
        if not stated <= {None, length} and len(stated) == 1:
            raise OrthrusError(
                f"sequence {sequence} has {length} nt, the aliases say {stated.pop()}; take the "
                "aliases of the same assembly"
            )
        claimed = []
        for name in self._candidates(sequence):
            if self.found.get(name) != name:
                self._rivals[name].append(sequence)
                self.found[name] = sequence
                claimed.append(name)
        return claimed

    def finish(self) -> dict[str, Lost]:
        """Return the annotated names that have no sequence, and why.

        Raises
        ------
        OrthrusError
            No name has one.
        """
        lost = {name: why for name in self._annotated if (why := self._lost(name))}
        if lost and len(lost) == len(self._annotated):
            theirs = next(filter(None, self._seen), "nothing")
            raise OrthrusError(
                "no sequence of the annotation is in the genome: the annotation says "
                f"{next(iter(lost))}, the genome {theirs}; give the genome of the same assembly, "
                "or --aliases (chromAlias.txt, assembly_report.txt or sequence_report.jsonl)"
            )
        return lost

    def _lost(self, name: str) -> Lost | None:
        sequence, rivals = self.found.get(name), self._rivals[name]
        if sequence == name or (sequence and len(rivals) == 1):
            return None
        if rivals:
            return Lost(AMBIGUOUS, f"{name} may be {' or '.join(rivals[:3])}")
        if len(self._entries(name)) > 1:
            return Lost(AMBIGUOUS, f"the aliases give {name} to several sequences")
        return Lost(MISSING, f"the genome has no {name}")

    def _candidates(self, sequence: str) -> tuple[str, ...]:
        """Return the annotated names that may mean a sequence, in their own order."""
        known = self._seen.get(sequence)
        if known is None:
            known = self._seen[sequence] = tuple(self._search(sequence))
        return known

    def _search(self, sequence: str) -> Iterable[str]:
        own = self._entries(sequence)
        alike = self._alike.alike(sequence)
        if len(own) == 1:
            alike.update(*(self._listed.get(entry, ()) for entry in own))
        for name in sorted(alike):
            entries = self._entries(name)
            apart = own and entries and not own & entries
            if name == sequence or not (apart or len(entries) > 1):
                yield name

    def _entries(self, name: str) -> set[int]:
        """Return the entries of the aliases that hold a name, as written or else in any form."""
        if not self._aliases:
            return set()
        return self._entries_of.get(name) or self._entries_alike.alike(name)


def matches(names: Resolver, lost: Mapping[str, Lost], chrom: pl.Series) -> dict[str, int | float]:
    """Count what became of the names of a column `chrom`; `lost` is what `finish` gave.

    Returns
    -------
    dict
        `exact`, `renamed`, `ambiguous` and `missing`: numbers of names; `unmatched_share`: the
        share of rows whose name is ambiguous or missing.
    """
    exact = sum(name == sequence for name, sequence in names.found.items())
    ambiguous = sum(why.reason == AMBIGUOUS for why in lost.values())
    total = chrom.n_unique()
    rows = int(chrom.is_in(list(lost)).sum())
    return {
        "exact": exact,
        "renamed": total - exact - len(lost),
        "ambiguous": ambiguous,
        "missing": len(lost) - ambiguous,
        "unmatched_share": rows / len(chrom) if len(chrom) else 0.0,
    }
