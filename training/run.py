"""One training run: labelled data in, a bundle with one task out."""

import dataclasses
import itertools
import shutil
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from datasets import Dataset
from peft import LoraConfig, get_peft_model
from transformers import Trainer, TrainingArguments

from arabic.errors import InputError
from arabic.normalize import Normalization
from models.bundle import LAYOUT, BundleInfo, DataInfo, EncoderInfo, Task, TaskInfo, encoder_info, file_sha256, write_manifest
from models.decoding import StanceDecoding
from models.encoder import load_encoder, load_tokenizer
from models.heads import build_model
from models.label_sets import load_labels
from models.load import save_head, torch_forward
from models.predict import Backend, SaliencePredictor, StancePredictor, TopicPredictor
from training.calibration import cross_fitted_ece, fit_temperature, threshold_for_precision
from training.config import TrainConfig
from training.data import StanceRow, read_stance, read_summary, read_topic
from training.evaluate import (
    evaluate_stance,
    evaluate_summary,
    evaluate_topic,
    evaluation_pairs,
    stance_figures,
)
from training.features import collate, stance_features, summary_features, topic_features
from training.losses import LABEL_FIELDS, Loss, build_loss, frequency_weights
from training.pairs import all_pairs

_READERS = {"topic": read_topic, "stance": read_stance, "summary": read_summary}
_ABSTENTION_PRECISION = 0.9
Evaluator = Callable[[TaskInfo], dict[str, Any]]


class TaskTrainer(Trainer):
    """A Trainer whose loss is ours and whose evaluation is the one that users run."""

    def __init__(self, *args: Any, loss: Loss, evaluator: Callable[[], dict[str, Any]], **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **kwargs)
        self._loss = loss
        self._evaluator = evaluator

    def compute_loss(
        self,
        model: torch.nn.Module,
        inputs: dict[str, Any],
        return_outputs: bool = False,
        num_items_in_batch: torch.Tensor | int | None = None,
    ) -> Any:  # noqa: ANN401
        """The task's loss of one batch."""
        labels = {name: inputs.pop(name) for name in LABEL_FIELDS if name in inputs}
        outputs = model(**inputs)
        loss = self._loss(outputs, labels)
        return (loss, outputs) if return_outputs else loss

    def evaluate(
        self, eval_dataset: Any = None, ignore_keys: list[str] | None = None, metric_key_prefix: str = "eval"  # noqa: ANN401
    ) -> dict[str, float]:
        """Evaluate on dev as `mujaz evaluate` does."""
        self.model.eval()
        device = "cuda" if torch.cuda.is_available() else "cpu"
        with torch.autocast(device, torch.bfloat16, enabled=self.args.bf16):
            found = self._evaluator()
        self.model.train()
        metrics = {f"{metric_key_prefix}_{k}": v for k, v in found.items() if isinstance(v, int | float)}
        self.log(metrics)
        self.control = self.callback_handler.on_evaluate(self.args, self.state, self.control, metrics)
        return metrics


def train(
    task: Task,
    train_file: Path,
    dev_file: Path,
    out: Path,
    config: TrainConfig,
    *,
    base: str | Path,
    revision: str = "",
    data_licence: str = "",
    normalization: Normalization | None = None,
) -> dict[str, Any]:
    """Fine-tune `base` for a task and write a bundle to `out`; returns the figures on dev.

    The epoch that is best on dev is kept, and temperature and decoding options are fitted on dev, so
    the dev figures flatter a little. Raises `InputError` for bad data or an `out` that is in use.
    """
    if out.exists() and any(out.iterdir()):
        raise InputError(f"{out} is not empty; name a new folder, or remove this one")
    torch.manual_seed(config.seed)
    normalization = normalization or Normalization()
    train_rows, dev_rows = _READERS[task](train_file), _READERS[task](dev_file)
    tokenizer = load_tokenizer(base, revision=revision or None)
    dataset = _features(task, train_rows, tokenizer, normalization, config)
    model = _model(task, base, revision, config)
    info = TaskInfo(
        encoder=LAYOUT.encoder if config.method == "lora" else f"{task}_encoder",
        method=config.method,
        labels=() if task == "summary" else load_labels(task).ids,
        max_length=config.max_length,
        data=(DataInfo(train_file.name, data_licence, len(train_rows), file_sha256(train_file)),),
        config=dataclasses.asdict(config),
    )
    backend = Backend(tokenizer, torch_forward(model), normalization)
    trainer = _trainer(task, model, dataset, config, out, partial(_evaluate, task, backend, info, dev_rows))
    trainer.train()
    model.eval()
    info = _calibrate(task, backend, info, dev_rows)
    metrics = _evaluate(task, backend, info, dev_rows)
    info = dataclasses.replace(info, metrics={**info.metrics, **metrics, "split": dev_file.name})
    _save(task, model, out, info, base, encoder_info(base, revision, normalization))
    return info.metrics


