"""The command line: its contract with shells, scripts and people."""

import json
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from io import BytesIO, TextIOWrapper
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

import cli
from arabic.errors import InputError
from inference.results import Analysis
from models.label_sets import read_labels
from serving.settings import Settings

ROOT = Path(__file__).resolve().parents[1]
ARTICLE = (
    "رحبت وزارة الزراعة بقرار دعم القمح، وقالت إن الخطوة تحمي الفلاحين من تقلب الأسعار في الموسم المقبل.\n\n"
    "وانتقد اتحاد المخابز القرار، وحذر من ارتفاع كلفة الخبز على الأسر محدودة الدخل خلال الشتاء."
)


@dataclass
class Result:
    """What a command left: exit code, stdout, stderr."""

    code: int
    out: bytes
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """The one object on stdout."""
        assert self.out.endswith(b"}\n") and self.out.count(b"\n") == 1
        return json.loads(self.out.decode("utf-8"))


Mujaz = Callable[..., Result]


@pytest.fixture
def mujaz(monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]) -> Mujaz:
    """Run the command line in this process."""

    def run(*arguments: object, stdin: bytes = b"") -> Result:
        monkeypatch.setattr(sys, "argv", ["mujaz", *map(str, arguments)])
        monkeypatch.setattr(sys, "stdin", TextIOWrapper(BytesIO(stdin)))
        with pytest.raises(SystemExit) as stopped:
            cli.main()
        out, err = capfdbinary.readouterr()
        code = stopped.value.code
        return Result(code if isinstance(code, int) else 0, out, err.decode("utf-8"))

    return run


@dataclass
class FakeAnalyzer:
    """Stands in for the models: keeps what it was asked and answers with one analysis."""

    answer: Analysis
    error: BaseException | None = None
    asked: dict[str, Any] = field(default_factory=dict)

    def load(
        self, bundle: Path | None = None, *, threads: int | None = None, topics: Path | None = None
    ) -> "FakeAnalyzer":
        """Load nothing."""
        self.asked |= {"bundle": bundle, "threads": threads, "topics": topics}
        return self

    def analyze(self, text: str, *, targets: list[str] | None = None, words: int = 60) -> Analysis:
        """Answer, or fail."""
        self.asked |= {"text": text, "targets": targets, "words": words}
        if self.error:
            raise self.error
        return self.answer


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch, analysis: Analysis) -> FakeAnalyzer:
    """Put a fake in the place of the analyser."""
    analyzer = FakeAnalyzer(analysis)
    module = ModuleType("inference.analyzer")
    module.Analyzer = analyzer  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "inference.analyzer", module)
    return analyzer


@pytest.fixture
def real(monkeypatch: pytest.MonkeyPatch, analyzer: object) -> None:
    """Let the command line use the analyser that the tests have loaded already."""
    from inference.analyzer import Analyzer

    monkeypatch.setattr(Analyzer, "load", lambda *_, **__: analyzer)


@pytest.fixture
def article(tmp_path: Path) -> Path:
    """Write a short article to a file."""
    path = tmp_path / "article.txt"
    path.write_text(ARTICLE, encoding="utf-8")
    return path


def process(*arguments: object, **environment: str) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "cli", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, env=os.environ | environment, capture_output=True, timeout=300)


def one_line_error(result: Result) -> str:
    """Check what a failed command says: one line on stderr, nothing on stdout, no traceback."""
    assert result.code == 1
    assert result.out == b""
    assert result.err.startswith("mujaz: ") and result.err.count("\n") == 1
    return result.err


def test_json_is_one_utf8_object_on_one_line(mujaz: Mujaz, fake: FakeAnalyzer, article: Path) -> None:
    """Scripts read stdout: nothing else may be on it, nor on stderr when nobody watches."""
    result = mujaz("analyze", article, "--json")
    assert result.code == 0
    assert result.err == ""
    assert result.json == json.loads(fake.answer.to_json())
    assert list(result.json) == ["article", "topics", "paragraphs", "stances", "summary", "headline", "model"]


def test_options_reach_the_analyser(mujaz: Mujaz, fake: FakeAnalyzer, article: Path) -> None:
    """Targets in the order given, the word budget, bundle and threads."""
    mujaz(
        "analyze",
        article,
        "--target",
        " دعم القمح ",
        "-t",
        "الخبز",
        "--words",
        40,
        "--bundle",
        "b",
        "--threads",
        1,
        "--topics",
        "topics.yaml",
    )
    assert fake.asked == {
        "text": ARTICLE,
        "targets": ["دعم القمح", "الخبز"],
        "words": 40,
        "bundle": Path("b"),
        "threads": 1,
        "topics": Path("topics.yaml"),
    }


