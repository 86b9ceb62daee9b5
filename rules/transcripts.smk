# transcripts: genome + transcript table -> six-track Zarr store per annotation set
from orthrus import transcripts


rule transcripts:
    input:
        unpack(lambda wildcards: PLAN.transcripts_inputs(wildcards.annotation_set)),
    output:
        directory(f"{RESULTS}/transcripts/{{annotation_set}}.zarr"),
    log:
        f"{LOGS}/transcripts/{{annotation_set}}.log",
    benchmark:
        f"{BENCHMARKS}/transcripts/{{annotation_set}}.tsv"
    priority: 10
    conda:
        "../envs/orthrus.yaml"
    resources:
        mem_mb=6000,
        runtime=60,
    params:
        version=transcripts.STAGE_VERSION,
        options=lambda wildcards: PLAN.transcripts_options(wildcards.annotation_set),
        settings=flags(BUILD.transcripts),
    message:
        "Encoding the transcripts of {wildcards.annotation_set}"
    shell:
        "orthrus transcripts build {input.table:q} {input.genome:q} -o {output:q}"
        " {params.options} {params.settings} 2> {log:q}"
