"""The Gene Ontology: its terms (OBO) and annotations with them (GAF 2)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from orthrus.errors import OrthrusError
from orthrus.files import open_text
from orthrus.tasks import text

NAMESPACE, ROOT, ASPECT = "molecular_function", "GO:0003674", "F"
_GAF_COLUMNS = 17


@dataclass(frozen=True)
class Ontology:
    """The terms of one namespace.

    Attributes
    ----------
    terms
        `term`, `name`.
    parents
        `term`, `parent`, `relation` (`is_a` or `part_of`).
    alternatives
        `term` (an identifier of a term that was merged into another), `main`.
    """

    terms: pl.DataFrame
    parents: pl.DataFrame
    alternatives: pl.DataFrame

    def edges(self, relations: tuple[str, ...]) -> pl.DataFrame:
        """Return `term` and `parent` of some relations within the namespace."""
        return (
            self.parents.filter(pl.col("relation").is_in(relations))
            .select("term", "parent")
            .filter(pl.col("parent").is_in(self.terms["term"].implode()))
            .unique(maintain_order=True)
        )


def read_obo(path: Path) -> Ontology:
    """Read the molecular functions of an OBO file; obsolete terms are left out.

    Raises
    ------
    OrthrusError
        The file is not OBO, or lacks the root of molecular functions.
    """
    terms, parents, alternatives = [], [], []
    for tags in _stanzas(path):
        name = tags["id"][0]
        if tags.get("namespace") != [NAMESPACE] or tags.get("is_obsolete") == ["true"]:
            continue
        terms.append((name, tags.get("name", [name])[0]))
        parents += [(name, value[:10], "is_a") for value in tags.get("is_a", [])]
        related = [value.split() for value in tags.get("relationship", [])]
        if any(len(words) < 2 for words in related):
            raise OrthrusError(f"{path}: a relationship of {name} names no term")
        parents += [(name, words[1], "part_of") for words in related if words[0] == "part_of"]
        alternatives += [(value, name) for value in tags.get("alt_id", [])]
    if ROOT not in {name for name, _ in terms}:
        raise OrthrusError(f"{path}: has no term {ROOT}; take go-basic.obo")
    return Ontology(
        _frame(terms, "term", "name"),
        _frame(parents, "term", "parent", "relation"),
        _frame(alternatives, "term", "main"),
    )


def read_gaf(path: Path, taxon_id: int | None) -> tuple[pl.DataFrame, dict[str, int]]:
    """Read annotations with molecular functions from a GAF 2 file.

    Annotations that deny a function (`NOT`) do not count, nor, where `taxon_id` is known, those of
    another species.

    Returns
    -------
    tuple
        `gene` (symbol) and `term`; and the numbers of annotations left out, by reason.

    Raises
    ------
    OrthrusError
        A line has not 17 fields, or no annotation with a function is left.
    """
    rows = text.read_text_columns(path, header=False, comment="!")
    if len(rows.columns) != _GAF_COLUMNS:
        raise OrthrusError(
            f"{path}: is not GAF 2: it has {len(rows.columns)} columns instead of {_GAF_COLUMNS}"
        )
    functions = rows.filter(pl.col("column_9") == ASPECT)
    denied = pl.col("column_4").str.split("|").list.contains("NOT").fill_null(False)
    other = pl.lit(value=False)
    if taxon_id is not None:
        other = pl.col("column_13").str.extract(r"^taxon:(\d+)") != str(taxon_id)
    kept = functions.filter(~denied & ~other).select(gene="column_3", term="column_5")
    if kept.is_empty():
        raise OrthrusError(
            f"{path}: has no molecular function of "
            f"{'any gene' if taxon_id is None else f'taxon {taxon_id}'}; take the GAF of the "
            "species"
        )
    counts = {
        "annotations_denied": functions.filter(denied).height,
        "annotations_of_other_species": functions.filter(~denied & other).height,
    }
    return kept.drop_nulls().unique(maintain_order=True), counts


def _stanzas(path: Path) -> Iterator[dict[str, list[str]]]:
    """Yield the tags of every [Term] of an OBO file, without comments."""
    tags: dict[str, list[str]] | None = None
    seen = False
    with open_text(path) as lines:
        for line in lines:
            if line.startswith("["):
                if tags and "id" in tags:
                    yield tags
                tags = {} if line.startswith("[Term]") else None
                seen = True
            elif tags is not None and ": " in line:
                tag, _, value = line.partition(": ")
                tags.setdefault(tag, []).append(value.partition(" ! ")[0].strip())
    if tags and "id" in tags:
        yield tags
    if not seen:
        raise OrthrusError(f"{path}: is not OBO: it has no [Term]; take go-basic.obo")


def _frame(rows: Sequence[tuple[str, ...]], *columns: str) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=dict.fromkeys(columns, pl.String), orient="row")
