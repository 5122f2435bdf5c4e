"""The columns of a sheet, and the names under which they are recognised."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from apps.knowledge.sheets.problems import TITLES, SheetError
from apps.sites.models import CHINESE, ENGLISH

NAMES = tuple(TITLES)
NEEDED = ("question", "answer")
# What stands above a column that we write, in files of either language.
HEADINGS: dict[str, dict[str, str]] = {
    ENGLISH: {name: name.replace("_", " ") for name in NAMES},
    CHINESE: {
        "id": "ID",
        "question": "问题",
        "answer": "答案",
        "variants": "相似问法",
        "language": "语言",
        "category": "分类",
        "status": "状态",
        "source": "来源",
        "valid_from": "生效时间",
        "valid_until": "失效时间",
        "high_risk": "高风险",
    },
}
ALSO: dict[str, tuple[str, ...]] = {
    "id": ("entry id", "编号", "条目编号"),
    "question": ("questions", "q", "title", "标准问题", "标准问", "提问", "题目"),
    "answer": ("answers", "a", "reply", "回答", "答复", "标准答案"),
    "variants": (
        "variant", "phrasings", "similar questions", "alternative questions", "相似问题", "相似问",
        "扩展问", "扩展问法", "其他问法",
    ),
    "language": ("lang", "locale", "语种"),
    "category": ("categories", "类别", "类目", "知识分类"),
    "status": ("state", "发布状态"),
    "source": ("source page", "source url", "url", "link", "来源页面", "来源链接", "链接", "网址"),
    "valid_from": ("starts", "start", "生效日期", "开始时间"),
    "valid_until": ("valid to", "expires", "end", "失效日期", "结束时间", "有效期至"),
    "high_risk": ("highrisk", "risk", "高危", "是否高风险"),
}  # fmt: skip


# Longer than any name that something is known by.
NAME_AT_MOST = 200


def plain(name: str) -> str:
    """A heading without what people write differently: case, widths, blanks, marks. Only its start
    counts: cells come here as well, and what they say is remembered."""
    return _plain(name[:NAME_AT_MOST])


@lru_cache(maxsize=1_000)
def _plain(name: str) -> str:
    text = unicodedata.normalize("NFKC", name).casefold().strip("\ufeff \t\r\n*:")
    return re.sub(r"[\s_-]+", " ", text).strip()


KNOWN: dict[str, str] = {
    plain(heading): name
    for name in NAMES
    for heading in (HEADINGS[ENGLISH][name], HEADINGS[CHINESE][name], *ALSO[name])
}


@dataclass(frozen=True, slots=True)
class Columns:
    """Which column of the sheet holds what (from 0), the headings that stand for nothing, and how
    many columns there are to the last that has one."""

    at: dict[str, int]
    unknown: list[str] = field(default_factory=list)
    width: int = 0


def recognised(headings: Sequence[str]) -> int:
    """How many of the headings are known."""
    return sum(plain(heading) in KNOWN for heading in headings)


def read(headings: Sequence[str], chosen: dict[str, int] | None = None) -> Columns:
    """Finds the columns by their names, or takes what was chosen for them.

    Raises SheetError ("columns", "twice") when a needed one is missing or one is there twice.
    """
    at = dict(chosen) if chosen else _found(headings)
    if missing := [name for name in NEEDED if name not in at]:
        shown = [heading for heading in headings if heading.strip()][:30]
        raise SheetError("columns", missing=missing, found=shown)
    taken = set(at.values())
    unknown = [name for n, name in enumerate(headings) if n not in taken and name.strip()]
    width = max(n for n, name in enumerate(headings, 1) if name.strip() or n - 1 in taken)
    return Columns(at, unknown, width)


def _found(headings: Sequence[str]) -> dict[str, int]:
    at: dict[str, int] = {}
    for number, heading in enumerate(headings):
        name = KNOWN.get(plain(heading))
        if name is None:
            continue
        if name in at:
            raise SheetError("twice", column=name, first=headings[at[name]], second=heading)
        at[name] = number
    return at
