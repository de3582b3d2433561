"""A bundle says what it holds, and every kind of damage is found and named in one line."""

import dataclasses
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from arabic.normalize import Normalization
from models.bundle import (
    LAYOUT,
    TASKS,
    EncoderInfo,
    encoder_info,
    file_sha256,
    read_manifest,
    verify,
    write_manifest,
)
from models.errors import BundleError


@pytest.fixture
def bundle(tiny_bundle: Path, tmp_path: Path) -> Path:
    """A copy that a test may damage."""
    return Path(shutil.copytree(tiny_bundle, tmp_path / "bundle"))


def _edit(bundle: Path, change: Callable[[dict[str, Any]], object]) -> None:
    path = bundle / LAYOUT.manifest
    data = json.loads(path.read_text(encoding="utf-8"))
    change(data)
    path.write_text(json.dumps(data), encoding="utf-8")


def _refused(check: Callable[[Path], object], bundle: Path, reason: str) -> str:
    with pytest.raises(BundleError, match=reason) as caught:
        check(bundle)
    message = str(caught.value)
    assert "\n" not in message and str(bundle) in message
    return message


def test_a_whole_bundle_verifies(bundle: Path) -> None:
    info = verify(bundle)
    assert set(info.tasks) == set(TASKS)
    assert info == read_manifest(bundle)


def test_every_file_of_the_bundle_has_its_hash(bundle: Path) -> None:
    found = {p.relative_to(bundle).as_posix() for p in bundle.rglob("*") if p.is_file()}
    assert found - {LAYOUT.manifest, "README.md"} == set(read_manifest(bundle).files)


def test_writing_the_manifest_again_changes_nothing(bundle: Path) -> None:
    before = (bundle / LAYOUT.manifest).read_bytes()
    info = read_manifest(bundle)
    assert write_manifest(bundle, info) == info
    assert (bundle / LAYOUT.manifest).read_bytes() == before
    assert not list(bundle.glob("*.part"))


def test_the_bundles_hash_follows_its_files(bundle: Path) -> None:
    """Two results can be compared by the hash only if it changes with any weight."""
    info = read_manifest(bundle)
    head = bundle / "topic" / LAYOUT.head
    head.write_bytes(head.read_bytes()[:-1] + b"\x55")
    changed = write_manifest(bundle, info)
    assert changed.sha256 != info.sha256
    assert changed.files["topic/head.safetensors"] == file_sha256(head)
    assert read_manifest(bundle).sha256 == changed.sha256


def _files() -> list[str]:
    adapters = [f"{task}/{file}" for task in TASKS for file in (LAYOUT.head, LAYOUT.adapter_weights)]
    return [*(f"encoder/{file}" for file in LAYOUT.encoder_files), *adapters, "topic/adapter_config.json"]


@pytest.mark.parametrize("file", _files())
def test_a_flipped_byte_is_found(bundle: Path, file: str) -> None:
    damaged = bytearray((bundle / file).read_bytes())
    damaged[len(damaged) // 2] ^= 1
    (bundle / file).write_bytes(damaged)
    read_manifest(bundle)  # does not read the files themselves
    assert file in _refused(verify, bundle, "damaged or was changed").replace("\\", "/")


@pytest.mark.parametrize("file", _files())
def test_a_missing_file_is_found(bundle: Path, file: str) -> None:
    (bundle / file).unlink()
    for check in (verify, read_manifest):
        assert file in _refused(check, bundle, "is missing").replace("\\", "/")


def test_a_file_without_a_hash_is_found(bundle: Path) -> None:
    _edit(bundle, lambda data: data["files"].pop("stance/head.safetensors"))
    _refused(verify, bundle, "no hash for stance/head.safetensors")


@pytest.mark.parametrize("version", [0, 2, "1", None])
def test_another_format_version_is_refused(bundle: Path, version: object) -> None:
    _edit(bundle, lambda data: data.update(format_version=version))
    _refused(verify, bundle, f"reads bundle format 1, the file says {version}")


@pytest.mark.parametrize("text", ["", "{", "[1, 2", '{"name": "a"', "\x00\x01"])
def test_broken_json_is_refused(bundle: Path, text: str) -> None:
    (bundle / LAYOUT.manifest).write_text(text, encoding="utf-8")
    _refused(verify, bundle, "not JSON")


@pytest.mark.parametrize("text", ["[]", "3", '"bundle"', "null", "{}"])
def test_json_that_is_no_manifest_is_refused(bundle: Path, text: str) -> None:
    (bundle / LAYOUT.manifest).write_text(text, encoding="utf-8")
    _refused(verify, bundle, "format")


def test_bytes_that_are_not_utf8_are_refused(bundle: Path) -> None:
    (bundle / LAYOUT.manifest).write_bytes(b"\xff\xfe{}")
    _refused(verify, bundle, "not JSON")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        pytest.param(lambda d: d.update(colour="red"), "colour", id="unknown field"),
        pytest.param(lambda d: d["tasks"]["topic"].update(colour=1), "colour", id="unknown field of a task"),
        pytest.param(
            lambda d: d["encoders"]["encoder"]["normalization"].update(colour=True),
            "colour",
            id="unknown step of normalisation",
        ),
        pytest.param(lambda d: d.pop("name"), "name", id="missing field"),
        pytest.param(lambda d: d["tasks"]["topic"].pop("labels"), "labels", id="missing labels"),
        pytest.param(lambda d: d["tasks"].update(emotion=d["tasks"]["topic"]), "emotion", id="unknown task"),
        pytest.param(lambda d: d["tasks"]["topic"].update(method="prompt"), "method", id="unknown method"),
        pytest.param(lambda d: d["tasks"]["topic"].update(temperature="hot"), "temperature", id="wrong type"),
    ],
)
def test_fields_that_are_not_in_the_format_are_refused(
    bundle: Path, change: Callable[[dict[str, Any]], object], reason: str
) -> None:
    _edit(bundle, change)
    _refused(verify, bundle, reason)


