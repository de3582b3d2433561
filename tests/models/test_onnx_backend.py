"""ONNX and torch give the same answers; prepared models survive damage, races and read-only homes."""

import json
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models import onnx_backend
from models.bundle import DEFAULT_BUNDLE, LAYOUT
from models.errors import BundleError
from models.load import BackendName, OpenBundle, choose
from models.onnx_backend import cache_folder, cached
from tests.tiny import AGAINST, ECONOMY, FAVOR, HEALTH, NEUTRAL, SPORT

ROOT = Path(__file__).resolve().parents[2]
TEXTS = [SPORT, HEALTH, ECONOMY, FAVOR, AGAINST, NEUTRAL, f"{SPORT} {AGAINST} " * 12, "قال.", ""]
TARGETS = ["الملعب", "المستشفى", "القمح", "مشروع الجسر", "مشروع الميناء", "قانون المياه", "الميناء", "x", "y"]


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of the test's own."""
    monkeypatch.setenv("MUJAZ_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def outputs(bundle: Path, backend: BackendName) -> dict[str, Any]:
    opened = OpenBundle.open(bundle, backend)
    pairs = opened.stance().outputs(TARGETS, TEXTS)
    scores = [output.get("opposite") for pair in pairs for _, output in pair.tokens]
    told = {} if scores[0] is None else {"opposite": np.concatenate(scores)}
    return told | {
        "topic": opened.topic().logits(TEXTS),
        "stance": np.stack([pair.logits for pair in pairs]),
        "holder": np.concatenate([o["holder"][: len(w.offsets)] for pair in pairs for w, o in pair.tokens]),
        "evidence": np.concatenate([o["evidence"][: len(w.offsets)] for p in pairs for w, o in p.tokens]),
        "summary": opened.summary().predict(["خبر", ""], [TEXTS[:6], TEXTS[6:]])[0],
        "embedding": opened.embedder().embed(TEXTS),
    }


@pytest.fixture
def int8_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Never ask the model in fp32: what int8 itself costs must not hide behind it."""
    monkeypatch.setattr(onnx_backend, "UNSURE", -1.0)


@pytest.mark.usefixtures("int8_only")
def test_a_tiny_bundle_gives_the_same_on_both(tiny_bundle: Path) -> None:
    """All four models: their heads, and nothing lost in batching."""
    torch, onnx = outputs(tiny_bundle, "torch"), outputs(tiny_bundle, "onnx")
    assert "opposite" in torch and torch.keys() == onnx.keys()
    for name, values in torch.items():
        spread = max(float(values.std()), 1e-2)
        assert np.abs(values - onnx[name]).mean() < 0.1 * spread, name


@pytest.mark.usefixtures("int8_only")
def test_the_bundle_that_ships_gives_the_same_on_both() -> None:
    """A parity test for each adapter, on its own weights, within what int8 may cost."""
    torch, onnx = outputs(DEFAULT_BUNDLE, "torch"), outputs(DEFAULT_BUNDLE, "onnx")
    for name in ("topic", "stance", "holder", "evidence"):
        left, right = torch[name], onnx[name]
        assert np.sqrt(((left - right) ** 2).mean()) < 0.15 * left.std(), name
        best = np.sort(left, -1)
        sure = best[..., -1] - best[..., -2] > 0.5
        assert (left.argmax(-1) == right.argmax(-1))[sure].mean() > 0.98, name
    for exact, found in zip(_holders("torch"), _holders("onnx"), strict=True):
        assert exact.keys() == found.keys()
        assert all(abs(exact[words] - found[words]) < 0.1 for words in exact)
    assert _chosen("torch") == _chosen("onnx")
    assert np.abs(torch["summary"] - onnx["summary"]).max() < 0.05
    assert (torch["embedding"] * onnx["embedding"]).sum(1).min() > 0.99


_REPORTS = [
    "رحبت نقابة الصيادين بمشروع الجسر، بينما رفضه اتحاد المزارعين وعدّه خطرا على الأراضي.",
    "قال وزير النقل إن مشروع الجسر سيبدأ هذا العام ودعا البلديات إلى دعمه.",
]


def _holders(backend: BackendName) -> list[dict[str, float]]:
    """The holders that the bundle that ships finds in two paragraphs, with their scores."""
    predictor = OpenBundle.open(DEFAULT_BUNDLE, backend).stance()
    outputs = predictor.outputs(["مشروع الجسر"] * 2, _REPORTS)
    decoded = [output.decode(predictor.decoding) for output in outputs]
    return [
        {text[holder.start : holder.end]: holder.score for holder in pair.holders}
        for text, pair in zip(_REPORTS, decoded, strict=True)
    ]


def _chosen(backend: BackendName) -> list[str]:
    """The holders in the records of both paragraphs, without those whose score is next to the threshold."""
    predictor = OpenBundle.open(DEFAULT_BUNDLE, backend).stance()
    found = predictor.predict(["مشروع الجسر"] * 2, _REPORTS)
    named = [
        [text[slice(*r.holder)] for r in rs if r.holder] for text, rs in zip(_REPORTS, found, strict=True)
    ]
    least = predictor.decoding.further_holder
    return [
        words
        for holders, scores in zip(named, _holders(backend), strict=True)
        for words in holders
        if abs(scores[words] - least) > 0.05
    ]


@pytest.mark.parametrize("task", ["topic", "stance"])
def test_fp32_decides_between_labels_that_are_nearly_as_likely(tiny_bundle: Path, task: str) -> None:
    """To the last digits of fp32 where int8 is unsure; not at all where it is sure."""
    opened, torch = OpenBundle.open(tiny_bundle, "onnx"), OpenBundle.open(tiny_bundle, "torch")
    model = getattr(opened, task)().backend.forward
    exact = getattr(torch, task)().backend.forward
    ids = np.array([[0, 9, 10, 11, 12, 2]])
    arrays = {"input_ids": ids, "attention_mask": np.ones_like(ids)}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(onnx_backend, "UNSURE", np.inf)
        found = model(arrays)
        for name, values in exact(arrays).items():
            np.testing.assert_allclose(found[name], values, atol=1e-4)
        patch.setattr(onnx_backend, "UNSURE", -1.0)
        assert np.abs(model(arrays)["logits"] - found["logits"]).max() > 1e-5


def test_the_model_in_fp32_is_loaded_once_and_only_when_it_is_needed() -> None:
    loads: list[int] = []

    def load() -> Any:
        loads.append(1)
        return lambda arrays: {"logits": np.array([[1.0, 9.0]])}

    careful = onnx_backend.Careful(lambda arrays: {"logits": arrays["said"]}, load)
    sure, torn = ({"said": np.array([row], np.float32)} for row in ([3.0, 1.0], [2.0, 2.05]))
    assert careful(sure)["logits"] is sure["said"] and not loads
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(careful, [torn] * 32))
    assert len(loads) == 1 and all(answer["logits"][0, 1] == 9 for answer in answers)


@pytest.mark.parametrize(
    ("logits", "opposite", "heard_over", "again"),
    [
        ([5, 0, 0, 0], 0.05, None, True),
        ([0, 5, 0, 0], -3.0, None, False),
        ([2, 2.05, 0, 0], -3.0, None, True),
        ([0, 0, 0, 5], 0.05, None, False),
        ([0, 5, 0, 0], 2.95, 3.0, True),
        ([0, 5, 0, 0], 0.05, 3.0, False),
        ([2, 2.05, 0, 0], 0.05, 3.0, False),
        ([2, 2.05, 0, 0], 5.0, 3.0, True),
    ],
)
def test_where_a_side_may_turn_either_way_fp32_decides(
    logits: list[float], opposite: float, heard_over: float | None, again: bool
) -> None:
    """Most pairs are unrelated: they have no side, and are not asked a second time for it.

    A second opinion is asked again near the odds over which it counts, and over them where it is torn.
    """
    said = {"logits": np.array([logits], np.float32), "opposite": np.full((1, 7), opposite, np.float32)}
    careful = onnx_backend.Careful(lambda arrays: said, lambda: lambda arrays: {}, heard_over)
    assert careful({}) == ({} if again else said)


def test_an_answer_does_not_depend_on_the_texts_beside_it(tiny_bundle: Path) -> None:
    """To the bit: a scale for a batch would make rows depend on how a job is cut up."""
    topic = OpenBundle.open(tiny_bundle, "onnx").topic()
    alone = np.concatenate([topic.logits([text]) for text in TEXTS])
    np.testing.assert_array_equal(topic.logits(TEXTS), alone)
    np.testing.assert_array_equal(topic.logits(TEXTS[::-1])[::-1], alone)


@pytest.mark.usefixtures("int8_only")
def test_prepared_once_and_again_when_damaged(tiny_bundle: Path, cache: Path) -> None:
    before = OpenBundle.open(tiny_bundle, "onnx").topic().logits(TEXTS)
    (path,) = (cache / "onnx").iterdir()
    written = path.stat().st_ino, path.read_bytes()
    OpenBundle.open(tiny_bundle, "onnx").topic()
    assert (path.stat().st_ino, path.read_bytes()) == written
    for damaged in (b"", written[1][:500], written[1][:-1] + b"\x00\x01"):
        path.write_bytes(damaged)
        np.testing.assert_array_equal(OpenBundle.open(tiny_bundle, "onnx").topic().logits(TEXTS), before)
        assert path.read_bytes() == written[1]
    assert [p.name for p in (cache / "onnx").iterdir()] == [path.name]


def test_another_bundle_has_another_file(tiny_bundle: Path, tmp_path: Path, cache: Path) -> None:
    """The key is the hash of what went in, not a name."""
    other = Path(shutil.copytree(tiny_bundle, tmp_path / "other"))
    manifest = json.loads((other / LAYOUT.manifest).read_text(encoding="utf-8"))
    manifest["files"]["topic/head.safetensors"] = "0" * 64
    (other / LAYOUT.manifest).write_text(json.dumps(manifest), encoding="utf-8")
    for bundle in (tiny_bundle, other):
        OpenBundle.open(bundle, "onnx").topic()
    assert len(list((cache / "onnx").iterdir())) == 2


def test_preparing_at_once_does_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "model.bin"
    data = bytes(range(256)) * 4096
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: cached(path, lambda: data), range(40)))
    assert all(value == data for value in found)
    assert [p.name for p in path.parent.iterdir()] == ["model.bin"]


def test_what_was_not_read_for_weeks_is_removed_when_something_new_is_kept(cache: Path) -> None:
    old, used = cache / "old.bin", cache / "used.bin"
    for path in (old, used):
        assert cached(path, lambda: b"model") == b"model"
        os.utime(path, (1, 1))
    assert cached(used, lambda: b"another") == b"model"
    cached(cache / "new.bin", lambda: b"new")
    assert sorted(path.name for path in cache.iterdir()) == ["new.bin", "used.bin"]


def test_a_cache_that_cannot_be_written_is_done_without(tiny_bundle: Path, cache: Path) -> None:
    cache.write_text("a file where the folder should be", encoding="utf-8")
    assert len(OpenBundle.open(tiny_bundle, "onnx").topic().logits(TEXTS)) == len(TEXTS)


def test_the_cache_lies_where_the_platform_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert cache_folder() == tmp_path / "cache"
    monkeypatch.delenv("MUJAZ_CACHE")
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "mujaz"
    monkeypatch.setenv("XDG_CACHE_HOME", "")
    assert cache_folder() == Path.home() / ".cache" / "mujaz"


def _with_config(bundle: Path, folder: Path, **changes: object) -> Path:
    copy = Path(shutil.copytree(bundle, folder))
    path = copy / "encoder" / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | changes), encoding="utf-8")
    return copy


def test_auto_takes_torch_for_a_kind_it_does_not_know(
    tiny_bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    other = _with_config(tiny_bundle, tmp_path / "other", model_type="deberta-v2")
    assert choose(tiny_bundle / "encoder", "auto") == "onnx"
    assert choose(other / "encoder", "auto") == "torch"
    with pytest.raises(BundleError, match="backend=torch"):
        OpenBundle.open(other, "onnx").topic()


def test_auto_takes_torch_where_there_is_a_gpu(
    tiny_bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    driver = tmp_path / "nvidia-smi"
    driver.write_text("#!/bin/sh\n", encoding="utf-8")
    driver.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert choose(tiny_bundle / "encoder", "auto") == "torch"


@pytest.mark.parametrize("task", ["topic", "stance", "summary"])
def test_a_head_of_another_task_is_refused(tiny_bundle: Path, tmp_path: Path, task: str) -> None:
    """With the message that torch gives."""
    bundle = Path(shutil.copytree(tiny_bundle, tmp_path / "bundle"))
    other = "summary" if task == "topic" else "topic"
    shutil.copy(tiny_bundle / other / LAYOUT.head, bundle / task / LAYOUT.head)
    messages = []
    for backend in ("torch", "onnx"):
        manifest = json.loads((bundle / LAYOUT.manifest).read_text(encoding="utf-8"))
        manifest["files"][f"{task}/{LAYOUT.head}"] = "1" * 64
        (bundle / LAYOUT.manifest).write_text(json.dumps(manifest), encoding="utf-8")
        with pytest.raises(BundleError, match="should have the shape") as caught:
            getattr(OpenBundle.open(bundle, backend), task)()  # type: ignore[arg-type]
        messages.append(str(caught.value))
    assert messages[0] == messages[1]


def test_an_analysis_imports_no_torch(tiny_bundle: Path) -> None:
    """Torch and transformers take seconds and half a gigabyte; the default backend needs neither."""
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "from inference.analyzer import Analyzer\n"
        f"analyzer = Analyzer.load(Path({str(tiny_bundle)!r}), backend='onnx')\n"
        f"analyzer.analyze({FAVOR + '.'!r})\n"
        "print(sorted({'torch', 'transformers', 'sklearn'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, timeout=120)
    assert done.stdout.decode().strip() == "[]", done.stderr.decode()
