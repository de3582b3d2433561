"""The analysis in a terminal, as plain Arabic in logical order: terminals shape and turn it themselves."""

from itertools import chain
from textwrap import shorten

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from arabic.article import Block, List, Paragraph
from arabic.checks import describe
from arabic.spans import Span
from inference.display import ABSTAINED, PROPOSED, holder_name, one_line, percent, stance_name
from inference.results import Analysis, ParagraphResult, Stance

BEGINNING = 90  # characters of a paragraph to show
STYLES = {"favor": "green", "against": "red", "neutral": "blue"}


def render(analysis: Analysis, console: Console) -> None:
    """Print headline, warnings, summary, stances and the article's structure with its topics.

    Where the console is no terminal, lines are not wrapped and not coloured. Control characters of
    the article are shown, never sent to the terminal.
    """
    if analysis.headline:
        _line(console, Text(one_line(analysis.headline.text), style="bold"))
    for code in analysis.article.warnings:
        _line(console, Text(f"تنبيه: {describe(code, 'ar')}", style="yellow"))
    _summary(analysis, console)
    _stances(analysis, console)
    _topics(analysis, console)
    _structure(analysis, console)
    model = analysis.model
    console.print()
    _line(console, Text(one_line(f"{model.name} {model.version} ({model.sha256[:12]})"), style="dim"))


def _line(console: Console, text: Text) -> None:
    console.print(text, soft_wrap=not console.is_terminal, highlight=False)


def _heading(console: Console, words: str) -> None:
    console.print()
    _line(console, Text(words, style="bold cyan"))


def _summary(analysis: Analysis, console: Console) -> None:
    _heading(console, "الخلاصة")
    for sentence in analysis.summary:
        _line(console, Text.assemble(one_line(sentence.text), (f" [{sentence.paragraph + 1}]", "dim")))
    if not analysis.summary:
        _line(console, Text("لا خلاصة لهذا النص.", style="dim"))


def _stances(analysis: Analysis, console: Console) -> None:
    _heading(console, "المواقف")
    if not analysis.stances:
        _line(console, Text("لم يُعثر على مواقف في هذا النص.", style="dim"))
        return
    targets = dict.fromkeys((stance.target, stance.proposed) for stance in analysis.stances)
    for target, proposed in targets:
        _line(
            console, Text(f"{one_line(target)} ({PROPOSED})" if proposed else one_line(target), style="bold")
        )
        found = [stance for stance in analysis.stances if stance.target == target]
        if console.is_terminal:
            console.print(_stance_table(found))
        else:
            for stance in found:
                _line(console, Text("  " + " | ".join(_cells(stance))))


def _cells(stance: Stance) -> tuple[str, str, str, str]:
    evidence = f"«{one_line(stance.evidence.text)}» " if stance.evidence else ""
    return (
        holder_name(stance),
        stance_name(stance),
        percent(stance.probability),
        f"{evidence}[{stance.paragraph + 1}]",
    )


def _stance_table(stances: list[Stance]) -> Table:
    table = Table("صاحب الموقف", "الموقف", "الاحتمال", "الشاهد [الفقرة]", box=SIMPLE_HEAD, pad_edge=False)
    for stance in stances:
        table.add_row(*map(Text, _cells(stance)), style=STYLES[stance.stance])
    return table


def _topics(analysis: Analysis, console: Console) -> None:
    _heading(console, "المواضيع")
    shares = [f"{topic.ar} {percent(topic.share)}" for topic in analysis.topics if topic.share >= 0.05]
    _line(console, Text("، ".join(shares)))


def _structure(analysis: Analysis, console: Console) -> None:
    _heading(console, "بنية المقال وموضوع كل فقرة")
    found = {result.start: (number, result) for number, result in enumerate(analysis.paragraphs, start=1)}
    for section in analysis.article.sections:
        if section.heading:
            _line(console, Text(f"\n{one_line(section.heading.text)}", style="bold"))
        for line in chain.from_iterable(_block(block, found) for block in section.blocks):
            _line(console, line)


def _block(block: Block, found: dict[int, tuple[int, ParagraphResult]]) -> list[Text]:
    if isinstance(block, Paragraph):
        return [_passage(block.span, found)]
    if isinstance(block, List):
        return [Text("• ") + _passage(item, found) for item in block.items]
    rows = [*([block.header] if block.header else []), *block.rows]
    return [Text(f"  {one_line(row.label.text)} | {one_line(row.content.text)}") for row in rows]


def _passage(span: Span, found: dict[int, tuple[int, ParagraphResult]]) -> Text:
    text = Text(shorten(one_line(span.text), width=BEGINNING, placeholder=" …"))
    if span.start not in found:
        return text
    number, paragraph = found[span.start]
    if paragraph.topic is None:
        return Text.assemble((f"[{number}] ", "dim"), text)
    topic = f"{paragraph.topic.ar} {percent(paragraph.topic.probability)}"
    if paragraph.topic.abstained:
        topic = f"{ABSTAINED} ({topic})"
    return Text.assemble((f"[{number}] ", "dim"), (f"{topic}: ", "cyan"), text)
