"""The page in a real Chromium: an analyst's work, attacks that come to nothing, what assistive tools find."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.conftest import ROOT
from tests.serving.browser import ARTICLE, analyse
from tests.serving.conftest import Running

if TYPE_CHECKING:
    from playwright.sync_api import Page

AXE = ROOT / ".venv" / "axe-core" / "axe.min.js"
ATTACKS = [
    "${window.hacked=1}",
    "<script>window.hacked=2</script>",
    "<img src=x onerror=window.hacked=3>",
    "{{constructor.constructor('window.hacked=4')()}}",
    "[اضغط](javascript:window.hacked=5)",
    "\u202eمقلوب\u202c",
    "</textarea><svg onload=window.hacked=6>",
]


def test_analysis_in_arabic(open_page: Callable[..., "Page"]) -> None:
    """Right to left, in the face that ships; topics in the margin, signs in the text, links to the source."""
    page = open_page()
    assert page.evaluate("[document.documentElement.lang, document.documentElement.dir]") == ["ar", "rtl"]
    analyse(page)
    assert page.evaluate("document.fonts.check('16px \"IBM Plex Sans Arabic\"', 'موجز')")
    assert page.evaluate("document.fonts.check('16px \"Noto Naskh Arabic\"', 'موجز')")
    desk = page.locator("#desk")
    assert desk.locator(".chip").count() == 3 and "غير محسوم" in desk.locator(".chip.abstained").inner_text()
    assert [s.inner_text() for s in desk.locator("a.sign").all()] == ["+1", "−2"]
    assert desk.locator(".passage span.evidence.against").inner_text() == "مشروع الجسر"
    assert desk.locator(".matrix tbody tr").count() == 2 and "رياضة" in desk.locator(".bars").inner_text()
    assert "أقل من 20" not in desk.inner_text()
    text, margin = (desk.locator(s).first.bounding_box() for s in (".passage p", ".chip"))
    assert text and margin and text["x"] > margin["x"]  # the margin is at the left, where a line ends
    desk.locator(".summary a").first.click()
    assert page.evaluate("document.activeElement.id") == "desk-u0"
    desk.locator(".matrix a.stance").first.press("Enter")
    assert page.evaluate("document.activeElement.id") == "desk-e0"


def test_empty_text_is_said_in_the_readers_language(open_page: Callable[..., "Page"]) -> None:
    """An error is a sentence in a box, the line of state says so too, and nothing stays busy."""
    page = open_page()
    page.locator("#analyse").click()
    page.wait_for_selector("text=لا نص هنا")
    page.wait_for_function("document.getElementById('desk-status').textContent === 'تعذّر ذلك'")


def test_other_language_keeps_the_work(open_page: Callable[..., "Page"]) -> None:
    """Text and result are there after the switch, in words of the other language."""
    page = open_page()
    analyse(page)
    page.locator("#language").click()
    page.wait_for_selector("#desk h2:has-text('Who stands where?')")
    assert page.evaluate("document.documentElement.dir") == "ltr"
    assert page.locator("#text textarea").input_value() == ARTICLE
    assert page.locator("#analyse").inner_text() == "Analyse"
    assert "undecided" in page.locator(".chip.abstained").inner_text()
    page.locator("#language").click()
    page.wait_for_selector("#desk h2:has-text('من يقف أين؟')")


def test_attacks_are_only_text(open_page: Callable[..., "Page"]) -> None:
    """In text and target, through analysis, correction form and report: shown, never run."""
    page = open_page()
    lines = [f"عنوان {attack}\n\nالنقابة ترفض مشروع {attack} الجسر." for attack in ATTACKS]
    analyse(page, "\n\n".join(lines), tuple(f"مشروع {attack} الجسر" for attack in ATTACKS[:5]))
    page.wait_for_timeout(300)
    assert page.evaluate("window.hacked") is None
    desk = page.locator("#desk")
    assert desk.locator("script, img, svg, textarea").count() == 0
    for attack in ATTACKS:
        shown = attack.replace("\u202e", "U+202E").replace("\u202c", "U+202C")
        assert shown in desk.inner_text()
    for link in desk.locator("a").all():
        assert (link.get_attribute("href") or "").startswith("#")
    with page.expect_download() as download:
        page.locator("#save-html").click()
    report = Path(download.value.path()).read_text(encoding="utf-8")
    assert "<script>window" not in report and "<img" not in report and "<svg" not in report


def test_upload_fills_the_text_and_is_removed(
    open_page: Callable[..., "Page"], service: Running, tmp_path: Path
) -> None:
    """What was uploaded is in the box and no longer on disk; a file of another kind is refused."""
    page = open_page()
    (tmp_path / "خبر.txt").write_text(ARTICLE, encoding="utf-8")
    page.locator("#upload input, input[type=file]").first.set_input_files(tmp_path / "خبر.txt")
    page.wait_for_function("document.querySelector('#text textarea').value.includes('الجسر')")
    assert not [path for path in service.uploads.rglob("*") if path.is_file() and path.stat().st_size]


def test_articles_are_compared(open_page: Callable[..., "Page"]) -> None:
    """Beside each other on the same target, marked where they differ, in the order of their dates."""
    page = open_page()
    page.get_by_role("tab", name="مقارنة").click()
    page.locator("#first textarea").fill("الوزارة تؤيد مشروع الجسر وتقول إنه ضرورة للمدينة.")
    page.locator("#second textarea").fill("النقابة ترفض مشروع الجسر وتحذر من ضرره على الناس.")
    for number, (outlet, date) in enumerate([("الصباح", "2026-02-01"), ("المساء", "2026-01-01")]):
        page.get_by_label("المصدر").nth(number).fill(outlet)
        page.get_by_label("التاريخ").nth(number).fill(date)
    box = page.get_by_role("tabpanel").get_by_label("القضايا")
    box.last.fill("مشروع الجسر")
    box.last.press("Enter")
    page.locator("#compare-button").click()
    page.wait_for_selector("#compare .differ")
    dates = page.locator("#compare section").nth(1).locator("tbody th").all_inner_texts()
    assert dates == ["2026-01-01", "2026-02-01"]


def test_models_are_shown_and_compared(open_page: Callable[..., "Page"]) -> None:
    """The served bundle's figures and labels are there in Arabic; a text goes through two bundles."""
    page = open_page()
    page.get_by_role("tab", name="النماذج").click()
    page.locator("#models-text textarea").fill(ARTICLE)
    page.locator("#models-button").click()
    page.wait_for_selector("#models table")
    told = page.locator("#bundle-info").inner_text()
    assert "الصحة (accuracy)" in told and "macro-F1" in told and "كوارث وحوادث وطوارئ" in told
    page.locator("#language").click()
    page.wait_for_selector("#analyse:has-text('Analyse')")
    page.get_by_role("tab", name="Models").click()
    page.wait_for_selector("#bundle-info th:has-text('calibration error')")


