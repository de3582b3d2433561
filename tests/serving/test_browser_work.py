"""The page in a real Chromium: correcting, batches, and the whole way with nothing but the keyboard."""

import contextlib
import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from tests.serving.browser import ARTICLE, analyse
from tests.serving.conftest import Running
from training.check import check
from training.data import read_stance

if TYPE_CHECKING:
    from playwright.sync_api import Page


RECORD = """() => { const box = document.querySelector('#batch-progress textarea'); window.told = new Set();
setInterval(() => window.told.add(box.value), 20); }"""
LOOK = """() => { const node = document.activeElement, style = getComputedStyle(node);
return {id: (node.closest('[id]:not([id^=component])') ?? node).id, html: node.outerHTML.slice(0, 200),
seen: style.outlineStyle === 'solid' && parseFloat(style.outlineWidth) >= 2}; }"""


def new_rows(path: Path, before: int) -> list[dict[str, object]]:
    """Corrections after the first `before`."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()][before:]


def test_topic_and_stance_are_corrected_in_place(
    open_page: Callable[..., "Page"], corrections_file: Path
) -> None:
    """By keyboard: open the form, choose, save; the row is on disk."""
    page = open_page()
    analyse(page)
    before = corrections_file.read_text(encoding="utf-8").count("\n")
    page.locator(".chip .edit").first.press("Enter")
    form = page.locator(".passage form:visible")
    form.locator("select").select_option("health")
    form.get_by_label("اسمك").fill("هدى")
    form.locator(".save").press("Enter")
    page.wait_for_selector("#desk-status:has-text('حُفظ')")
    page.locator(".details .edit").nth(1).click()
    form = page.locator(".details form").nth(1)
    form.locator("select").select_option("neutral")
    form.locator(".save").click()
    page.wait_for_function("document.querySelectorAll('.details form:not([hidden])').length === 0")
    rows = new_rows(corrections_file, before)
    assert [(row["task"], row["corrected"], row["annotator"]) for row in rows] == [
        ("topic", "health", "هدى"),
        ("stance", "neutral", "هدى"),
    ]
    assert rows[1]["text"].startswith("النقابة ترفض") and rows[1]["holder"] == "النقابة"


def test_a_missed_stance_is_added_by_keyboard(
    open_page: Callable[..., "Page"], corrections_file: Path, tmp_path: Path
) -> None:
    """Target typed, holder and evidence chosen from the words; training takes the row as it is."""
    page = open_page()
    analyse(page)
    before = corrections_file.read_text(encoding="utf-8").count("\n")
    page.get_by_role("button", name="أضف موقفًا فات النموذجَ في الفقرة 2").press("Enter")
    form = page.locator(".passage form:visible")
    assert page.evaluate("document.activeElement.tagName") == "INPUT"
    form.get_by_label("القضية").fill("صيد الشاطئ")
    form.locator("select").select_option("favor")
    holder, evidence = (form.get_by_role("group").nth(number) for number in (1, 3))
    holder.locator("button").first.press("Enter")  # a single word
    evidence.locator("button").first.focus()
    for key in ("End", "Enter", "ArrowRight", "ArrowRight", "Enter"):
        page.keyboard.press(key)
    assert form.locator("output").all_inner_texts() == ["«النقابة»", "«الصيادين في الشاطئ»"]
    form.locator(".save").press("Enter")
    page.wait_for_selector(".chip .correct .tag:has-text('صيد الشاطئ')")
    assert page.evaluate("document.activeElement.className") == "edit"
    (row,) = new_rows(corrections_file, before)
    assert (row["predicted"], row["corrected"], row["target"]) == ("unrelated", "favor", "صيد الشاطئ")
    mine = tmp_path / "mine.jsonl"
    mine.write_text(json.dumps(row, ensure_ascii=False), encoding="utf-8")
    (read,) = read_stance(mine).rows
    (stance,) = read.stances
    assert stance.holder == (0, 7) and stance.evidence is not None
    assert read.text[slice(*stance.evidence)] == "الصيادين في الشاطئ"
    assert {finding.code for finding in check("stance", [mine]).errors} <= {"few_rows", "one_label"}


def test_the_right_one_of_equal_words_is_stored(
    open_page: Callable[..., "Page"], corrections_file: Path
) -> None:
    """Words that stand twice are stored with the place that was chosen, in code points."""
    page = open_page()
    analyse(page, "قال الوزير 😀 إن المشروع ضرورة، ثم كرر الوزير أن العمل يبدأ غدا.", ())
    before = corrections_file.read_text(encoding="utf-8").count("\n")
    page.get_by_role("button", name="أضف موقفًا فات النموذجَ في الفقرة 1").click()
    form = page.locator(".passage form:visible")
    form.get_by_label("القضية").fill("المشروع")
    form.get_by_role("group").nth(1).get_by_role("button", name="الوزير").nth(1).click()
    form.locator(".save").click()
    page.wait_for_selector(".chip .correct .tag")
    (row,) = new_rows(corrections_file, before)
    text = str(row["text"])
    assert row["holder_start"] == text.rindex("الوزير") and row["evidence"] == ""


def upload_batch(page: "Page", folder: Path, rows: int) -> None:
    """Open the tab and upload a CSV of so many records."""
    path = folder / "أخبار.csv"
    lines = [f"{number},رحب المجلس بالمشروع الجديد رقم {number} وقال إنه ضرورة" for number in range(rows)]
    path.write_text("\n".join(["id,text", *lines]), encoding="utf-8")
    page.get_by_role("tab", name="دفعات").click()
    page.locator("#batch-file input[type=file]").set_input_files(path)
    page.wait_for_selector("#batch-file .file-preview")


def batches(service: Running) -> list[bytes]:
    """The command lines of the batch processes of a service."""
    found = []
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            found.append(process.read_bytes())
    return [line for line in found if str(service.uploads).encode() in line]


def test_a_batch_is_uploaded_watched_and_downloaded(
    open_page: Callable[..., "Page"], service: Running, tmp_path: Path
) -> None:
    """CSV in, progress in words, answers and report out; nothing of it stays in the folder of uploads."""
    page = open_page()
    upload_batch(page, tmp_path, rows=70)
    page.evaluate(RECORD)
    page.locator("#batch-start").click()
    page.wait_for_selector("#batch-results a[download]", timeout=60_000)
    told = page.evaluate("[...window.told]")
    assert any("أُنجز من السجلات" in words or "السجلات:" in words for words in told)
    assert page.locator("#batch-progress textarea").input_value() == "اكتمل التحليل."
    with page.expect_download() as download:
        page.locator("#batch-results a[download]").first.click()
    with Path(download.value.path()).open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["id"] for row in rows] == [str(number) for number in range(70)]
    assert not list(service.uploads.rglob("input.csv")) and not list(service.uploads.rglob("part-*"))
    page.locator("#batch-start").click()  # the upload is there for another start
    page.wait_for_function("document.querySelector('#batch-status').textContent.startsWith('يجري')")
    page.locator("#batch-stop").click()


def test_a_batch_is_cancelled(open_page: Callable[..., "Page"], service: Running, tmp_path: Path) -> None:
    """The work ends, the page says so, and the next batch may begin."""
    page = open_page()
    upload_batch(page, tmp_path, rows=3000)
    page.locator("#batch-start").click()
    for _ in range(200):
        if batches(service):
            break
        page.wait_for_timeout(100)
    assert batches(service)
    page.locator("#batch-stop").click()
    page.wait_for_function("document.querySelector('#batch-progress textarea').value === 'أُوقف العمل.'")
    page.wait_for_timeout(1500)
    assert not batches(service)


def test_wrong_batches_are_told_in_arabic(open_page: Callable[..., "Page"], tmp_path: Path) -> None:
    """Another column, a file of another kind, no file: a sentence in the reader's language."""
    page = open_page()
    upload_batch(page, tmp_path, rows=3)
    page.get_by_label("عمود النص").fill("body")
    page.locator("#batch-start").click()
    page.wait_for_selector("[data-testid=toast-text]:has-text('لا عمود اسمه «body»')", timeout=60_000)
    (tmp_path / "a.exe").write_bytes(b"MZ")
    page.reload()
    page.get_by_role("tab", name="دفعات").click()
    page.locator("#batch-file input[type=file]").set_input_files(tmp_path / "a.exe")
    page.wait_for_selector("[data-testid=toast-text]:has-text('هذا النوع من الملفات')")


