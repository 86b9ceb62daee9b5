# evaluate: weights + tasks -> embeddings, probes, Z-scores, analyses
from orthrus import evaluate

EMBEDDINGS = f"{RESULTS}/evaluate/embeddings"
PROBES = f"{RESULTS}/evaluate/probe"
HELD_OUT = f"{RESULTS}/evaluate/held_out"

# What `all` asks of this stage.
EVALUATIONS = [
    *expand(
        f"{RESULTS}/evaluate/zscores/{{split}}.parquet",
        split=BUILD.splits if PLAN.compared and COMPARED_MODELS else [],
    ),
    *expand(
        f"{HELD_OUT}/{{split}}/{{task}}/{{model}}.parquet",
        split=BUILD.splits,
        task=PLAN.structural,
        model=MODEL_NAMES,
    ),
    *expand(
        f"{RESULTS}/evaluate/leakage/{{split}}/{{task}}.json",
        split=BUILD.splits,
        task=PLAN.compared,
    ),
    *expand(
        f"{RESULTS}/evaluate/umap/{{model}}.parquet",
        model=MODEL_NAMES if BUILD.umap else [],
    ),
    *expand(
        f"{RESULTS}/evaluate/finetune/{{split}}/{{task}}/{{finetuned}}.parquet",
        split=BUILD.splits,
        task=BUILD.finetune.tasks,
        finetuned=BUILD.finetune.names,
    ),
]


localrules:
    evaluate_zscore,


rule evaluate_embed:
    input:
        source=lambda wildcards: PLAN.embedding_input(wildcards.source),
        model=f"{RESULTS}/pretrain/{{model}}/model.safetensors",
    output:
        f"{EMBEDDINGS}/{{source}}/{{model}}.parquet",
    log:
        f"{LOGS}/evaluate/embeddings/{{source}}/{{model}}.log",
    benchmark:
        f"{BENCHMARKS}/evaluate/embeddings/{{source}}/{{model}}.tsv"
    wildcard_constraints:
        source=one_of([*TASK_NAMES, *SETS]),
    conda:
        "../envs/orthrus.yaml"
    threads: BUILD.evaluate.embed.threads
    resources:
        mem_mb=6000,
        runtime=240,
        gpu=BUILD.gpus,
    params:
        version=evaluate.STAGE_VERSION,
        model=subpath(input.model, parent=True),
        settings=flags(BUILD.evaluate.embed),
    message:
        "Embedding {wildcards.source} with {wildcards.model}"
    shell:
        "orthrus evaluate embed {input.source:q} --model {params.model:q}"
        " -o {output:q} {params.settings} 2> {log:q}"


rule evaluate_features:
    input:
        f"{RESULTS}/tasks/{{task}}.parquet",
    output:
        f"{EMBEDDINGS}/{{task}}/{{baseline}}.parquet",
    log:
        f"{LOGS}/evaluate/embeddings/{{task}}/{{baseline}}.log",
    benchmark:
        f"{BENCHMARKS}/evaluate/embeddings/{{task}}/{{baseline}}.tsv"
    wildcard_constraints:
        baseline=one_of(BUILD.baselines),
    conda:
        "../envs/orthrus.yaml"
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        version=evaluate.STAGE_VERSION,
        settings=lambda wildcards: flags(BUILD.baselines[wildcards.baseline]),
    message:
        "Counting features of {wildcards.task} for {wildcards.baseline}"
    shell:
        "orthrus evaluate features {input:q} -o {output:q} {params.settings} 2> {log:q}"