def _features(
    task: Task, rows: Sequence[Any], tokenizer: Any, normalization: Normalization, config: TrainConfig  # noqa: ANN401
) -> Dataset:
    if task == "topic":
        return topic_features(rows, tokenizer, normalization, config)
    if task == "summary":
        return summary_features(rows, tokenizer, normalization, config)
    pairs = all_pairs(rows, ratio=config.unrelated_ratio, hard=config.hard_unrelated, seed=config.seed)
    pairs += [pair for pair in pairs if len(pair.labels) > 1] * (config.mixed_repeat - 1)
    return stance_features(pairs, tokenizer, normalization, config)


def _model(task: Task, base: str | Path, revision: str, config: TrainConfig) -> torch.nn.Module:
    encoder = load_encoder(base, revision=revision or None)
    for name, module in encoder.named_modules():
        if isinstance(module, torch.nn.Dropout) and "attention.self" in name:
            module.p = 0.0  # dropout inside attention doubles the time of a step on a CPU
    if config.method == "lora":
        lora = LoraConfig(
            r=config.lora_rank,
            lora_alpha=config.lora_alpha,
            lora_dropout=config.lora_dropout,
            target_modules="all-linear",
        )
        encoder = get_peft_model(encoder, lora)
    return build_model(task, encoder, 0 if task == "summary" else len(load_labels(task).ids))