def test_defaults(mujaz: Mujaz, fake: FakeAnalyzer, article: Path) -> None:
    """Without options: proposed targets, 60 words, the bundle that ships, threads as they are."""
    assert mujaz("analyze", article).code == 0
    bundle = {"bundle": None, "threads": None, "topics": None}
    assert fake.asked == {"text": ARTICLE, "targets": None, "words": 60, **bundle}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1256"])
def test_standard_input_is_decoded_as_files_are(mujaz: Mujaz, fake: FakeAnalyzer, encoding: str) -> None:
    """`iconv`-less pipes from old systems work too."""
    assert mujaz("analyze", "-", "--json", stdin=ARTICLE.encode(encoding)).code == 0
    assert fake.asked["text"] == ARTICLE


def test_text_view_is_plain_where_nobody_watches(mujaz: Mujaz, fake: FakeAnalyzer, article: Path) -> None:
    """A pipe gets no colours."""
    result = mujaz("analyze", article)
    assert "خطة الترام" in result.out.decode("utf-8")
    assert b"\x1b" not in result.out


def test_html_goes_to_its_file_only(mujaz: Mujaz, fake: FakeAnalyzer, article: Path, tmp_path: Path) -> None:
    """The report is written, and stderr says where."""
    result = mujaz("analyze", article, "--html", tmp_path / "out.html")
    assert (result.code, result.out) == (0, b"")
    assert "out.html" in result.err
    assert (tmp_path / "out.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


def test_html_and_json_together_and_quiet(
    mujaz: Mujaz, fake: FakeAnalyzer, article: Path, tmp_path: Path
) -> None:
    """Both outputs in one run; `--quiet` leaves stderr empty."""
    result = mujaz("analyze", article, "--html", tmp_path / "out.html", "--json", "--quiet")
    assert result.json["model"]["name"] == "mujaz-default"
    assert result.err == ""
    assert (tmp_path / "out.html").exists()


def test_html_that_cannot_be_written(mujaz: Mujaz, fake: FakeAnalyzer, article: Path, tmp_path: Path) -> None:
    """A wrong output folder is an input problem, told in one line."""
    assert "cannot be written" in one_line_error(
        mujaz("analyze", article, "--html", tmp_path / "no" / "x.html")
    )


def test_what_the_analyser_refuses_is_one_line(mujaz: Mujaz, fake: FakeAnalyzer, article: Path) -> None:
    """`InputError` becomes exit code 1 without a traceback."""
    fake.error = InputError("no Arabic here; give Arabic")
    assert one_line_error(mujaz("analyze", article, "--json")) == "mujaz: no Arabic here; give Arabic\n"


def test_interrupt_gives_130(mujaz: Mujaz, fake: FakeAnalyzer, article: Path) -> None:
    """Ctrl-C stops without a traceback, with the shell's own code for it."""
    fake.error = KeyboardInterrupt()
    result = mujaz("analyze", article, "--json")
    assert result.code == 130
    assert "Traceback" not in result.err


@pytest.mark.parametrize(
    "arguments",
    [
        ["analyze"],
        ["analyze", "x", "--target", ""],
        ["analyze", "x", "--target", "  "],
        ["analyze", "x", "--words", "4"],
        ["analyze", "x", "--words", "many"],
        ["analyze", "x", "--threads", "0"],
        ["analyze", "x", "--nonsense"],
        ["evaluate", "weather", "--data", "x"],
        ["evaluate", "topic"],
        ["evaluate", "stance", "--data", "x", "--topics", "samples/topics.yaml"],
        ["labels", "weather"],
        ["demo", "--port", "0"],
        ["nonsense"],
    ],
)
def test_wrong_usage_gives_2(mujaz: Mujaz, arguments: list[str]) -> None:
    """Usage errors are told apart from input problems."""
    result = mujaz(*arguments)
    assert result.code == 2
    assert result.out == b""
    assert "Traceback" not in result.err


@pytest.mark.parametrize(
    "data",
    [b"", b"\x89PNG\r\n\x1a\n" + bytes(range(256)), b"%PDF-1.7\n", random.Random(0).randbytes(5000)],
)
@pytest.mark.parametrize("piped", [False, True])
def test_what_is_no_text_is_refused(
    mujaz: Mujaz, fake: FakeAnalyzer, tmp_path: Path, data: bytes, piped: bool
) -> None:
    """Empty and binary input, from a file and from a pipe, before any model is loaded."""
    (tmp_path / "input").write_bytes(data)
    one_line_error(mujaz("analyze", "-" if piped else tmp_path / "input", stdin=data))
    assert not fake.asked


def test_missing_file_and_folder(mujaz: Mujaz, fake: FakeAnalyzer, tmp_path: Path) -> None:
    """The two commonest slips name the file."""
    assert "'missing.txt'" in one_line_error(mujaz("analyze", tmp_path / "missing.txt"))
    assert "folder" in one_line_error(mujaz("analyze", tmp_path))


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b" \n\t\r\n \n", 1),
        (b"English only, no Arabic at all, for some thirty words or so.", 1),
        (("كلمة " * 550_000).encode(), 1),  # one line of 5 MB
        (("سطر\n\n" * 20_000).encode(), 1),  # 20,000 paragraphs
        (ARTICLE.encode().replace(b"\n\n", b"\n\xff\xfe\n"), 0),
        (ARTICLE.encode().replace(b" ", b"\xff\xfe\xff"), 1),
        (ARTICLE.replace("القمح", "القم\0ح").encode(), 0),
        (ARTICLE.replace("القمح", "\ud800القمح").encode("utf-8", "surrogatepass"), 0),
        (ARTICLE.replace("القمح", "\u202eالقمح\u202c \u2066x\u2069").encode(), 0),
    ],
    ids=[
        "spaces",
        "english",
        "5-MB-line",
        "20000-paragraphs",
        "bad-bytes",
        "worse-bytes",
        "nul",
        "surrogate",
        "bidi",
    ],
)
def test_bad_text_is_refused_in_one_line_or_analysed_whole(
    mujaz: Mujaz, real: None, data: bytes, code: int
) -> None:
    """Bad input never crashes, hangs or loses text: all offsets hold in the decoded input."""
    result = mujaz("analyze", "-", "--json", stdin=data)
    if code == 1:
        one_line_error(result)
        return
    found = result.json
    text = found["article"]["text"]
    assert text == data.decode("utf-8", errors="replace")
    assert found["article"]["warnings"]
    for piece in [*found["paragraphs"], *found["summary"]]:
        assert text[piece["start"] : piece["end"]] == piece["text"]