rule evaluate_external:
    input:
        task=f"{RESULTS}/tasks/{{task}}.parquet",
        facts=f"{RESULTS}/tasks/{{task}}.json",
        embeddings=lambda wildcards: PLAN.external_file(
            wildcards.external, wildcards.task
        ),
    output:
        f"{EMBEDDINGS}/{{task}}/{{external}}.parquet",
    log:
        f"{LOGS}/evaluate/embeddings/{{task}}/{{external}}.log",
    benchmark:
        f"{BENCHMARKS}/evaluate/embeddings/{{task}}/{{external}}.tsv"
    wildcard_constraints:
        external=one_of(BUILD.external_models),
    conda:
        "../envs/orthrus.yaml"
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        version=evaluate.STAGE_VERSION,
    message:
        "Taking the embeddings of {wildcards.task} by {wildcards.external}"
    shell:
        "orthrus evaluate external {input.task:q} {input.embeddings:q} -o {output:q} 2> {log:q}"


rule evaluate_probe:
    input:
        task=f"{RESULTS}/tasks/{{task}}.parquet",
        facts=f"{RESULTS}/tasks/{{task}}.json",
        embeddings=lambda wildcards: PLAN.embeddings(
            wildcards.task, wildcards.compared_model
        ),
        splits=lambda wildcards: PLAN.task_splits(wildcards.task, wildcards.split),
    output:
        scores=f"{PROBES}/{{split}}/{{task}}/{{compared_model}}.parquet",
        fitted=f"{PROBES}/{{split}}/{{task}}/{{compared_model}}.safetensors",
    log:
        f"{LOGS}/evaluate/probe/{{split}}/{{task}}/{{compared_model}}.log",
    benchmark:
        f"{BENCHMARKS}/evaluate/probe/{{split}}/{{task}}/{{compared_model}}.tsv"
    conda:
        "../envs/orthrus.yaml"
    resources:
        mem_mb=4000,
        runtime=120,
    params:
        version=evaluate.STAGE_VERSION,
        settings=flags(BUILD.evaluate.probe),
    message:
        "Probing {wildcards.compared_model} on {wildcards.task}"
    shell:
        "orthrus evaluate probe {input.task:q} {input.embeddings:q} {input.splits:q}"
        " -o {output.scores:q} --save {output.fitted:q} --model {wildcards.compared_model:q}"
        " --split {wildcards.split:q} {params.settings} 2> {log:q}"


rule evaluate_held_out:
    input:
        task=f"{RESULTS}/tasks/{{task}}.parquet",
        facts=f"{RESULTS}/tasks/{{task}}.json",
        embeddings=lambda wildcards: PLAN.embeddings(wildcards.task, wildcards.model),
        splits=lambda wildcards: PLAN.task_splits(wildcards.task, wildcards.split),
        probe=f"{PROBES}/{{split}}/{{task}}/{{model}}.safetensors",
    output:
        f"{HELD_OUT}/{{split}}/{{task}}/{{model}}.parquet",
    log:
        f"{LOGS}/evaluate/held_out/{{split}}/{{task}}/{{model}}.log",
    benchmark:
        f"{BENCHMARKS}/evaluate/held_out/{{split}}/{{task}}/{{model}}.tsv"
    conda:
        "../envs/orthrus.yaml"
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        version=evaluate.STAGE_VERSION,
    message:
        "Predicting held-out transcripts of {wildcards.task} with {wildcards.model}"
    shell:
        "orthrus evaluate held-out {input.task:q} {input.embeddings:q} {input.splits:q}"
        " {input.probe:q} -o {output:q} 2> {log:q}"


