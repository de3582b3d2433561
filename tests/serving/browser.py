"""What the tests in Chromium share: an article, and what an analyst does with it."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page

ARTICLE = """خلاف على الجسر

رئيس البلدية يؤيد مشروع الجسر ويقول إنه ضرورة لا تحتمل التأجيل.

النقابة ترفض مشروع الجسر وتحذر من ضرره على الصيادين في الشاطئ.

خبر قصير هنا.
"""


def analyse(page: "Page", text: str = ARTICLE, targets: tuple[str, ...] = ("مشروع الجسر",)) -> None:
    """Do what an analyst does, and wait for the whole answer."""
    page.locator("#text textarea").fill(text)
    for target in targets:
        page.locator("#targets input").fill(target)
        page.locator("#targets input").press("Enter")
    page.locator("#analyse").click()
    page.wait_for_selector("#desk[aria-busy=false] .chip")