def _trainer(
    task: Task, model: torch.nn.Module, dataset: Dataset, config: TrainConfig, out: Path, evaluator: Any  # noqa: ANN401
) -> TaskTrainer:
    steps = -(-len(dataset) // config.batch_size) * config.epochs
    arguments = TrainingArguments(
        output_dir=str(out / "checkpoints"),
        per_device_train_batch_size=config.batch_size,
        num_train_epochs=config.epochs,
        warmup_steps=round(steps * config.warmup_ratio),
        lr_scheduler_type="linear",
        use_cpu=not torch.cuda.is_available(),
        bf16=torch.cuda.is_available() or torch.cpu._is_avx512_bf16_supported(),
        seed=config.seed,
        eval_strategy="epoch",
        save_strategy="epoch",
        save_total_limit=1,
        load_best_model_at_end=True,
        metric_for_best_model="eval_selection",
        remove_unused_columns=False,
        train_sampling_strategy="group_by_length",
        length_column_name="length",
        logging_steps=20,
        disable_tqdm=True,
    )
    weights = None
    if config.class_weight_power:
        targets = torch.tensor(np.asarray(dataset["labels"]), dtype=torch.float32)
        weights = frequency_weights(targets, config.class_weight_power)
    heads = [p for n, p in model.named_parameters() if not n.startswith("encoder.")]
    encoder = [p for n, p in model.named_parameters() if n.startswith("encoder.") and p.requires_grad]
    optimizer = torch.optim.AdamW(
        [
            {"params": encoder, "lr": config.learning_rate},
            {"params": heads, "lr": config.head_learning_rate},
        ],
        weight_decay=config.weight_decay,
        fused=True,
    )
    pad_id = evaluator.args[1].tokenizer.pad_token_id
    return TaskTrainer(
        model=model,
        args=arguments,
        train_dataset=dataset,
        eval_dataset=dataset.select([0]),  # evaluation reads the dev rows itself
        data_collator=partial(collate, pad_id),
        optimizers=(optimizer, None),
        loss=build_loss(task, config, weights),
        evaluator=evaluator,
    )


def _evaluate(task: Task, backend: Backend, info: TaskInfo, rows: Sequence[Any]) -> dict[str, Any]:
    """Figures on dev; `selection` is what the best epoch is chosen by."""
    if task == "topic":
        figures = evaluate_topic(TopicPredictor(backend, info), rows)
        return {**figures, "selection": figures["macro_f1"] + figures["accuracy"]}
    if task == "summary":
        figures = evaluate_summary(SaliencePredictor(backend, info), rows)
        return {**figures, "selection": figures["average_precision"]}
    figures = evaluate_stance(StancePredictor(backend, info), rows)
    selection = 2 * figures["macro_f1"] + figures["holder_token_f1"] + figures["evidence_token_f1"]
    return {**figures, "selection": selection}


def _calibrate(task: Task, backend: Backend, info: TaskInfo, rows: Sequence[Any]) -> TaskInfo:
    """Fit the temperature, the abstention threshold and the decoding options on dev."""
    if task == "summary":
        return info
    if task == "stance":
        return _calibrate_stance(backend, info, rows)
    predictor = TopicPredictor(backend, info)
    logits = predictor.logits([row.text for row in rows])
    gold = np.array([info.labels.index(row.label) for row in rows])
    before = evaluate_topic(predictor, rows)["ece"]
    temperature = fit_temperature(logits, gold)
    info = dataclasses.replace(info, temperature=temperature)
    probabilities = TopicPredictor(backend, info).predict([row.text for row in rows])
    correct = probabilities.argmax(1) == gold
    return dataclasses.replace(
        info,
        threshold=threshold_for_precision(probabilities, correct, _ABSTENTION_PRECISION),
        metrics={"ece_before": before, "ece_cross_fitted": cross_fitted_ece(logits, gold)},
    )


def _calibrate_stance(backend: Backend, info: TaskInfo, rows: Sequence[StanceRow]) -> TaskInfo:
    predictor = StancePredictor(backend, info)
    pairs = evaluation_pairs(rows)
    outputs = predictor.outputs([p.target for p in pairs], [p.text for p in pairs])
    single = [i for i, pair in enumerate(pairs) if len(pair.labels) == 1]
    logits = np.stack([outputs[i].logits for i in single])
    gold = np.array([info.labels.index(next(iter(pairs[i].labels))) for i in single])
    before = stance_figures(predictor, pairs, outputs, StanceDecoding())["ece"]
    info = dataclasses.replace(info, temperature=fit_temperature(logits, gold))
    predictor = StancePredictor(backend, info)
    best, best_score = StanceDecoding(), -1.0
    for holder, evidence in itertools.product((-1.0, -0.5, 0.0, 0.5, 1.0), (-1.5, -1.0, -0.5, 0.0, 0.5)):
        options = StanceDecoding(holder_bias=holder, evidence_bias=evidence)
        figures = stance_figures(predictor, pairs, outputs, options)
        score = figures["holder_token_f1"] + figures["evidence_token_f1"]
        if score > best_score:
            best, best_score = options, score
    return dataclasses.replace(
        info,
        decoding=dataclasses.asdict(best),
        metrics={"ece_before": before, "ece_cross_fitted": cross_fitted_ece(logits, gold)},
    )


def _save(
    task: Task, model: Any, out: Path, info: TaskInfo, base: str | Path, encoder: EncoderInfo  # noqa: ANN401
) -> None:
    """Write the bundle: encoder as it was (or as fine-tuned), adapter, head, manifest."""
    folder = out / info.encoder
    save_head(model, out / task)
    if info.method == "full":
        model.encoder.half().save_pretrained(folder)
        load_tokenizer(base).save_pretrained(folder)
    else:
        for name, parameter in model.encoder.named_parameters():
            if "lora_" in name:
                parameter.data = parameter.data.half()
        model.encoder.save_pretrained(out / task)
        (out / task / "README.md").unlink()  # peft's empty card; the bundle has its own
        _copy_encoder(base, encoder.revision, folder)
    write_manifest(out, BundleInfo(out.name, "0", {info.encoder: encoder}, {task: info}))
    shutil.rmtree(out / "checkpoints", ignore_errors=True)


def _copy_encoder(base: str | Path, revision: str, folder: Path) -> None:
    """Put the base as it is beside the adapter, byte for byte where it is a folder."""
    if Path(base).is_dir():
        shutil.copytree(base, folder)
        return
    load_encoder(base, revision=revision or None).half().save_pretrained(folder)
    load_tokenizer(base, revision=revision or None).save_pretrained(folder)
