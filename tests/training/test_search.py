"""A search tries what it says, keeps its trials, and gives the best configuration."""

import dataclasses
import json
from pathlib import Path

import pytest

from arabic.errors import InputError
from training.config import TrainConfig
from training.search import search_config

CONFIG = TrainConfig(epochs=1, batch_size=8, max_length=64, dtype="fp32")


def test_the_best_of_the_trials_is_returned_and_a_resumed_search_keeps_them(
    tiny_base: Path, tiny_rows: dict[str, Path], tmp_path: Path
) -> None:
    out, rows = tmp_path / "out", tiny_rows["topic"]
    found = search_config("topic", rows, rows, out, CONFIG, trials=3, base=tiny_base)
    tried = json.loads((out / "search" / "trials.json").read_text(encoding="utf-8"))
    assert len(tried) == 3 and len({trial["learning_rate"] for trial in tried}) == 3
    best = max((t for t in tried if t["state"] == "complete"), key=lambda trial: trial["selection"])
    settings = {name: best[name] for name in best if name not in ("selection", "state")}
    assert found == dataclasses.replace(CONFIG, **settings)
    assert CONFIG.learning_rate / 3 <= found.learning_rate <= CONFIG.learning_rate * 3
    with pytest.raises(InputError, match="holds a search; go on with --resume"):
        search_config("topic", rows, rows, out, CONFIG, trials=3, base=tiny_base)
    search_config("topic", rows, rows, out, CONFIG, trials=4, base=tiny_base, resume=True)
    again = json.loads((out / "search" / "trials.json").read_text(encoding="utf-8"))
    assert again[:3] == tried and len(again) == 4
    assert not (out / "search" / "checkpoints").exists()
