"""The clade's biochemistry: genetic code, codon preference, protein domains, RNA elements.

Nucleotides are A0 C1 G2 T3; a codon's number is 16·first + 4·second + third.
"""

from __future__ import annotations

import numpy as np

AMINO_ACIDS = "ACDEFGHIKLMNPQRSTVWY*"
STOP = AMINO_ACIDS.index("*")
_CODE = "KNKNTTTTRSRSIIMIQHQHPPPPRRRRLLLLEDEDAAAAGGGGVVVV*Y*YSSSS*CWCLFLF"
AMINO = np.array([AMINO_ACIDS.index(letter) for letter in _CODE], dtype=np.int8)
"""(64,) the amino acid (an index into AMINO_ACIDS) of every codon."""

OPTIMAL = np.where(np.isin(np.arange(64) % 4, (1, 2)), 1.0, -1.0).astype(np.float32)
"""(64,) +1 for the preferred codons, those that end in C or G, and -1 for the others."""

_CLASSES = ("AVILMFWC", "KRH", "DE", "STNQGPY", "*")
CLASS = np.array([next(i for i, c in enumerate(_CLASSES) if a in c) for a in AMINO_ACIDS], np.int8)
"""(21,) the chemical class of every amino acid: hydrophobic, basic, acidic, other, stop."""

BACKGROUND = np.array([
    7.0, 2.3, 4.8, 7.1, 3.7, 6.6, 2.6, 4.4, 5.7, 10.0,
    2.1, 3.6, 6.3, 4.7, 5.7, 8.3, 5.3, 6.0, 1.2, 2.6,
])  # fmt: skip
BACKGROUND = BACKGROUND / BACKGROUND.sum()
"""(20,) how often each amino acid occurs, about as in human proteins."""


LETTERS = np.frombuffer(b"ACGTN", np.uint8)
"""(5,) the ASCII letter of every nucleotide, N for an unknown one."""


def nucleotides(text: str) -> np.ndarray:
    """Return the numbers (uint8) of a string of A, C, G, T."""
    return np.array(["ACGT".index(letter) for letter in text], dtype=np.uint8)


def amino_acids(text: str) -> np.ndarray:
    """Return the numbers (int8) of a string of amino acids."""
    return np.array([AMINO_ACIDS.index(letter) for letter in text], dtype=np.int8)


_TRIPLETS = np.arange(64)
CODONS = np.stack([_TRIPLETS // 16, _TRIPLETS // 4 % 4, _TRIPLETS % 4], axis=1).astype(np.uint8)
"""(64, 3) the nucleotides of every codon."""


def codon_numbers(codons: np.ndarray) -> np.ndarray:
    """Return the numbers (n,) int64 of codons given as nucleotides (n, 3)."""
    return codons.astype(np.int64) @ np.array([16, 4, 1])


ARE = "TTATTTATT"
"""AU-rich element of the 3′ UTR: destabilises."""
MIRNA_SITES = {"mir_a": "CTACCTCA", "mir_b": "TGCACTTA"}
"""Seed matches in the 3′ UTR of two abundant microRNAs."""
UORF = "GCCACCATGGCGTAA"
"""A short upstream open reading frame with a strong start."""
KOZAK = "GCCACC"
"""The strong context, directly before the start codon."""
RBP_SITES = {
    "site_a": "TGTAAATA",
    "site_b": "TTTGTTTT",
    "site_c": "GCATGCAT",
    "site_d": "ACTAACAC",
    "site_e": "CCCTCCCT",
    "site_f": "GAAGAAGA",
    "site_g": "TGTGTGTG",
    "site_h": "CACACACA",
    "site_i": "GGGAGGGA",
    "site_j": "CTTTCTTT",
}
"""Sites of RNA-binding proteins in the 3′ UTR."""

DOMAIN_LENGTH = 24
_PROFILES = (
    "KRKRAEKL", "CHCHKPFG", "GKSTGDEV", "LRLNNLPG", "DEDGDISF", "WGYPPFWN",
    "EEKLQEQL", "HHQQSPHQ", "VTVSGIVY", "FMFAMVLF", "NSNTSGND", "PPRPPSPR",
)  # fmt: skip


def _consensus(index: int, profile: str) -> np.ndarray:
    rng = np.random.default_rng(index)
    return amino_acids("".join(rng.permutation(list(profile * (DOMAIN_LENGTH // len(profile))))))


DOMAINS = np.stack([_consensus(index, profile) for index, profile in enumerate(_PROFILES)])
"""(12, 24) the consensus sequence of every protein domain, each with a composition of its own."""

SIGNALS = {
    "signal_peptide": "KALLLVAALLLLLAVLLAAGASA",
    "presequence": "LRSRALRARSALSRAARRLSRSA",
    "membrane": "LLVIFLLAVGILLVWFIAVLLIL",
    "nls": "PKKKRKVKRPAATKKAGQAKKKK",
    "retention": "KDEL",
}
"""Consensus of the signals: two at the N-terminus, two inside, one at the C-terminus."""