def test_lone_surrogate_in_a_target(mujaz: Mujaz, fake: FakeAnalyzer, article: Path) -> None:
    """Bytes on the command line that are no UTF-8 become U+FFFD and never break the output."""
    mujaz("analyze", article, "--json", "--target", "هدف\udcff")
    assert fake.asked["targets"] == ["هدف\ufffd"]


def test_sample_comes_out_in_a_bare_locale_without_chatter() -> None:
    """The whole thing from a cold start: UTF-8 under LANG=C, nothing on stderr, offsets that hold."""
    result = process(
        "analyze",
        ROOT / "samples" / "diplomacy.txt",
        "--json",
        LC_ALL="C",
        LANG="C",
        PYTHONIOENCODING="ascii",
    )
    assert (result.returncode, result.stderr) == (0, b"")
    found = Result(result.returncode, result.stdout, "").json
    text = found["article"]["text"]
    spans = [stance[part] for stance in found["stances"] for part in ("holder", "evidence") if stance[part]]
    assert spans and found["summary"]
    for piece in [*found["paragraphs"], *found["summary"], *spans]:
        assert text[piece["start"] : piece["end"]] == piece["text"]


@pytest.mark.parametrize("arguments", [["labels"], ["labels", "topic", "--json"]])
def test_arabic_comes_out_as_utf8_under_an_ascii_locale(arguments: list[str]) -> None:
    """No UnicodeEncodeError in containers and cron jobs."""
    result = process(*arguments, LC_ALL="C", PYTHONIOENCODING="ascii")
    assert result.returncode == 0
    assert "نزاعات وحروب وسلام" in result.stdout.decode("utf-8")


