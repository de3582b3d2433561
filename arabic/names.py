"""Names of parties as they stand in a text."""

import re

_ARTICLE = re.compile(r"وال\w{2,}")
# «وال» begins these words too, and with them is no conjunction before an article.
_ITS_OWN = re.compile(r"وال(?:د|دة|دا|دي|ديه|ده|دته|دتي|دين|ي|يا|ية)(?!\w)")
_LEAST = 3  # letters of a name


def conjunction_before(name: str, text: str) -> int:
    """How many letters at the start of `name` are a conjunction written together with it, 0 or 1.

    «والبطريرك» begins with one, since an article follows; «وقطر» where «قطر» stands in the `text` as well;
    «واشنطن» and «والي الجهة» do not.
    """
    if not name.startswith("و") or _ITS_OWN.match(name):
        return 0
    if _ARTICLE.match(name):
        return 1
    rest = name[1:]
    return int(len(rest) >= _LEAST and re.search(rf"(?<!\w){re.escape(rest)}(?!\w)", text) is not None)
