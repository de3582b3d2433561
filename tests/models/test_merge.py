"""Tasks that were trained apart are one bundle afterwards, and nothing is mixed up."""

import dataclasses
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from arabic.normalize import Normalization
from models.bundle import LAYOUT, Task, file_sha256, read_manifest, verify, write_manifest
from models.errors import BundleError
from models.load import OpenBundle
from models.merge import merge_bundles
from tests.tiny import HEALTH, SPORT


def _part(bundle: Path, folder: Path, *tasks: Task) -> Path:
    """A bundle of its own with some tasks of another."""
    info = read_manifest(bundle)
    kept = {task: info.tasks[task] for task in tasks}
    for name in (*tasks, *info.encoders):
        shutil.copytree(bundle / name, folder / name)
    write_manifest(folder, dataclasses.replace(info, name=folder.name, tasks=kept))
    return folder


def _change(part: Path, file: str) -> Path:
    """Change one weight of a part and hash it again."""
    tensors = load_file(part / file)
    name = sorted(tensors)[0]
    save_file({**tensors, name: tensors[name] + np.float16(0.25)}, part / file, metadata={"format": "pt"})
    write_manifest(part, read_manifest(part))
    return part


def test_a_merged_bundle_verifies_and_predicts_as_its_parts(tiny_bundle: Path, tmp_path: Path) -> None:
    tasks: tuple[Task, ...] = ("topic", "stance", "summary")
    parts = [_part(tiny_bundle, tmp_path / task, task) for task in tasks]
    info = merge_bundles(parts, tmp_path / "out", name="all", version="2")
    assert verify(tmp_path / "out") == info
    assert (info.name, info.version, set(info.tasks)) == ("all", "2", set(tasks))
    assert len(list((tmp_path / "out").rglob("model.safetensors"))) == 1  # the encoder is stored once
    merged = OpenBundle.open(tmp_path / "out")
    np.testing.assert_array_equal(
        merged.topic().predict([SPORT, HEALTH]), OpenBundle.open(parts[0]).topic().predict([SPORT, HEALTH])
    )
    np.testing.assert_array_equal(
        merged.summary().predict([""], [[SPORT, HEALTH]])[0],
        OpenBundle.open(parts[2]).summary().predict([""], [[SPORT, HEALTH]])[0],
    )


def test_the_order_of_parts_does_not_matter_for_the_result(tiny_bundle: Path, tmp_path: Path) -> None:
    topic, stance = _part(tiny_bundle, tmp_path / "a", "topic"), _part(tiny_bundle, tmp_path / "b", "stance")
    one = merge_bundles([topic, stance], tmp_path / "one", name="n", version="1")
    two = merge_bundles([stance, topic], tmp_path / "two", name="n", version="1")
    assert one.sha256 == two.sha256


def test_of_a_task_that_several_have_the_last_is_taken(tiny_bundle: Path, tmp_path: Path) -> None:
    old, new = (
        _part(tiny_bundle, tmp_path / "old", "topic", "stance"),
        _part(tiny_bundle, tmp_path / "new", "topic"),
    )
    _change(new, "topic/head.safetensors")
    merge_bundles([old, new], tmp_path / "out", name="n", version="1")
    for file, part in (("topic/head.safetensors", new), ("stance/head.safetensors", old)):
        assert file_sha256(tmp_path / "out" / file) == file_sha256(part / file)


def test_different_encoders_are_refused(tiny_bundle: Path, tmp_path: Path) -> None:
    """An adapter on another encoder than its own predicts nonsense."""
    topic, stance = _part(tiny_bundle, tmp_path / "a", "topic"), _part(tiny_bundle, tmp_path / "b", "stance")
    _change(stance, "encoder/model.safetensors")
    with pytest.raises(
        BundleError, match="different encoders in encoder/; train them from one base"
    ) as caught:
        merge_bundles([topic, stance], tmp_path / "out", name="n", version="1")
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "out").exists()