def test_closed_pipe_is_quiet() -> None:
    """`mujaz … | head` must not end in a traceback."""
    command = [sys.executable, "-m", "cli", "schema"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        assert running.stdout and running.stderr
        running.stdout.close()
        assert running.stderr.read() == b""


def test_help_does_not_wait_for_the_models() -> None:
    """`mujaz --help` stays quick: none of the heavy libraries is imported for it."""
    code = (
        "import sys, cli\n"
        "try: cli.app(['--help'])\n"
        "except SystemExit: pass\n"
        "print(sorted({'torch', 'transformers', 'numpy', 'pydantic', 'gradio', 'lxml'} & set(sys.modules)))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=True, timeout=60
    )
    assert result.stdout.decode().splitlines()[-1] == "[]"


def test_labels_lists_both_sets(mujaz: Mujaz) -> None:
    """17 topics and 4 stances, with codes and both names."""
    found = mujaz("labels", "--json").json
    assert {name: len(labels) for name, labels in found.items()} == {"topic": 17, "stance": 4}
    assert set(found["topic"][0]) == {"id", "code", "ar", "en", "definition"}
    assert len(mujaz("labels", "stance").out.splitlines()) == 4


def test_schema_describes_the_output(mujaz: Mujaz, fake: FakeAnalyzer, article: Path) -> None:
    """The published schema has the keys that the output has."""
    schema = json.loads(mujaz("schema").out)
    assert set(schema["required"]) == set(mujaz("analyze", article, "--json").json)


def test_version(mujaz: Mujaz) -> None:
    """`mujaz --version` says which one it is."""
    assert mujaz("--version").out.startswith(b"mujaz 0.")


def test_evaluate_prints_figures(mujaz: Mujaz, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Figures as JSON for scripts, as tables for people."""
    asked: list[object] = []
    figures = {"task": "topic", "n": 3, "macro_f1": 0.5, "per_class": {"sport": {"f1": 0.25, "support": 3}}}

    def evaluate(*arguments: object, columns: dict[str, str], topics: Path | None) -> dict[str, Any]:
        asked.append((*arguments, columns, topics))
        return figures

    monkeypatch.setitem(sys.modules, "training.evaluate", SimpleNamespace(evaluate=evaluate))
    found = mujaz(
        "evaluate", "topic", "--data", "r.csv", "--bundle", tmp_path, "--column", "text=t", "--json"
    )
    assert found.json == figures
    assert asked == [("topic", tmp_path, Path("r.csv"), {"text": "t"}, None)]
    printed = mujaz("evaluate", "topic", "--data", "rows.jsonl").out.decode()
    assert "macro_f1" in printed and "0.500" in printed and "sport" in printed and "0.250" in printed


def test_topics_of_a_file_take_the_place_of_the_trained_ones(mujaz: Mujaz, article: Path) -> None:
    """The shape of the output stays; ids and names are the file's."""
    topics = ROOT / "samples" / "topics.yaml"
    found = mujaz("analyze", article, "--json", "--topics", topics).json
    labels = {label.id: label for label in read_labels(topics).labels}
    for paragraph in found["paragraphs"]:
        topic = paragraph["topic"]
        assert set(topic) == {"id", "ar", "en", "probability", "second", "abstained"}
        assert topic["ar"] == labels[topic["id"]].ar and topic["second"]["id"] in labels
    assert sum(share["share"] for share in found["topics"]) == pytest.approx(1)
    assert found["stances"] and found["summary"]


def test_a_bad_topics_file_is_one_line(mujaz: Mujaz, article: Path, tmp_path: Path) -> None:
    """File, line and key, before any model is loaded."""
    topics = tmp_path / "topics.yaml"
    topics.write_text("name: n\nscheme: s\nlabels:\n  - {id: a, ar: ألف, definition: d}\n", encoding="utf-8")
    said = one_line_error(mujaz("analyze", article, "--topics", topics))
    assert "topics.yaml:4: 'en' is missing" in said


def test_demo_serves_with_its_options(mujaz: Mujaz, monkeypatch: pytest.MonkeyPatch) -> None:
    """`mujaz demo` hands its options to the service; without any it serves this machine alone."""
    asked: list[Settings] = []
    monkeypatch.setitem(sys.modules, "serving.server", SimpleNamespace(serve=asked.append))
    mujaz("demo", "--port", 8080, "--corrections", "c.jsonl", "--auth", "a", "--rate", 60, "--mcp")
    mujaz("demo")
    given = Settings(port=8080, corrections=Path("c.jsonl"), auth=Path("a"), rate=60, mcp=True)
    assert asked == [given, Settings()] and asked[1].host == "127.0.0.1"


def test_bundle_that_ships_verifies(mujaz: Mujaz) -> None:
    """Every file in models/default has the hash its manifest says."""
    result = mujaz("bundle", "verify")
    assert result.code == 0
    assert b"files as they should be" in result.out


def test_folder_that_is_no_bundle(mujaz: Mujaz, tmp_path: Path) -> None:
    """An empty folder is told apart from a bundle, in one line."""
    assert "bundle.json" in one_line_error(mujaz("bundle", "verify", tmp_path))


@pytest.mark.parametrize("command", [["bundle", "verify"], ["analyze", "samples/diplomacy.txt", "--bundle"]])
def test_damaged_bundle_is_refused(
    mujaz: Mujaz, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    """One changed byte in the weights is found, by `verify` and before an analysis."""
    monkeypatch.chdir(ROOT)
    bundle = shutil.copytree(ROOT / "models" / "default", tmp_path / "bundle")
    weights = bundle / "topic" / "head.safetensors"
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(data)
    assert "head.safetensors" in one_line_error(mujaz(*command, bundle))
