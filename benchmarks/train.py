"""How fast this machine trains, beside what its matrix products allow: `python -m benchmarks.train`.

Close everything else before you believe a figure. A LoRA step multiplies every token twice with every
weight of the encoder (forward, and backward for the inputs), 4 FLOP a weight and token, without
attention and the adapters: that gives the limit in tokens/s.
"""

import argparse
import json
import time
from itertools import cycle
from pathlib import Path
from typing import Any

import numpy as np
import torch

from models.bundle import DEFAULT_BUNDLE, LAYOUT
from models.label_sets import load_labels
from training.build import build_task_model
from training.config import CONFIGS_DIR, load_config
from training.losses import build_loss
from training.precision import gemm_rate

LENGTHS = (80, 110, 120, 130, 160)  # tokens of news paragraphs


def main() -> None:
    """Measure, and print JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--base", type=Path, default=DEFAULT_BUNDLE / LAYOUT.encoder)
    parser.add_argument("--seconds", type=float, default=60.0, help="how long to train")
    parser.add_argument("--set", action="append", default=[], dest="settings", metavar="KEY=VALUE")
    options = parser.parse_args()
    config = load_config(CONFIGS_DIR / "topic.yaml", options.settings)
    labels = len(load_labels("topic").ids)
    model: Any = build_task_model("topic", options.base, "", config, labels)
    width, layers = model.encoder.config.hidden_size, model.encoder.config.num_hidden_layers
    weights = sum(p.numel() for n, p in model.encoder.named_parameters() if p.ndim == 2 and ".layer." in n)
    rows = config.batch_size * int(np.mean(LENGTHS))
    fp32 = gemm_rate(torch.float32, width, rows)
    figures = {
        "threads": torch.get_num_threads(),
        "layers": layers,
        "batch_size": config.batch_size,
        "gemm_fp32_gflops": round(fp32, 1),
        "gemm_bf16_gflops": round(gemm_rate(torch.bfloat16, width), 1),
        "tokens_per_second": round(train_rate(model, config, labels, options.seconds), 1),
        "fp32_limit_tokens_per_second": round(fp32 * 1e9 / (4 * weights), 1),
    }
    print(json.dumps(figures, indent=1))


def train_rate(model: Any, config: Any, labels: int, seconds: float) -> float:
    """Tokens a second over whole LoRA steps on made-up paragraphs, after one step to warm up."""
    torch.manual_seed(config.seed)
    trained = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=config.learning_rate, fused=True)
    loss = build_loss("topic", config, None)
    model.train()

    def step(length: int) -> int:
        ids = torch.randint(10, 5000, (config.batch_size, length))
        outputs = model(input_ids=ids, attention_mask=torch.ones_like(ids))
        targets = torch.nn.functional.one_hot(torch.randint(labels, (len(ids),)), labels).float()
        loss(outputs, {"labels": targets}).backward()
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        optimizer.zero_grad()
        return ids.numel()

    step(LENGTHS[0])
    tokens, started = 0, time.perf_counter()
    for length in cycle(LENGTHS):
        tokens += step(length)
        if time.perf_counter() - started > seconds:
            break
    return tokens / (time.perf_counter() - started)


if __name__ == "__main__":
    main()
