"""The loop learns, keeps the epoch that is best on dev, and leaves the base's own weights alone."""

from pathlib import Path
from typing import Any

import pytest
import torch
from peft import LoraConfig, get_peft_model

from arabic.normalize import Normalization
from models.encoder import load_encoder, load_tokenizer
from models.heads import build_model
from models.label_sets import load_labels
from training.config import TrainConfig
from training.data import read_topic
from training.features import topic_features
from training.trainer import TaskTrainer, build_trainer


class Judge:
    """An evaluator that gives the selections it is told, and keeps the head it saw each time."""

    def __init__(self, *selections: float) -> None:
        self.selections = list(selections)
        self.heads: list[torch.Tensor] = []
        self.modes: list[bool] = []
        self.model: Any = None

    def __call__(self) -> dict[str, Any]:
        """Keep the head and its mode, and give the next selection."""
        self.heads.append(self.model.head.weight.detach().clone())
        self.modes.append(self.model.training)
        return {"selection": self.selections[len(self.heads) - 1], "per_class": {}}


def _trainer(base: Path, rows: Path, folder: Path, judge: Judge, **settings: Any) -> TaskTrainer:
    options = {"epochs": len(judge.selections), "batch_size": 8, "max_length": 64} | settings
    config = TrainConfig(**options)
    torch.manual_seed(config.seed)
    tokenizer = load_tokenizer(base)
    encoder = get_peft_model(load_encoder(base), LoraConfig(r=4, target_modules="all-linear"))
    judge.model = build_model("topic", encoder, len(load_labels("topic").ids))
    dataset = topic_features(read_topic(rows).rows, tokenizer, Normalization(), config)
    return build_trainer(
        "topic",
        judge.model,
        dataset,
        config,
        pad_token_id=tokenizer.pad_token_id,
        checkpoints=folder / "checkpoints",
        evaluator=judge,
    )


def test_training_lowers_the_loss(tiny_base: Path, tiny_rows: dict[str, Path], tmp_path: Path) -> None:
    judge = Judge(*[0.5] * 20)
    trainer = _trainer(
        tiny_base, tiny_rows["topic"], tmp_path, judge, learning_rate=1e-2, head_learning_rate=3e-2
    )
    trainer.train()
    losses = [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]
    assert len(losses) >= 2 and losses[-1] < losses[0] / 2


@pytest.mark.parametrize(("selections", "best"), [((0.9, 0.5, 0.1), 0), ((0.1, 0.9, 0.5), 1)])
def test_the_epoch_that_is_best_on_dev_is_kept(
    selections: tuple[float, ...], best: int, tiny_base: Path, tiny_rows: dict[str, Path], tmp_path: Path
) -> None:
    judge = Judge(*selections)
    _trainer(tiny_base, tiny_rows["topic"], tmp_path, judge).train()
    assert len(judge.heads) == 3
    for number, head in enumerate(judge.heads):
        assert torch.equal(judge.model.head.weight, head) == (number == best)


def test_evaluation_runs_without_dropout_and_training_goes_on_with_it(
    tiny_base: Path, tiny_rows: dict[str, Path], tmp_path: Path
) -> None:
    judge = Judge(0.5)
    trainer = _trainer(tiny_base, tiny_rows["topic"], tmp_path, judge)
    judge.model.train()
    assert trainer.evaluate()["eval_selection"] == 0.5
    assert judge.modes == [False] and judge.model.training


def test_the_bases_own_weights_do_not_move(
    tiny_base: Path, tiny_rows: dict[str, Path], tmp_path: Path
) -> None:
    judge = Judge(0.5)
    trainer = _trainer(tiny_base, tiny_rows["topic"], tmp_path, judge, learning_rate=0.01)
    before = {name: p.detach().clone() for name, p in judge.model.named_parameters()}
    trainer.train()
    moved = {name for name, p in judge.model.named_parameters() if not torch.equal(p, before[name])}
    assert {"head.weight", "head.bias"} < moved
    assert all("lora_" in name for name in moved if name.startswith("encoder."))


def test_encoder_and_heads_learn_at_their_own_rates(
    tiny_base: Path, tiny_rows: dict[str, Path], tmp_path: Path
) -> None:
    judge = Judge(0.5)
    trainer = _trainer(
        tiny_base, tiny_rows["topic"], tmp_path, judge, learning_rate=0.002, head_learning_rate=0.03
    )
    encoder, heads = trainer.optimizer.param_groups
    assert (encoder["lr"], heads["lr"]) == (0.002, 0.03)
    grouped = sum(p.numel() for group in (encoder, heads) for p in group["params"])
    assert grouped == sum(p.numel() for p in judge.model.parameters() if p.requires_grad)
    assert {id(p) for p in heads["params"]} == {id(p) for p in judge.model.head.parameters()}
