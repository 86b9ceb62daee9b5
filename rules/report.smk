# report: all of it -> figures, tables, one HTML page
from orthrus import report


localrules:
    report,


rule report:
    input:
        expand(f"{RESULTS}/annotation/{{name}}/summary.json", name=SETS),
        PLAN.stores(list(SETS)),
        rules.relations.output,
        rules.relations_qc.output,
        LEAKAGE,
        expand(f"{RESULTS}/pretrain/{{model}}/summary.json", model=MODEL_NAMES),
        EVALUATIONS,
    output:
        f"{RESULTS}/report/index.html",
    log:
        f"{LOGS}/report.log",
    benchmark:
        f"{BENCHMARKS}/report.tsv"
    conda:
        "../envs/orthrus.yaml"
    resources:
        mem_mb=2000,
        runtime=20,
    params:
        version=report.STAGE_VERSION,
        results=subpath(output[0], ancestor=2),
        settings=PLAN.report_options,
    message:
        "Writing the report of {BUILD.name}"
    shell:
        "orthrus report build {params.results:q} -o {output:q} {params.settings} > {log:q} 2>&1"