def test_different_normalisation_is_refused(tiny_bundle: Path, tmp_path: Path) -> None:
    topic, stance = _part(tiny_bundle, tmp_path / "a", "topic"), _part(tiny_bundle, tmp_path / "b", "stance")
    info = read_manifest(stance)
    other = dataclasses.replace(info.encoders["encoder"], normalization=Normalization(alef=True))
    write_manifest(stance, dataclasses.replace(info, encoders={"encoder": other}))
    with pytest.raises(BundleError, match="describe or normalise for encoder/ differently"):
        merge_bundles([topic, stance], tmp_path / "out", name="n", version="1")


def test_a_damaged_part_is_refused(tiny_bundle: Path, tmp_path: Path) -> None:
    topic, stance = _part(tiny_bundle, tmp_path / "a", "topic"), _part(tiny_bundle, tmp_path / "b", "stance")
    (stance / "stance" / LAYOUT.head).write_bytes(b"x")
    with pytest.raises(BundleError, match="damaged"):
        merge_bundles([topic, stance], tmp_path / "out", name="n", version="1")
    assert not (tmp_path / "out").exists()


def _full(part: Path) -> Path:
    """The part as if its topic had been fine-tuned in full."""
    info = read_manifest(part)
    (part / "encoder").rename(part / "topic_encoder")
    for file in (LAYOUT.adapter_config, LAYOUT.adapter_weights):
        (part / "topic" / file).unlink()
    task = dataclasses.replace(info.tasks["topic"], encoder="topic_encoder", method="full")
    encoders = {"topic_encoder": info.encoders["encoder"]}
    write_manifest(part, dataclasses.replace(info, encoders=encoders, tasks={"topic": task}))
    return part


def test_a_task_fine_tuned_in_full_brings_its_own_encoder(tiny_bundle: Path, tmp_path: Path) -> None:
    topic = _full(_part(tiny_bundle, tmp_path / "a", "topic"))
    stance = _part(tiny_bundle, tmp_path / "b", "stance")
    info = merge_bundles([topic, stance], tmp_path / "out", name="n", version="1")
    assert set(info.encoders) == {"encoder", "topic_encoder"}
    verify(tmp_path / "out")


def test_a_task_fine_tuned_again_replaces_its_encoder(tiny_bundle: Path, tmp_path: Path) -> None:
    """The old one is not needed any more, so it need not be the same."""
    old, new = (_full(_part(tiny_bundle, tmp_path / name, "topic")) for name in ("old", "new"))
    _change(new, "topic_encoder/model.safetensors")
    merge_bundles([old, new], tmp_path / "out", name="n", version="1")
    file = "topic_encoder/model.safetensors"
    assert file_sha256(tmp_path / "out" / file) == file_sha256(new / file)


def test_merging_into_an_older_bundle_leaves_nothing_of_it(tiny_bundle: Path, tmp_path: Path) -> None:
    out = _full(_part(tiny_bundle, tmp_path / "out", "topic"))
    (out / "README.md").write_text("mine", encoding="utf-8")
    new = _part(tiny_bundle, tmp_path / "new", "stance")
    info = merge_bundles([new], out, name="n", version="2")
    found = {p.relative_to(out).as_posix() for p in out.rglob("*") if p.is_file()}
    assert found == {*info.files, LAYOUT.manifest, "README.md"}
    verify(out)


def test_a_bundle_can_be_merged_into_itself(tiny_bundle: Path, tmp_path: Path) -> None:
    """How one retrained task is put into the bundle that ships."""
    out, new = (
        Path(shutil.copytree(tiny_bundle, tmp_path / "out")),
        _part(tiny_bundle, tmp_path / "new", "topic"),
    )
    _change(new, "topic/head.safetensors")
    info = merge_bundles([out, new], out, name="n", version="2")
    assert set(info.tasks) == {"topic", "stance", "summary"}
    assert verify(out).files["topic/head.safetensors"] == file_sha256(new / "topic" / LAYOUT.head)


def test_an_older_bundle_that_is_damaged_does_not_stand_in_the_way(tiny_bundle: Path, tmp_path: Path) -> None:
    out = _part(tiny_bundle, tmp_path / "out", "topic")
    (out / LAYOUT.manifest).write_text(json.dumps({"format_version": 9}), encoding="utf-8")
    merge_bundles([tiny_bundle], out, name="n", version="1")
    assert set(verify(out).tasks) == {"topic", "stance", "summary"}