def test_the_whole_way_by_keyboard(open_page: Callable[..., "Page"]) -> None:
    """The fields come in their order, focus is seen, the end is announced, results are reached."""
    page = open_page()
    way: list[str] = []

    def tab_to(place: str) -> None:
        for _ in range(30):
            page.keyboard.press("Tab")
            found = page.evaluate(LOOK)
            way.append(found["id"])
            assert found["seen"], f"no focus to be seen on {found}"
            if found["id"] == place:
                return
        raise AssertionError(f"{place} was not reached: {way}")

    tab_to("language")
    tab_to("text")
    page.keyboard.insert_text(ARTICLE)
    tab_to("targets")
    page.keyboard.insert_text("مشروع الجسر")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # on the sign that takes all targets away
    assert page.locator("#targets .token").count() == 0
    page.keyboard.insert_text("مشروع الجسر")
    page.keyboard.press("Enter")
    tab_to("analyse")
    assert page.locator("#text textarea").input_value() == ARTICLE  # nothing on the way has changed it
    assert page.locator("#desk-status").get_attribute("role") == "status"
    page.keyboard.press("Enter")
    page.wait_for_selector("#desk-status:has-text('اكتمل التحليل')")
    assert page.evaluate("document.activeElement.id") == "analyse"
    tab_to("save-html")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('.summary') !== null")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "desk-u0"
    page.keyboard.press("Tab")  # on from there: the text's own links
    assert page.evaluate("document.activeElement.closest('.article') !== null")
