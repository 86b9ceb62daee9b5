"""The species of the clade and the tree along which they evolve.

Branch lengths are expected substitutions per neutral site. They mimic the placental tree: human and
mouse are 0.46 apart, dog and cat 0.15, and the marsupial 0.8 from everything else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Species:
    """A leaf of the tree: one species with one assembly.

    `annotation` says what is published for it: a GENCODE-like or RefSeq-like gene table of its own,
    or nothing but TOGA projections onto it.
    """

    assembly: str
    name: str
    common_name: str
    taxon_id: int
    order: str
    annotation: Literal["gencode", "refseq", "toga"]
    chromosomes: int

    @property
    def lineage(self) -> str:
        """The taxonomic lineage as TOGA's overview table writes it, ending in the species."""
        genus = self.name.split()[0]
        return "; ".join(["Mammalia; Theria", *_ABOVE[self.order], self.order, genus, self.name])


_EUARCHONTOGLIRES = ("Eutheria", "Boreoeutheria", "Euarchontoglires")
_LAURASIATHERIA = ("Eutheria", "Boreoeutheria", "Laurasiatheria")
_ABOVE = {
    "Primates": _EUARCHONTOGLIRES,
    "Rodentia": (*_EUARCHONTOGLIRES, "Glires"),
    "Carnivora": _LAURASIATHERIA,
    "Ruminantia": (*_LAURASIATHERIA, "Artiodactyla"),
    "Suina": (*_LAURASIATHERIA, "Artiodactyla"),
    "Chiroptera": _LAURASIATHERIA,
    "Perissodactyla": _LAURASIATHERIA,
    "Metatheria": (),
}

SPECIES = (
    Species("simHum1", "Homo simulatus", "human", 9900001, "Primates", "gencode", 6),
    Species("simMus1", "Mus simulatus", "house mouse", 9900002, "Rodentia", "gencode", 5),
    Species("simDog1", "Canis simulatus", "dog", 9900003, "Carnivora", "refseq", 7),
    Species("simCow1", "Bos simulatus", "cow", 9900004, "Ruminantia", "refseq", 6),
    Species("simMac1", "Macaca simulata", "macaque", 9900005, "Primates", "toga", 6),
    Species("simRat1", "Rattus simulatus", "Norway rat", 9900006, "Rodentia", "toga", 5),
    Species("simCat1", "Felis simulata", "domestic cat", 9900007, "Carnivora", "toga", 5),
    Species("simPig1", "Sus simulatus", "pig", 9900008, "Suina", "toga", 5),
    Species("simBat1", "Myotis simulatus", "little brown bat", 9900009, "Chiroptera", "toga", 4),
    Species("simHor1", "Equus caballus simulatus", "horse", 9900010, "Perissodactyla", "toga", 6),
    Species("simOpo1", "Monodelphis simulata", "gray opossum", 9900011, "Metatheria", "toga", 3),
)

ROOT = "Theria"
EDGES: tuple[tuple[str, str, float], ...] = (
    (ROOT, "simOpo1", 0.40),
    (ROOT, "Eutheria", 0.12),
    ("Eutheria", "Euarchontoglires", 0.03),
    ("Euarchontoglires", "Primates", 0.08),
    ("Primates", "simHum1", 0.03),
    ("Primates", "simMac1", 0.04),
    ("Euarchontoglires", "Rodentia", 0.26),
    ("Rodentia", "simMus1", 0.09),
    ("Rodentia", "simRat1", 0.09),
    ("Eutheria", "Laurasiatheria", 0.03),
    ("Laurasiatheria", "Carnivora", 0.09),
    ("Carnivora", "simDog1", 0.08),
    ("Carnivora", "simCat1", 0.07),
    ("Laurasiatheria", "Artiodactyla", 0.07),
    ("Artiodactyla", "simCow1", 0.11),
    ("Artiodactyla", "simPig1", 0.12),
    ("Laurasiatheria", "simBat1", 0.17),
    ("Laurasiatheria", "simHor1", 0.12),
)
"""Parent, child, length; every parent stands above its children."""

REFERENCES = ("simHum1", "simMus1")
"""The species whose transcripts TOGA projects."""


def species(assembly: str) -> Species:
    """Return the species of an assembly."""
    return next(one for one in SPECIES if one.assembly == assembly)
