"""Names of parties as they stand in a text."""

import re

_CONJUNCTIONS = ("و", "ف")
_LEAST = 3  # letters of a name
# «وال» begins these words too, and with them is no conjunction before an article.
_NOT_AN_ARTICLE = re.compile(r"وال(?:د|دة|دا|دي|ديه|ده|دته|دتي|دين|ي|يا|ية)(?!\w)")


def conjunction_before(name: str, text: str) -> int:
    """How many letters at the start of `name` are a conjunction written together with it, 0 or 1.

    «والبطريرك» begins with one, since an article follows; «وقطر» where «قطر» stands in the `text` as well;
    «واشنطن» and «والي الجهة» do not.
    """
    if not name.startswith(_CONJUNCTIONS):
        return 0
    rest = name[1:]
    if name.startswith("وال") and len(rest.split()[0]) > _LEAST + 1:
        return 0 if _NOT_AN_ARTICLE.match(name) else 1
    alone = re.compile(rf"(?<!\w){re.escape(rest)}(?!\w)")
    return int(len(rest) >= _LEAST and alone.search(text) is not None)