def test_a_task_without_its_encoder_is_refused(bundle: Path) -> None:
    _edit(bundle, lambda data: data["tasks"]["topic"].update(encoder="elsewhere"))
    _refused(verify, bundle, "task topic needs the encoder 'elsewhere'")


@pytest.mark.parametrize("name", ["../encoder", "/etc", "encoder/../../encoder", ""])
def test_an_encoder_outside_the_bundle_is_refused(bundle: Path, name: str) -> None:
    """A bundle from a stranger must not make `merge` write or remove folders elsewhere."""

    def move(data: dict[str, Any]) -> None:
        data["encoders"][name] = data["encoders"].pop("encoder")

    _edit(bundle, move)
    _refused(verify, bundle, "outside the bundle")


def test_a_hashed_file_outside_the_bundle_is_refused(bundle: Path) -> None:
    (bundle.parent / "secret").write_text("x", encoding="utf-8")
    _edit(bundle, lambda data: data["files"].update({"../secret": "0"}))
    _refused(verify, bundle, "outside the bundle")


def test_a_folder_that_is_no_bundle_is_refused(tmp_path: Path) -> None:
    _refused(verify, tmp_path, "is no bundle: expected bundle.json")
    _refused(verify, tmp_path / "absent", "is no bundle: expected bundle.json")


def test_an_encoder_is_described_by_its_origin(tmp_path: Path) -> None:
    normalization = Normalization(alef=True)
    origin = {"base": "maker/model", "revision": "abc", "licence": "MIT"}
    (tmp_path / LAYOUT.origin).write_text(json.dumps(origin), encoding="utf-8")
    assert encoder_info(tmp_path, "", normalization) == EncoderInfo(
        "maker/model", "abc", "MIT", normalization
    )


def test_a_hub_model_is_described_by_its_name_and_revision() -> None:
    info = encoder_info("maker/model", "abc", Normalization())
    assert (info.base, info.revision) == ("maker/model", "abc")


@pytest.mark.parametrize("text", ["{", "[]", '{"base": "a"}'])
def test_a_broken_origin_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / LAYOUT.origin).write_text(text, encoding="utf-8")
    _refused(lambda folder: encoder_info(folder, "", Normalization()), tmp_path, "base, revision and licence")


def test_task_data_survives_the_manifest(bundle: Path) -> None:
    """What evaluation and reports show later is what training wrote."""
    info = read_manifest(bundle)
    task = dataclasses.replace(
        info.tasks["topic"], temperature=1.5, threshold=0.25, metrics={"macro_f1": 0.5, "none": None}
    )
    written = write_manifest(bundle, dataclasses.replace(info, tasks={**info.tasks, "topic": task}))
    assert read_manifest(bundle) == written
    assert read_manifest(bundle).tasks["topic"] == task
