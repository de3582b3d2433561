"""Two processes learn what one does."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from models.bundle import verify
from models.encoder import load_encoder

ROOT = Path(__file__).resolve().parents[2]
_RUN = """
import json, sys
from pathlib import Path
import torch
torch.set_num_threads(1)
import training.trainer
from training.config import TrainConfig
from training.run import train

rows, base, out, batch, log = sys.argv[1:]
state = []
fit = training.trainer.SafeTrainer.fit
def kept(self, **options):
    fit(self, **options)
    state.append(self.state.log_history)
training.trainer.SafeTrainer.fit = kept
logging = training.trainer.training_arguments
def often(*args, **kwargs):
    arguments = logging(*args, **kwargs)
    arguments.logging_steps = 1
    return arguments
training.trainer.training_arguments = often
config = TrainConfig(epochs=2, batch_size=int(batch), max_length=64, dtype="fp32", learning_rate=1e-3)
figures = train("topic", Path(rows), Path(rows), Path(out), config, base=base)
if figures:
    losses = [entry["loss"] for entry in state[0] if "loss" in entry]
    Path(log).write_text(json.dumps({"losses": losses, "accuracy": figures["accuracy"]}))
"""


def _losses(folder: Path, base: Path, rows: Path, *, processes: int, batch: int) -> list[float]:
    script = folder / "run.py"
    script.write_text(_RUN, encoding="utf-8")
    log = folder / f"{processes}.json"
    command = [sys.executable]
    if processes > 1:
        command += ["-m", "torch.distributed.run", "--standalone", f"--nproc_per_node={processes}"]
    command += [str(script), str(rows), str(base), str(folder / f"out{processes}"), str(batch), str(log)]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "PYTHONWARNINGS": "ignore"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr[-3000:]
    losses: list[float] = json.loads(log.read_text(encoding="utf-8"))["losses"]
    return losses


def test_two_processes_have_the_loss_curve_of_one(
    tiny_base: Path, tiny_rows: dict[str, Path], tmp_path: Path
) -> None:
    """16 of the 18 rows, so that batches are full; without dropout, whose draws differ."""
    encoder = load_encoder(tiny_base)
    encoder.config.hidden_dropout_prob = encoder.config.attention_probs_dropout_prob = 0.0
    base = tmp_path / "base"
    encoder.save_pretrained(base)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (base / name).write_bytes((tiny_base / name).read_bytes())
    rows = tmp_path / "rows.jsonl"
    lines = tiny_rows["topic"].read_text(encoding="utf-8").splitlines(keepends=True)
    rows.write_text("".join(lines[:16]), encoding="utf-8")
    one = _losses(tmp_path, base, rows, processes=1, batch=8)
    two = _losses(tmp_path, base, rows, processes=2, batch=4)
    assert len(one) == 4 and two == pytest.approx(one, rel=1e-3)
    assert verify(tmp_path / "out2").tasks["topic"].labels == verify(tmp_path / "out1").tasks["topic"].labels
