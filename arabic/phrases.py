"""Words that tell where an Arabic sentence or clause begins, as patterns that ignore vowel signs."""

import re

_SPEECH = "قال أضاف أكد أوضح أشار ذكر تابع لفت شدد اعتبر أعلن أفاد طالب دعا حذر كشف رأى نفى أردف استطرد صرح"
_STATE = "مشير مؤكد موضح مضيف معتبر لافت مبين منوه داعي مطالب محذر قائل معرب معلن واصف مشدد كاشف متهم مستدرك"
_OPENINGS = (
    "من جهته|من جهتها|من جانبه|من جانبها|في المقابل|وفي المقابل|يذكر أن|يشار إلى|وكان|وكانت|وقد|أما|وفي|وختم"
)
_LINKS = (
    "حيث|بحيث|كما|كذلك|وفي|فيما|وفيما|بينما|في حين|إلا أن|غير أن|بيد أن|لكن|ولكن|لكنه|لكنها|ولكنه|ولكنها|"
    "ومع ذلك|مع ذلك|ومع|وعلى|ومن|الأمر الذي|وهو|وهي|مما|ما أدى|ما يعني|ما يجعل|إذ|وذلك|فضلا عن|"
    "بالإضافة إلى|إضافة إلى|في المقابل|بالمقابل|من جهته|من جهتها|من جانبه|من جانبها|من ناحيته|من جهة أخرى|"
    "وكان|وكانت|وقد|ولم|ولا|ولن|أما|لذلك|ولذلك|رغم|ورغم|على الرغم|وبحسب|بحسب|ووفقا|وفقا|بعد أن|قبل أن|"
    "بعدما|وبعد|وسط|ووسط|ثم|لا سيما|ولا سيما|خاصة"
)
_JOINTS = "ثم|حيث|بينما|لكن|إلا أن|فيما|كما|التي|الذي|إذ|بعدما"
_PREPOSITIONS = "على|في|من|إلى|عن|مع|أن|إن|أو|بين"
_MARKS = "[\u064b-\u065f\u0670]*"


def _spelled(phrases: list[str]) -> str:
    """Make a pattern for the phrases, with or without vowel signs and hamzas."""
    letters = {"أ": "[اأ]", "إ": "[اإ]", "ى": "[ىي]", " ": r"\s+"}
    return "|".join("".join(letters.get(c, c) + _MARKS for c in phrase) for phrase in phrases)


_SAYS = rf"و{_MARKS}(?:{_spelled(_SPEECH.split())})(?:ت|وا|ا)?{_MARKS}"
OPENER = re.compile(rf"""[\s"«“(]*(?:{_SAYS}|{_spelled(_OPENINGS.split("|"))})(?!\w)""")
_STATING = rf"(?:{_spelled(_STATE.split())})(?:ا|ة|ين){_MARKS}"
LINK = re.compile(rf"\s*(?:{_SAYS}|{_STATING}|{_spelled(_LINKS.split('|'))})(?!\w)")
NEW_VERB = re.compile(r"\s*و[يت]\w{3,}")
PREPOSITION = re.compile(rf"\s*(?:{_spelled(_PREPOSITIONS.split('|'))})(?!\w)")
JOINT = re.compile(rf"""\s(?=[«“"(]|و\w{{3,}}|(?:{_spelled(_JOINTS.split("|"))})(?!\w))""")
