"""A base model small enough to train in a test, and labelled rows of our own to train it on."""

import json
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer, decoders, pre_tokenizers, processors, trainers
from tokenizers.models import Unigram
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

from models.bundle import Task

SPECIALS = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]

SPORT = "فاز الفريق الأزرق في المباراة النهائية على ملعب المدينة بهدفين لهدف"
HEALTH = "افتتح المستشفى قسما جديدا لعلاج أمراض القلب وخصص له أطباء من البلدة"
ECONOMY = "ارتفعت أسعار القمح في السوق وقالت الشركة إن الأرباح زادت هذا العام"
FAVOR = "أيد رئيس البلدية مشروع الجسر الجديد وقال إنه ضرورة للمدينة"
AGAINST = "رفضت نقابة الصيادين مشروع الميناء وحذرت من ضرره على الشاطئ"
NEUTRAL = "تناقش اللجنة قانون المياه في جلسة تعقد يوم الخميس"


def stance_row(
    number: int, text: str, holder: str, target: str, stance: str, evidence: str
) -> dict[str, object]:
    """Make one row in the schema of stance data."""
    record = {
        "target": target,
        "stance": stance,
        "holder": holder,
        "holder_start": text.find(holder) if holder else -1,
        "evidence": evidence,
        "evidence_start": text.index(evidence),
    }
    return {"id": f"doc{number}#0", "title": "", "text": text, "stances": [record]}


TOPIC_ROWS: list[dict[str, object]] = [
    {"id": f"{label}{i}#0", "text": f"{text} {i}", "label": label, "second": None}
    for i in range(6)
    for label, text in (("sport", SPORT), ("health", HEALTH), ("economy_business_finance", ECONOMY))
]
STANCE_ROWS: list[dict[str, object]] = [
    row
    for i in range(0, 18, 3)
    for row in (
        stance_row(i, FAVOR, "رئيس البلدية", "مشروع الجسر", "favor", "أيد رئيس البلدية مشروع الجسر الجديد"),
        stance_row(
            i + 1, AGAINST, "نقابة الصيادين", "مشروع الميناء", "against", "رفضت نقابة الصيادين مشروع الميناء"
        ),
        stance_row(i + 2, NEUTRAL, "", "قانون المياه", "neutral", "قانون المياه"),
    )
]
SUMMARY_ROWS: list[dict[str, object]] = [
    {
        "id": f"article{i}",
        "title": "الجسر الجديد" if i % 2 else "",
        "units": [FAVOR + ".", HEALTH + ".", AGAINST + ".", SPORT + "."],
        "key": [0, 2],
        "important": [1],
        "summary": "أيدت البلدية الجسر ورفضت النقابة الميناء",
        "headline": "خلاف على الجسر والميناء",
    }
    for i in range(6)
]
ROWS: dict[Task, list[dict[str, object]]] = {
    "topic": TOPIC_ROWS,
    "stance": STANCE_ROWS,
    "summary": SUMMARY_ROWS,
}


def write_rows(path: Path, rows: list[dict[str, object]]) -> Path:
    """Write rows as JSON lines."""
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def make_base(folder: Path) -> Path:
    """Write a two-layer BERT with random weights and a unigram tokenizer of the rows' words."""
    import torch

    tokenizer = Tokenizer(Unigram())
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    texts = [SPORT, HEALTH, ECONOMY, FAVOR, AGAINST, NEUTRAL]
    trainer = trainers.UnigramTrainer(vocab_size=300, special_tokens=SPECIALS, unk_token="<unk>")
    tokenizer.train_from_iterator(texts * 20, trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    fast = PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=tokenizer,
        bos_token="<s>",
        eos_token="</s>",
        pad_token="<pad>",
        unk_token="<unk>",
        cls_token="<s>",
        sep_token="</s>",
        mask_token="<mask>",
        model_max_length=128,
    )
    fast.save_pretrained(folder)
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(fast),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=128,
        pad_token_id=1,
    )
    BertModel(config, add_pooling_layer=False).save_pretrained(folder)
    return folder


def train_tiny(
    task: Task, rows: Path, out: Path, base: Path, *, resume: bool = False, **settings: Any
) -> Path:
    """Train a task on its rows for two epochs, judged on the same rows."""
    from training.config import TrainConfig
    from training.run import train

    options: dict[str, Any] = {
        "epochs": 2,
        "batch_size": 8,
        "max_length": 64,
        "learning_rate": 1e-3,
        "tag_weight": 4.0,
    }
    config = TrainConfig(**(options | settings))
    train(task, rows, rows, out, config, base=base, resume=resume)
    return out
