# pretrain: stores + relations -> encoder weights
from orthrus import pretrain


rule pretrain:
    input:
        stores=PLAN.stores(PLAN.paired),
        relations=rules.relations.output,
    output:
        weights=f"{RESULTS}/pretrain/{{model}}/model.safetensors",
        config=f"{RESULTS}/pretrain/{{model}}/config.json",
        metrics=f"{RESULTS}/pretrain/{{model}}/metrics.csv",
        summary=f"{RESULTS}/pretrain/{{model}}/summary.json",
    log:
        f"{LOGS}/pretrain/{{model}}.log",
    benchmark:
        f"{BENCHMARKS}/pretrain/{{model}}.tsv"
    conda:
        "../envs/orthrus-train.yaml"
    params:
        version=pretrain.STAGE_VERSION,
        settings=lambda wildcards: PLAN.model_options(wildcards.model),
    threads: lambda wildcards: BUILD.models[wildcards.model].train.threads
    resources:
        mem_mb=8000,
        runtime=2880,
        gpu=BUILD.gpus,
    message:
        "Pretraining {wildcards.model}"
    # The state folder is no output, so that Snakemake never deletes it: a rerun continues from it.
    shell:
        "orthrus pretrain train {input.stores} --relations {RESULTS}/relations"
        " -o {RESULTS}/pretrain/{wildcards.model}"
        " --state {RESULTS}/pretrain/.state/{wildcards.model} {params.settings} 2> {log}"
