"""Small sound tables of each kind that the project reads as text."""

from tasks_helpers import gaf_line

PARALOGS = (
    "Gene stable ID\tGene name\tHuman paralogue gene stable ID\t"
    "Human paralogue associated gene name\t"
    "Paralogue %id. target Human gene identical to query gene\t"
    "Paralogue %id. query gene identical to target Human gene\n"
    "ENSG00000000003\tTSPAN6\tENSG00000010278\tCD9\t24.4898\t26.3158\n"
    "ENSG00000000003.15\tTSPAN6\tENSG00000011105.1\t\t\t40\n"
    "ENSG00000210049\tMT-TF\t\t\t\t\n"
    "[success]\n"
)
ORTHOLOGS = (
    "Gene stable ID\tGene name\tMouse gene name\tMouse gene stable ID\tMouse homology type\n"
    "ENSG00000141510\tTP53\tTrp53\tENSMUSG00000059552\tortholog_one2one\n"
    "ENSG00000000002.1\tB\tBb\tENSMUSG00000000002\tortholog_one2many\n"
    "ENSG00000000004\tD\t\t\t\n"
)
GAF = "!gaf-version: 2.2\n" + "".join(
    "\t".join(gaf_line(*fields)) + "\n"
    for fields in (
        ("NUDT4B", "GO:0003723"),
        ("TP53", "GO:0003824", "NOT|enables"),
        ("TP53", "GO:0140096"),
    )
)
HALF_LIVES = (
    "ensembl_gene_id\texternal_gene_name\thuman_PC1\nENSG00000000003\tTSPAN6\t8.66095460281751\n"
    "ENSG00000000457\tSCYL3\t-6.92917289890567\nENSG00000000460\t\tNA\n"
)
LOCATIONS = (
    "Gene\tGene name\tReliability\tEnhanced\tSupported\tApproved\tUncertain\tGO id\n"
    "ENSG00000000003\tTSPAN6\tApproved\t\t\tCytosol\t\tCytosol (GO:0005829)\n"
    "ENSG00000000457\tSCYL3\tUncertain\t\t\t\tMicrotubules;Nuclear bodies\t\n"
    "ENSG00000001036\tFUCA2\tSupported\t\tGolgi apparatus\tCytosol\t\t\n"
)
APPRIS = (
    "AKT3\t10000\tNM_005465.4\tCCDS31077.1\tPRINCIPAL:1\n"
    "AKT3\t10000\tXM_005272995.2\t-\tALTERNATIVE:2\n"
    "BTNL10\t100129094\tXM_011544015.2\t-\tMINOR\n"
)