def test_page_fits_a_phone(open_page: Callable[..., "Page"]) -> None:
    """Nothing sticks out of 390 pixels, with results and long words too."""
    page = open_page(width=390)
    analyse(page, ARTICLE + "\n" + "س" * 400 + " مشروع الجسر")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    for tab in page.get_by_role("tab").all():
        tab.click()
        page.wait_for_timeout(300)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, tab.inner_text()


@pytest.mark.skipif(not AXE.is_file(), reason="needs axe-core: .ci/run fetches it with npm")
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_serious_for_axe(open_page: Callable[..., "Page"], scheme: str) -> None:
    """Every tab, with results and open forms, in light and dark."""
    page = open_page(color_scheme=scheme)
    analyse(page)
    for form in (0, 1):  # of the topic, and of a missed stance
        page.locator(".chip .edit").nth(form).click()
    serious: dict[str, list[Any]] = {}
    for tab in page.get_by_role("tab").all():
        tab.click()
        page.wait_for_timeout(400)
        page.evaluate(AXE.read_text(encoding="utf-8"))
        for rule in page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]:
            if rule["impact"] in ("serious", "critical"):
                places = [node["html"][:200] for node in rule["nodes"]][:4]
                serious.setdefault(tab.inner_text(), []).append((rule["id"], places))
    assert not serious
