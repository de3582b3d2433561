"""Several processes of one run, as `torchrun` or `accelerate launch` start them."""

import os
from typing import Any

import torch


def world_size() -> int:
    """How many processes the run has."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def is_main() -> bool:
    """Whether this is the process that writes files and speaks."""
    return int(os.environ.get("RANK", "0")) == 0


def join() -> None:
    """Meet the other processes; nothing to do for one alone."""
    if world_size() > 1:
        from accelerate import PartialState

        cpu = not torch.cuda.is_available()
        PartialState(cpu=cpu, **({"backend": "gloo"} if cpu else {})).wait_for_everyone()


def from_main(value: Any) -> Any:
    """The main process's value, on all of them."""
    if world_size() == 1:
        return value
    shared = [value]
    torch.distributed.broadcast_object_list(shared, src=0)
    return shared[0]
