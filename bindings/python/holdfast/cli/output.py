"""Answers as JSON and as tables."""

import dataclasses
import datetime
import json
from typing import Any, List, Sequence


def plain(value: Any) -> Any:
    """Only what JSON has: days and instants as ISO 8601."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name))
                for field in dataclasses.fields(value)}
    if isinstance(value, (datetime.date, datetime.datetime)):
        return value.isoformat()
    if isinstance(value, dict):
        return {key: plain(element) for key, element in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(element) for element in value]
    return value


def as_json(value: Any) -> str:
    return json.dumps(plain(value), indent=2, ensure_ascii=False)


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Columns as wide as what is in them; numbers to the right."""
    cells = [list(head)] + [[str(cell) for cell in row] for row in rows]
    widths = [max(len(row[at]) for row in cells) for at in range(len(head))]
    numbers = [bool(rows) and all(isinstance(row[at], int) for row in rows)
               for at in range(len(head))]
    lines: List[str] = []
    for row in cells:
        lines.append("  ".join(cell.rjust(width) if number else cell.ljust(width)
                               for cell, width, number in zip(row, widths, numbers)).rstrip())
    return "\n".join(lines)
