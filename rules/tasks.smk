# tasks: raw label sources -> benchmark task tables
from orthrus import tasks


localrules:
    tasks_split,


rule tasks:
    input:
        unpack(lambda wildcards: PLAN.task_inputs(wildcards.task)),
    output:
        table=f"{RESULTS}/tasks/{{task}}.parquet",
        summary=f"{RESULTS}/tasks/{{task}}.json",
    log:
        f"{LOGS}/tasks/{{task}}.log",
    benchmark:
        f"{BENCHMARKS}/tasks/{{task}}.tsv"
    conda:
        "../envs/orthrus.yaml"
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        version=tasks.STAGE_VERSION,
        options=lambda wildcards: PLAN.task_options(wildcards.task),
    message:
        "Building the task {wildcards.task}"
    shell:
        "orthrus tasks build {wildcards.task:q} {input.sources:q} -o {output.table:q}"
        " {params.options} 2> {log:q}"


rule tasks_split:
    input:
        f"{RESULTS}/tasks/{{task}}.parquet",
    output:
        f"{RESULTS}/tasks/{{task}}.splits.parquet",
    log:
        f"{LOGS}/tasks/{{task}}.splits.log",
    benchmark:
        f"{BENCHMARKS}/tasks/{{task}}.splits.tsv"
    conda:
        "../envs/orthrus.yaml"
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        version=tasks.STAGE_VERSION,
        settings=flags(BUILD.relations.splits),
    message:
        "Splitting the genes of {wildcards.task} at random"
    shell:
        "orthrus tasks split {input:q} -o {output:q} {params.settings} 2> {log:q}"
