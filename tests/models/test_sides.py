"""A second stance model is asked for the side, and counts where it is sure that the opposite is named."""

import dataclasses
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file
from typer.testing import CliRunner

from models.bundle import LAYOUT, read_manifest, verify, write_manifest
from models.decoding import StanceDecoding
from models.errors import BundleError
from models.load import OpenBundle
from models.merge import add_sides, merge_bundles
from models.onnx_backend import Careful
from models.stance import StancePredictor
from tests.models.test_stance import naming_the_opposite, tagging
from tests.tiny import AGAINST, FAVOR, NEUTRAL
from training.average import average_bundles

TEXTS, TARGETS = [FAVOR, AGAINST, NEUTRAL], ["مشروع الجسر", "مشروع الميناء", "قانون المياه"]


def _stance_part(bundle: Path, folder: Path, **changes: Any) -> Path:
    """The stance task of a bundle in one of its own, with other settings."""
    info = read_manifest(bundle)
    for name in ("stance", "encoder"):
        shutil.copytree(bundle / name, folder / name)
    task = replace(info.tasks["stance"], **changes)
    write_manifest(folder, replace(info, name=folder.name, tasks={"stance": task}))
    return folder


def _always(folder: Path, logits: list[int], opposite: int) -> Path:
    """The bundle with a stance model that answers the same whatever it is asked."""
    head = load_file(folder / "stance" / LAYOUT.head)
    fixed = {"head.bias": logits, "opposite.bias": [opposite]}
    for name, values in fixed.items():
        weight = name.replace("bias", "weight")
        head |= {name: np.array(values, np.float32), weight: np.zeros_like(head[weight])}
    save_file(head, folder / "stance" / LAYOUT.head)
    write_manifest(folder, read_manifest(folder))
    return folder


@pytest.fixture
def second(tiny_bundle: Path, tmp_path: Path) -> Path:
    """A stance model for which all words are against the target's opposite."""
    return _always(_stance_part(tiny_bundle, tmp_path / "second"), [0, 9, 0, 0], 20)


def _sides(predictor: StancePredictor) -> list[int]:
    return [int(output.logits[:2].argmax()) for output in predictor.outputs(TARGETS, TEXTS)]


@pytest.fixture
def sided(tiny_bundle: Path, tmp_path: Path) -> Path:
    """The tiny bundle, for whose stance model all words are against the target."""
    return _always(Path(shutil.copytree(tiny_bundle, tmp_path / "sided")), [0, 9, 0, 0], -20)


@pytest.mark.parametrize("backend", ["torch", "onnx"])
def test_the_second_one_counts_where_it_is_sure(
    sided: Path, second: Path, tmp_path: Path, backend: Any
) -> None:
    add_sides(sided, second, tmp_path / "eager", sure=2.0)
    add_sides(sided, second, tmp_path / "wary", sure=1000.0)
    favor, against = [0, 0, 0], [1, 1, 1]
    assert _sides(OpenBundle.open(sided, backend).stance()) == against
    assert _sides(OpenBundle.open(second, backend).stance()) == favor
    assert _sides(OpenBundle.open(tmp_path / "wary", backend).stance()) == against
    assert _sides(OpenBundle.open(tmp_path / "eager", backend).stance()) == favor


def test_int8_is_unsure_of_each_model_at_its_own_odds(
    tiny_bundle: Path, second: Path, tmp_path: Path
) -> None:
    """A first model that tells opposites turns at even odds, whatever the second one is heard over."""
    add_sides(tiny_bundle, second, tmp_path / "out", sure=2.0)
    stance = OpenBundle.open(tmp_path / "out", "onnx").stance()
    assert stance.info.tells_opposites and stance.sides is not None
    for predictor, heard_over in ((stance, None), (stance.sides, 2.0)):
        assert isinstance(predictor.backend.forward, Careful)
        assert predictor.backend.forward.heard_over == heard_over


def test_only_pairs_that_may_have_a_side_are_asked(tiny_bundle: Path) -> None:
    """Most pairs are unrelated: each would cost a pass. What the article may make related is asked."""
    stance = OpenBundle.open(tiny_bundle).stance()
    asked: list[str] = []

    class Second(StancePredictor):
        def outputs(self, targets: Any, texts: Any) -> Any:
            asked.extend(texts)
            return super().outputs(targets, texts)

    def answers(unrelated: float) -> StancePredictor:
        found = tagging(["نقابة الصيادين"], stance.backend)
        logits = np.array([[0, 5, 0, unrelated]], np.float32)
        backend = replace(found, forward=lambda arrays: {**found.forward(arrays), "logits": logits})
        return replace(stance, backend=backend, sides=Second(stance.backend, stance.info))

    assert stance.decoding.article_related * stance.info.temperature < 2
    for unrelated, count in ((7.0, 0), (5.1, 1), (0.0, 1)):
        asked.clear()
        answers(unrelated).outputs(["مشروع الميناء"], [AGAINST])
        assert len(asked) == count, unrelated