rule evaluate_finetune:
    input:
        task=f"{RESULTS}/tasks/{{task}}.parquet",
        facts=f"{RESULTS}/tasks/{{task}}.json",
        splits=lambda wildcards: PLAN.task_splits(wildcards.task, wildcards.split),
        weights=lambda wildcards: PLAN.finetune_weights(wildcards.finetuned),
    output:
        f"{RESULTS}/evaluate/finetune/{{split}}/{{task}}/{{finetuned}}.parquet",
    log:
        f"{LOGS}/evaluate/finetune/{{split}}/{{task}}/{{finetuned}}.log",
    benchmark:
        f"{BENCHMARKS}/evaluate/finetune/{{split}}/{{task}}/{{finetuned}}.tsv"
    wildcard_constraints:
        finetuned=one_of(BUILD.finetune.names),
    conda:
        "../envs/orthrus.yaml"
    threads: BUILD.evaluate.finetune.threads
    resources:
        mem_mb=16000,
        runtime=2880,
        gpu=BUILD.gpus,
    params:
        version=evaluate.STAGE_VERSION,
        options=lambda wildcards: PLAN.finetune_options(wildcards.finetuned),
    message:
        "Fine-tuning {wildcards.finetuned} on {wildcards.task}"
    shell:
        "orthrus evaluate finetune {input.task:q} {input.splits:q} -o {output:q}"
        " --model {wildcards.finetuned:q} --split {wildcards.split:q} {params.options} 2> {log:q}"


rule evaluate_leakage:
    input:
        task=f"{RESULTS}/tasks/{{task}}.parquet",
        splits=lambda wildcards: PLAN.task_splits(wildcards.task, wildcards.split),
        homology=lambda wildcards: PLAN.task_homology(wildcards.task),
    output:
        f"{RESULTS}/evaluate/leakage/{{split}}/{{task}}.json",
    log:
        f"{LOGS}/evaluate/leakage/{{split}}/{{task}}.log",
    benchmark:
        f"{BENCHMARKS}/evaluate/leakage/{{split}}/{{task}}.tsv"
    conda:
        "../envs/orthrus.yaml"
    resources:
        mem_mb=8000,
        runtime=30,
    params:
        version=evaluate.STAGE_VERSION,
        homology=lambda wildcards, input: f"--homology {quote(str(input.homology))}"
        * bool(input.homology),
    message:
        "Comparing test and training rows of {wildcards.task}"
    shell:
        "orthrus evaluate leakage {input.task:q} {input.splits:q} -o {output:q} {params.homology}"
        " 2> {log:q}"


rule evaluate_zscore:
    input:
        expand(
            f"{PROBES}/{{{{split}}}}/{{task}}/{{compared_model}}.parquet",
            task=PLAN.compared,
            compared_model=COMPARED_MODELS,
        ),
    output:
        table=f"{RESULTS}/evaluate/zscores/{{split}}.parquet",
        summary=f"{RESULTS}/evaluate/zscores/{{split}}.json",
    log:
        f"{LOGS}/evaluate/zscores/{{split}}.log",
    benchmark:
        f"{BENCHMARKS}/evaluate/zscores/{{split}}.tsv"
    conda:
        "../envs/orthrus.yaml"
    resources:
        mem_mb=2000,
        runtime=20,
    params:
        version=evaluate.STAGE_VERSION,
        settings=flags(BUILD.evaluate.zscore),
    message:
        "Comparing all models by Z-scores on {wildcards.split} splits"
    shell:
        "orthrus evaluate zscore {input:q} -o {output.table:q} --summary {output.summary:q}"
        " {params.settings} 2> {log:q}"


rule evaluate_umap:
    input:
        store=PLAN.stores([BUILD.umap] if BUILD.umap else []),
        embeddings=f"{EMBEDDINGS}/{BUILD.umap}/{{model}}.parquet",
    output:
        f"{RESULTS}/evaluate/umap/{{model}}.parquet",
    log:
        f"{LOGS}/evaluate/umap/{{model}}.log",
    benchmark:
        f"{BENCHMARKS}/evaluate/umap/{{model}}.tsv"
    conda:
        "../envs/orthrus.yaml"
    resources:
        mem_mb=4000,
        runtime=60,
    params:
        version=evaluate.STAGE_VERSION,
        settings=flags(BUILD.evaluate.umap),
    message:
        "Drawing a map of the embeddings of {wildcards.model}"
    shell:
        "orthrus evaluate umap {input.store:q} {input.embeddings:q} -o {output:q}"
        " {params.settings} 2> {log:q}"
