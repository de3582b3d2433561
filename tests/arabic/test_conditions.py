"""Conditions beside a stance are seen, those elsewhere in the paragraph are not."""

import pytest

from arabic.conditions import is_conditional


@pytest.mark.parametrize(
    ("text", "evidence"),
    [
        ("أعلنت النقابة استعدادها لتعليق الإضراب شرط صرف الأجور.", "استعدادها لتعليق الإضراب"),
        ("قبلت الحركة الهدنة بشرط فتح المعابر.", "قبلت الحركة الهدنة بشرط فتح المعابر"),
        ("لن يوقع الوفد الاتفاق ما لم تعدل المادة الثالثة.", "لن يوقع الوفد الاتفاق"),
        ("توافق الوزارة على المشروع في حال خفضت الكلفة.", "توافق الوزارة على المشروع"),
    ],
)
def test_condition_in_or_after_the_evidence(text: str, evidence: str) -> None:
    start = text.index(evidence)
    assert is_conditional(text, (start, start + len(evidence)))


@pytest.mark.parametrize(
    ("text", "evidence"),
    [
        ("رحبت الوزارة بالاتفاق ووصفته بالتاريخي.", "رحبت الوزارة بالاتفاق"),
        ("رحبت الوزارة بالاتفاق. وتشترط الشركة دفع الرسوم قبل البدء.", "رحبت الوزارة بالاتفاق"),
        ("أيدت الشرطة القرار.", "أيدت الشرطة القرار"),
    ],
)
def test_no_condition_or_one_in_another_sentence(text: str, evidence: str) -> None:
    start = text.index(evidence)
    assert not is_conditional(text, (start, start + len(evidence)))


def test_no_evidence_no_condition() -> None:
    assert not is_conditional("قبلت بشرط", None)