def test_spans_turn_with_the_label(tiny_bundle: Path) -> None:
    stance = OpenBundle.open(tiny_bundle).stance()
    found = tagging(["نقابة الصيادين"], stance.backend)
    first = replace(stance, backend=found)
    other = replace(stance, backend=naming_the_opposite(found, "نقابة الصيادين"))
    options = StanceDecoding(chosen_holders=True)
    (alone,) = first.outputs(["مشروع الميناء"], [AGAINST])
    (turned,) = replace(first, sides=other).outputs(["مشروع الميناء"], [AGAINST])
    np.testing.assert_array_equal(turned.logits, alone.logits[[1, 0, 2, 3]])
    for name in ("holders", "evidence"):
        before, after = getattr(alone.decode(options), name), getattr(turned.decode(options), name)
        assert [(s.start, s.end) for s in before] == [(s.start, s.end) for s in after] != []
        assert [int(np.argmax(s.polarity)) for s in before] == [1] * len(before)
        assert [int(np.argmax(s.polarity)) for s in after] == [0] * len(after)


def test_it_travels_with_the_bundle_and_is_verified(tiny_bundle: Path, second: Path, tmp_path: Path) -> None:
    info = add_sides(tiny_bundle, second, tmp_path / "out", sure=2.5)
    assert (info.name, set(info.tasks)) == ("tiny", {"topic", "stance", "summary"})
    assert info.tasks["stance"].decoding["sure_opposite"] == 2.5
    merge_bundles([tmp_path / "out"], tmp_path / "again", name="again", version="2")
    verify(tmp_path / "again")
    file = tmp_path / "again" / "stance" / LAYOUT.sides / LAYOUT.head
    file.write_bytes(file.read_bytes() + b" ")
    with pytest.raises(BundleError, match=r"stance/sides/head\.safetensors is damaged"):
        verify(tmp_path / "again")
    file.unlink()
    with pytest.raises(BundleError, match=r"stance/sides/head\.safetensors is missing"):
        OpenBundle.open(tmp_path / "again")


def test_one_that_is_there_is_replaced_in_place(tiny_bundle: Path, second: Path, tmp_path: Path) -> None:
    bundle = Path(shutil.copytree(tiny_bundle, tmp_path / "bundle"))
    plain = _stance_part(tiny_bundle, tmp_path / "plain")
    add_sides(bundle, plain, bundle, sure=1.0)
    add_sides(bundle, second, bundle, sure=3.0)
    assert verify(bundle).tasks["stance"].decoding["sure_opposite"] == 3.0
    kept, wanted = (load_file(f / LAYOUT.head) for f in (bundle / "stance" / LAYOUT.sides, second / "stance"))
    assert all(np.array_equal(kept[name], wanted[name]) for name in wanted)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"max_length": 32}, "reads 32 tokens, the first model 64"),
        ({"config": {"respell": True}}, "trained with another respell"),
        ({"decoding": {"chosen_holders": True}}, "does not score opposites"),
        ({"labels": ("agree", "disagree", "other", "unrelated")}, "has no stance adapter with favor"),
    ],
)
def test_a_second_one_that_does_not_fit_is_refused(
    tiny_bundle: Path, tmp_path: Path, changes: dict[str, Any], message: str
) -> None:
    part = _stance_part(tiny_bundle, tmp_path / "part", **changes)
    with pytest.raises(BundleError, match=message):
        add_sides(tiny_bundle, part, tmp_path / "out", sure=2.0)
    assert not (tmp_path / "out").exists()


def test_a_bundle_without_stance_is_refused(tiny_bundle: Path, second: Path, tmp_path: Path) -> None:
    info = read_manifest(tiny_bundle)
    folder = Path(shutil.copytree(tiny_bundle, tmp_path / "topics"))
    write_manifest(folder, dataclasses.replace(info, tasks={"topic": info.tasks["topic"]}))
    with pytest.raises(BundleError, match="topics has no stance adapter"):
        add_sides(folder, second, tmp_path / "out", sure=2.0)


def test_an_average_has_none(
    tiny_bundle: Path, tiny_rows: dict[str, Path], second: Path, tmp_path: Path
) -> None:
    """What it was chosen beside is no longer there."""
    add_sides(tiny_bundle, second, tmp_path / "a", sure=2.0)
    plain = _stance_part(tiny_bundle, tmp_path / "plain")
    average_bundles([tmp_path / "a", plain], "stance", tiny_rows["stance"], tmp_path / "mean")
    info = verify(tmp_path / "mean").tasks["stance"]
    assert info.sides is None and not (tmp_path / "mean" / "stance" / LAYOUT.sides).exists()


def test_the_command_adds_one(tiny_bundle: Path, second: Path, tmp_path: Path) -> None:
    from cli import app

    call = ["bundle", "sides", str(tiny_bundle), str(second), "--sure", "1.5", "--out", str(tmp_path / "out")]
    result = CliRunner().invoke(app, call)
    assert result.exit_code == 0, result.output
    assert "tiny 1: " in result.output
    info = verify(tmp_path / "out")
    assert info.tasks["stance"].decoding["sure_opposite"] == 1.5
    assert (tmp_path / "out" / "README.md").is_file()
