"""A seq2seq model learns to write, is saved, loaded, generates, and is kept apart from extractive ones."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from transformers import BartConfig, BartForConditionalGeneration

from arabic.errors import InputError
from models.bundle import LAYOUT, verify
from models.errors import BundleError
from models.generate import within
from models.load import OpenBundle
from tests.tiny import FAVOR, SUMMARY_ROWS, train_tiny, write_rows
from training.callbacks import Saving
from training.checkpoints import newest_complete
from training.evaluate import evaluate

SETTINGS: dict[str, Any] = {
    "kind": "abstractive",
    "epochs": 1,
    "batch_size": 4,
    "max_new_tokens": 12,
    "beams": 2,
    "dtype": "fp32",
}


@pytest.fixture(scope="module")
def seq2seq_base(tiny_base: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A BART of one layer with random weights and the tiny tokenizer."""
    base = shutil.copytree(tiny_base, tmp_path_factory.mktemp("seq2seq") / "bart")
    config = BartConfig(
        vocab_size=300,
        d_model=32,
        encoder_layers=1,
        decoder_layers=1,
        encoder_attention_heads=2,
        decoder_attention_heads=2,
        encoder_ffn_dim=64,
        decoder_ffn_dim=64,
        max_position_embeddings=128,
        pad_token_id=1,
        bos_token_id=0,
        eos_token_id=2,
        decoder_start_token_id=2,
        forced_eos_token_id=2,
    )
    BartForConditionalGeneration(config).save_pretrained(base)
    return base


@pytest.mark.parametrize("method", ["lora", "full"])
def test_a_summarizer_is_trained_saved_loaded_and_judged(
    method: str, seq2seq_base: Path, tiny_rows: dict[str, Path], tmp_path: Path
) -> None:
    rows, settings = tiny_rows["summary"], SETTINGS | {"method": method}
    out = train_tiny("summary", rows, tmp_path / "out", seq2seq_base, **settings)
    task = verify(out).tasks["summary"]
    assert (task.kind, task.method, task.encoder) == ("abstractive", method, "summary_model")
    assert task.decoding == {"max_new_tokens": 12, "beams": 2}
    assert not (out / "summary" / LAYOUT.head).exists()
    bundle = OpenBundle.open(out)
    texts = bundle.summarizer().summarize(["الجسر", ""], [FAVOR, FAVOR * 60], words=5)
    assert len(texts) == 2 and all(len(text.split()) <= 5 for text in texts)
    figures = evaluate("summary", out, rows)
    assert figures["rougeL"] == pytest.approx(task.metrics["rougeL"], abs=0.05)
    with pytest.raises(BundleError, match="writes its own words"):
        bundle.summary()
    with pytest.raises(BundleError, match="has no encoder, only a model that writes"):
        bundle.embedder()


def test_a_summary_that_is_seen_often_is_learned(seq2seq_base: Path, tmp_path: Path) -> None:
    rows = write_rows(tmp_path / "one.jsonl", [{**SUMMARY_ROWS[0], "id": f"a{i}"} for i in range(8)])
    settings = SETTINGS | {"epochs": 25, "method": "full", "learning_rate": 5e-3, "head_learning_rate": 5e-3}
    settings |= {"patience": 20, "max_new_tokens": 40}  # the first epochs all have 0 on dev
    out = train_tiny("summary", rows, tmp_path / "out", seq2seq_base, **settings)
    assert evaluate("summary", out, rows)["rouge1"] > 0.8


def test_a_base_of_the_other_kind_is_refused(
    seq2seq_base: Path, tiny_base: Path, tiny_rows: dict[str, Path], tmp_path: Path
) -> None:
    with pytest.raises(BundleError, match="of the kind bert and cannot write summaries"):
        train_tiny("summary", tiny_rows["summary"], tmp_path / "out", tiny_base, **SETTINGS)
    with pytest.raises(BundleError, match="no encoder but a model of the kind bart"):
        train_tiny("topic", tiny_rows["topic"], tmp_path / "out", seq2seq_base)
    assert not (tmp_path / "out").exists()


def test_articles_without_key_units_can_only_be_written_of(tiny_base: Path, tmp_path: Path) -> None:
    rows = [{"id": row["id"], "text": FAVOR, "summary": row["summary"]} for row in SUMMARY_ROWS]
    with pytest.raises(InputError, match="no row has key units; label some, or train with kind=abstractive"):
        train_tiny("summary", write_rows(tmp_path / "rows.jsonl", rows), tmp_path / "out", tiny_base)


def test_a_killed_summarizer_goes_on(
    seq2seq_base: Path, tiny_rows: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = SETTINGS | {"batch_size": 2, "checkpoint_steps": 1}
    whole = train_tiny("summary", tiny_rows["summary"], tmp_path / "a" / "out", seq2seq_base, **settings)
    out = tmp_path / "b" / "out"

    on_step_end = Saving.on_step_end

    def killed(self: Saving, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        if state.global_step == 3:
            raise KeyboardInterrupt
        on_step_end(self, args, state, control, **kwargs)

    monkeypatch.setattr(Saving, "on_step_end", killed)
    with pytest.raises(KeyboardInterrupt):
        train_tiny("summary", tiny_rows["summary"], out, seq2seq_base, **settings)
    monkeypatch.undo()
    assert newest_complete(out / "checkpoints") == out / "checkpoints" / "checkpoint-2"
    train_tiny("summary", tiny_rows["summary"], out, seq2seq_base, resume=True, **settings)
    weights = "summary/adapter_model.safetensors"
    assert (out / weights).read_bytes() == (whole / weights).read_bytes()


@pytest.mark.parametrize(
    ("text", "words", "kept"),
    [
        ("وصل الوفد. وبدأ الحوار. وانتهى أمس.", 4, "وصل الوفد. وبدأ الحوار."),
        ("وصل الوفد إلى المدينة أمس", 3, "وصل الوفد إلى"),
        ("وصل الوفد.", 60, "وصل الوفد."),
        ("", 5, ""),
    ],
)
def test_a_text_is_cut_after_a_whole_sentence_that_fits(text: str, words: int, kept: str) -> None:
    assert within(text, words) == kept
