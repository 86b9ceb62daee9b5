# pretrain: stores + relations, or existing weights -> encoder weights
from orthrus import pretrain


rule pretrain:
    input:
        stores=PLAN.stores(PLAN.paired),
        relations=rules.relations.output.corpus,
        groups=rules.relations.output.groups,
        members=rules.relations.output.members,
    output:
        weights=f"{RESULTS}/pretrain/{{model}}/model.safetensors",
        config=f"{RESULTS}/pretrain/{{model}}/config.json",
        metrics=f"{RESULTS}/pretrain/{{model}}/metrics.csv",
        summary=f"{RESULTS}/pretrain/{{model}}/summary.json",
    log:
        f"{LOGS}/pretrain/{{model}}.log",
    benchmark:
        f"{BENCHMARKS}/pretrain/{{model}}.tsv"
    wildcard_constraints:
        model=one_of(name for name in MODEL_NAMES if name not in READ_MODELS),
    conda:
        "../envs/orthrus.yaml"
    threads: lambda wildcards: BUILD.models[wildcards.model].train.cores
    resources:
        mem_mb=8000,
        runtime=2880,
        gpu=lambda wildcards: BUILD.gpus and BUILD.models[wildcards.model].train.devices,
    params:
        version=pretrain.STAGE_VERSION,
        relations=subpath(input.relations, parent=True),
        folder=subpath(output.weights, parent=True),
        state=f"{RESULTS}/pretrain/.state/{{model}}",
        settings=lambda wildcards: PLAN.model_options(wildcards.model),
    message:
        "Pretraining {wildcards.model}"
    # The state folder is no output, so that Snakemake never deletes it: a rerun continues from it.
    shell:
        "orthrus pretrain train {input.stores:q} --relations {params.relations:q}"
        " -o {params.folder:q} --state {params.state:q} {params.settings} 2> {log:q}"


rule pretrain_convert:
    input:
        lambda wildcards: READ_MODELS[wildcards.model][1],
    output:
        weights=f"{RESULTS}/pretrain/{{model}}/model.safetensors",
        config=f"{RESULTS}/pretrain/{{model}}/config.json",
        summary=f"{RESULTS}/pretrain/{{model}}/summary.json",
    log:
        f"{LOGS}/pretrain/{{model}}.log",
    benchmark:
        f"{BENCHMARKS}/pretrain/{{model}}.tsv"
    wildcard_constraints:
        model=one_of(READ_MODELS),
    conda:
        "../envs/orthrus.yaml"
    resources:
        mem_mb=4000,
        runtime=20,
    params:
        version=pretrain.STAGE_VERSION,
        place=lambda wildcards: READ_MODELS[wildcards.model][0],
        folder=subpath(output.weights, parent=True),
    message:
        "Reading the weights of {wildcards.model}"
    shell:
        "orthrus models convert {params.place:q} -o {params.folder:q} 2> {log:q}"
