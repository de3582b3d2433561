"""The loop learns, keeps the epoch that is best on dev, and leaves the base's own weights alone."""

import errno
from pathlib import Path
from typing import Any

import pytest
import torch
from peft import LoraConfig, get_peft_model

from arabic.errors import InputError
from arabic.normalize import Normalization
from models.encoder import load_encoder, load_tokenizer
from models.heads import build_model
from models.label_sets import load_labels
from training.checkpoints import newest_complete
from training.config import TrainConfig
from training.data import read_topic
from training.epochs import EpochData, fixed
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
    options = {"epochs": len(judge.selections), "batch_size": 8, "max_length": 64, "dtype": "fp32"} | settings
    config = TrainConfig(**options)
    torch.manual_seed(config.seed)
    tokenizer = load_tokenizer(base)
    encoder = get_peft_model(load_encoder(base), LoraConfig(r=4, target_modules="all-linear"))
    judge.model = build_model("topic", encoder, len(load_labels("topic").ids))
    dataset = topic_features(read_topic(rows).rows, tokenizer, Normalization(), config)
    return build_trainer(
        "topic",
        EpochData(fixed(dataset), rows_per_update=config.batch_size, seed=config.seed),
        config,
        model=judge.model,
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
    _trainer(tiny_base, tiny_rows["topic"], tmp_path, judge).fit()
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
    encoder, heads = trainer.create_optimizer().param_groups
    assert (encoder["lr"], heads["lr"]) == (0.002, 0.03)
    grouped = sum(p.numel() for group in (encoder, heads) for p in group["params"])
    assert grouped == sum(p.numel() for p in judge.model.parameters() if p.requires_grad)
    assert {id(p) for p in heads["params"]} == {id(p) for p in judge.model.head.parameters()}


def test_training_stops_when_dev_gets_no_better_and_keeps_the_best(
    tiny_base: Path, tiny_rows: dict[str, Path], tmp_path: Path
) -> None:
    judge = Judge(0.1, 0.9, 0.8, 0.7, 0.95)
    _trainer(tiny_base, tiny_rows["topic"], tmp_path, judge, patience=2).fit()
    assert len(judge.heads) == 4
    assert torch.equal(judge.model.head.weight, judge.heads[1])


def test_a_run_that_stopped_early_and_was_killed_then_trains_no_further(
    tiny_base: Path, tiny_rows: dict[str, Path], tmp_path: Path
) -> None:
    _trainer(tiny_base, tiny_rows["topic"], tmp_path, first := Judge(0.9, 0.1, 0.5), patience=1).fit()
    again = Judge(0.9, 0.1, 0.5)
    _trainer(tiny_base, tiny_rows["topic"], tmp_path, again, patience=1).fit(resume=True)
    assert again.heads == [] and torch.equal(again.model.head.weight, first.model.head.weight)


def test_gradients_accumulate_over_batches(
    tiny_base: Path, tiny_rows: dict[str, Path], tmp_path: Path
) -> None:
    """18 rows: 3 updates of 8 or of 2 · 4."""
    losses = {}
    for accumulation in (1, 2):
        judge = Judge(0.5)
        trainer = _trainer(
            tiny_base,
            tiny_rows["topic"],
            tmp_path / str(accumulation),
            judge,
            batch_size=8 // accumulation,
            gradient_accumulation=accumulation,
        )
        for module in judge.model.modules():
            if isinstance(module, torch.nn.Dropout):
                module.p = 0.0
        trainer.args.logging_steps = 1
        trainer.train()
        assert trainer.state.global_step == 3
        losses[accumulation] = [e["loss"] for e in trainer.state.log_history if "loss" in e]
    assert losses[1] == pytest.approx(losses[2], rel=1e-4)


def test_a_loss_that_is_no_number_ends_the_run(
    tiny_base: Path, tiny_rows: dict[str, Path], tmp_path: Path
) -> None:
    trainer = _trainer(tiny_base, tiny_rows["topic"], tmp_path, Judge(0.5))
    trainer.loss = lambda outputs, labels: outputs["logits"].sum() * float("nan")
    trainer.args.logging_steps = 1
    with pytest.raises(InputError, match="no number any more after update 1; lower learning_rate"):
        trainer.fit()


def test_a_full_disk_is_said_and_leaves_no_checkpoint_that_looks_whole(
    tiny_base: Path, tiny_rows: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trainer = _trainer(tiny_base, tiny_rows["topic"], tmp_path, Judge(0.5), checkpoint_steps=1)

    def full(path: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("training.checkpoints._flush", full)
    with pytest.raises(InputError, match="no checkpoint could be written .*No space left.*--resume"):
        trainer.fit()
    assert newest_complete(tmp_path / "checkpoints") is None
