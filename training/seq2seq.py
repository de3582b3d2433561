"""Training a seq2seq model to write summaries."""

import dataclasses
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from datasets import Dataset
from safetensors import SafetensorError
from transformers import DataCollatorForSeq2Seq, Seq2SeqTrainer, Seq2SeqTrainingArguments

from models.bundle import BundleInfo, EncoderInfo, TaskInfo, encoder_info, write_manifest
from models.encoder import load_seq2seq
from models.generate import Summarizer, source
from training import processes
from training.arguments import run_callbacks, training_arguments
from training.build import build_seq2seq, build_tokenizer
from training.callbacks import Interruption
from training.data import SummaryRow
from training.epochs import EpochData, fixed
from training.evaluate_summary import generated_figures
from training.folder import CHECKPOINTS, publish_bundle
from training.inputs import Inputs, decided, task_info
from training.save import save_adapter
from training.trainer import SafeTrainer

MODEL = "summary_model"
"""The seq2seq model's folder in a bundle; `encoder` is for what the other tasks share."""


class SummaryTrainer(SafeTrainer, Seq2SeqTrainer):  # type: ignore[misc]
    """transformers' Seq2SeqTrainer with our checkpoints and our evaluation."""


def train_summarizer(
    inputs: Inputs, out: Path, interruption: Interruption, *, resume: bool, track: str
) -> dict[str, Any]:
    """Train the run `inputs` and write its bundle; the epoch with the best ROUGE-L on dev is kept."""
    tokenizer = build_tokenizer(inputs.base, inputs.revision, inputs.config)
    model: Any = build_seq2seq(inputs.base, inputs.revision, inputs.config)
    inputs = decided(inputs, out, int(model.get_input_embeddings().embedding_dim))
    config = inputs.config
    rows = EpochData(
        fixed(summary_targets(inputs, tokenizer)),
        rows_per_update=config.batch_size * config.gradient_accumulation * processes.world_size(),
        seed=config.seed,
    )
    info = dataclasses.replace(
        task_info(inputs, MODEL),
        kind="abstractive",
        decoding={"max_new_tokens": config.max_new_tokens, "beams": config.beams},
    )
    evaluator = partial(written_figures, Summarizer(tokenizer, model, inputs.normalization, info), inputs.dev)
    arguments = training_arguments(config, len(rows), out / CHECKPOINTS, track, Seq2SeqTrainingArguments)
    trainer = SummaryTrainer(
        model=model,
        args=arguments,
        train_dataset=rows,
        data_collator=_Collator(DataCollatorForSeq2Seq(tokenizer, model=model)),
        callbacks=run_callbacks(config, arguments, len(rows), interruption),
        config=config,
        evaluator=evaluator,
        interruption=interruption,
    )
    trainer.fit(resume=resume)
    if not processes.is_main():
        return {}
    model.eval()
    info = dataclasses.replace(info, metrics={**evaluator(), "split": inputs.split})
    encoder = encoder_info(inputs.base, inputs.revision, inputs.normalization)
    publish_bundle(out, partial(_write_bundle, inputs, out.name, model, tokenizer, info, encoder))
    return info.metrics


def summary_targets(inputs: Inputs, tokenizer: Any) -> Dataset:
    """Token ids of every article (its first `max_length` tokens) and of its written summary."""
    texts = [source(row.title, " ".join(row.units), inputs.normalization) for row in inputs.train]
    summaries = [row.summary for row in inputs.train]
    encoded = tokenizer(texts, truncation=True, max_length=inputs.config.max_length)["input_ids"]
    targets = tokenizer(text_target=summaries, truncation=True, max_length=inputs.config.max_new_tokens)
    return Dataset.from_list(
        [
            {"input_ids": ids, "labels": labels, "length": len(ids)}
            for ids, labels in zip(encoded, targets["input_ids"], strict=True)
        ]
    )


def written_figures(summarizer: Summarizer, rows: Sequence[SummaryRow]) -> dict[str, Any]:
    """Figures of the summaries written for dev rows; `selection` is what the best epoch is chosen by."""
    written = summarizer.summarize([row.title for row in rows], [" ".join(row.units) for row in rows])
    figures = generated_figures(rows, written)
    return {**figures, "selection": figures["rougeL"]}


@dataclasses.dataclass(frozen=True, slots=True)
class _Collator:
    """transformers' collator without the column that only orders the rows."""

    pad: DataCollatorForSeq2Seq

    def __call__(self, rows: Sequence[dict[str, Any]]) -> Any:
        return self.pad([{k: v for k, v in row.items() if k != "length"} for row in rows])


def _write_bundle(
    inputs: Inputs,
    name: str,
    model: Any,
    tokenizer: Any,
    info: TaskInfo,
    encoder: EncoderInfo,
    folder: Path,
) -> None:
    try:
        if info.method == "full":
            base = model
        else:
            save_adapter(model, folder / "summary", encoder.base)
            base = load_seq2seq(inputs.base, revision=inputs.revision or None)
        base.half().save_pretrained(folder / MODEL)
        tokenizer.save_pretrained(folder / MODEL)
    except SafetensorError as error:
        raise OSError(str(error)) from error
    write_manifest(folder, BundleInfo(name, "0", {MODEL: encoder}, {"summary": info}))
