"""What the fork server of test_checkpoints.py imports: a run in it, so that its children start warm."""

import gc
import tempfile
from pathlib import Path

from tests.tiny import STANCE_ROWS, make_base, write_rows
from tests.training.killed_run import train_here

with tempfile.TemporaryDirectory() as folder:
    place = Path(folder)
    train_here(write_rows(place / "rows.jsonl", STANCE_ROWS), make_base(place / "base"), place / "out")
gc.collect()
gc.freeze()  # children need not look through all that was imported
