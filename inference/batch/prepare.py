"""What to run, and the preparation: which files, which bundle, and whether it is the run in the folder."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal
from uuid import uuid4

from arabic.errors import InputError
from inference.batch import folder, sources
from inference.batch.options import Options
from inference.batch.pool import Workers
from inference.batch.progress import Reporter
from inference.batch.readers import stdin_file
from inference.batch.sources import STDIN, Kind
from inference.results import ModelInfo
from models.bundle import DEFAULT_BUNDLE, read_manifest
from models.load import choose

FORMAT_VERSION = 1
_MUST_MATCH = ("format", "mujaz", "input", "bundle", "options")


@dataclass(frozen=True, slots=True)
class BatchRun:
    """What to run, where the answers go, and who does the work; `workers` None are found by trying.

    `existing` says what becomes of a run that is in `out` already.
    """

    inputs: tuple[Path, ...]
    out: Path
    options: Options
    bundle: Path | None = None
    engine: Literal["local", "ray"] = "local"
    address: str | None = None
    workers: Workers | None = None
    existing: Literal["refuse", "resume", "restart"] = "refuse"
    stdin: Kind = "jsonl"

    @property
    def model(self) -> ModelInfo:
        """The bundle's name, version and hash, without loading it. Raises `BundleError`."""
        info = read_manifest(self.bundle or DEFAULT_BUNDLE)
        return ModelInfo(info.name, info.version, info.sha256)


def settled(run: BatchRun) -> BatchRun:
    """The run with its backend chosen: what goes on on another machine must compute as it began.

    Stays "auto" for a bundle whose tasks go different ways. Raises `BundleError`.
    """
    bundle = run.bundle or DEFAULT_BUNDLE
    tasks = read_manifest(bundle).tasks
    encoders = {tasks[task].encoder for task in run.options.tasks if task in tasks}
    backends = {choose(bundle / encoder, run.options.backend) for encoder in encoders}
    if len(backends) != 1:
        return run
    return replace(run, options=replace(run.options, backend=backends.pop()))


def prepare(run: BatchRun, attempt: str, reporter: Reporter) -> dict[str, Any]:
    """Take the folder over and see that the run fits what is in it; the run's manifest.

    A manifest with `workers` is that of the run that goes on; without, `begin` has to write it.

    Raises:
        InputError: the input cannot be read, or the folder holds another run, or a run and `existing`
            does not say what to do with it.
        BundleError: the bundle cannot be read.

    """
    old = _existing(run)
    folder.take_over(run.out, attempt)
    ignored: list[str] = []
    new = {
        "format": FORMAT_VERSION,
        "mujaz": version("mujaz"),
        "input": asdict(_fingerprint(run, reporter, ignored)),
        "bundle": asdict(run.model),
        "options": json.loads(json.dumps(asdict(run.options))),
    }
    if old is not None:
        _compare(run.out, old, new)
    folder.adopt(run.out, run.out / folder.TEMP / folder.INPUT, folder.INPUT)
    manifest = old or new | {
        "run": uuid4().hex[:12],
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    reporter.begin(run.out, str(manifest["run"]), attempt)
    if ignored:
        reporter.event("ignored", files=len(ignored), first=ignored[:3])
    return manifest


def _existing(run: BatchRun) -> dict[str, Any] | None:
    """The manifest of the run that is to go on, None to begin one."""
    if run.existing == "restart":
        if (run.out / folder.MANIFEST).exists():
            folder.clear(run.out)
        folder.check_empty(run.out)
        return None
    found = folder.read_json(run.out / folder.MANIFEST)
    if found is None:
        folder.check_empty(run.out)
    elif run.existing == "refuse":
        state = "a complete run" if (run.out / folder.SUCCESS).exists() else "a run that is not complete"
        raise InputError(
            f"{str(run.out)!r} holds {state}; give --resume to go on with it, "
            "--restart to delete it and begin again, or another --out"
        )
    return found


def _fingerprint(run: BatchRun, reporter: Reporter, ignored: list[str]) -> sources.Fingerprint:
    staged = run.out / folder.TEMP / folder.INPUT
    if run.inputs == (Path(STDIN),):
        staged.write_text(json.dumps(asdict(stdin_file(run.stdin))) + "\n", encoding="utf-8")
        return sources.Fingerprint(1, 0, f"standard input, {run.stdin}")
    _check_apart(run)
    reporter.stage("Hashing the input", sum(file.size for file in sources.walk(run.inputs)))
    read = 0

    def hashed(count: int) -> None:
        nonlocal read
        read += count
        reporter.tick(read)

    return sources.fingerprint(sources.walk(run.inputs, ignored=ignored.append), staged, hashed=hashed)


def _check_apart(run: BatchRun) -> None:
    out = run.out.resolve()
    for path in run.inputs:
        if path.resolve() == out or path.resolve() in out.parents:
            raise InputError(
                f"--out {str(run.out)!r} lies in the input {str(path)!r}; give a folder outside of it"
            )


def _compare(out: Path, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
    """Raise `InputError` with what is different."""
    found = [
        line
        for part in _MUST_MATCH
        for line in _differences(part, old.get(part), new.get(part))
        if not line.startswith("input.")
    ]
    if old.get("input") != new.get("input"):
        files = sources.difference(out / folder.INPUT, out / folder.TEMP / folder.INPUT)
        found += [f"input {line}" for line in files] or ["input: it is another one"]
    if found:
        raise InputError(
            f"{str(out)!r} holds a run that does not match this one: {'; '.join(found)}. "
            "Run it as it was, or give --restart or another --out"
        )


def _differences(name: str, old: Any, new: Any) -> list[str]:
    if isinstance(old, dict) and isinstance(new, dict):
        keys = dict.fromkeys([*old, *new])
        return [line for key in keys for line in _differences(f"{name}.{key}", old.get(key), new.get(key))]
    return (
        []
        if old == new
        else [
            f"{name} was {json.dumps(old, ensure_ascii=False)}, is now {json.dumps(new, ensure_ascii=False)}"
        ]
    )
