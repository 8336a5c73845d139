"""A capacity report as a picture: one page of months in SVG.

States differ by pattern as well as by colour: booked is solid, held is striped, free is plain,
blacked out is cross-hatched. Each day carries its numbers as a tooltip.
"""

from html import escape
from typing import Iterator, List, Sequence, Tuple

from ..types import CapacityReport, ReportDay
from .calendar import WEEKDAYS, by_month, month_name, shortened, span, summary

CELL_WIDTH, CELL_HEIGHT, GAP = 46, 42, 5
MARGIN, HEADER, MONTH_HEAD, MONTH_GAP = 40, 140, 62, 52
MONTH_WIDTH = 7 * (CELL_WIDTH + GAP) - GAP
COLUMNS_MAX = 3
TITLE_CHARACTER = 17

INK, QUIET, FAINT_INK = "#16323f", "#6b7f89", "#b4c1c8"
PAPER, CARD, FREE, BOOKED, HELD, HATCH = (
    "#f4f7f8", "#ffffff", "#dcefe6", "#14708c", "#f2a93b", "#8f9ca3")

DEFINITIONS = f"""<defs>
<pattern id="held" width="6" height="6" patternUnits="userSpaceOnUse"
 patternTransform="rotate(45)"><rect width="6" height="6" fill="{HELD}"/>
<rect width="2" height="6" fill="#fbdca6"/></pattern>
<pattern id="blackout" width="7" height="7" patternUnits="userSpaceOnUse"
 patternTransform="rotate(45)"><rect width="7" height="7" fill="#e6eaec"/>
<path d="M0 0H7M0 0V7" stroke="{HATCH}" stroke-width="1.6"/></pattern>
</defs>
<style>
text {{ font-family: "Inter", "Segoe UI", "Helvetica Neue", "DejaVu Sans", sans-serif;
 fill: {INK}; }}
.title {{ font-size: 26px; font-weight: 700; }}
.sub {{ font-size: 14px; fill: {QUIET}; }}
.month {{ font-size: 17px; font-weight: 600; }}
.week {{ font-size: 11px; fill: {QUIET}; text-anchor: middle; }}
.day {{ font-size: 11px; font-weight: 600; }}
.left {{ font-size: 11px; text-anchor: end; }}
.key {{ font-size: 13px; }}
</style>"""


def _rect(x: float, y: float, width: float, height: float, fill: str, more: str = "") -> str:
    return (f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" '
            f'fill="{fill}"{more}/>')


def _text(kind: str, x: float, y: float, text: str, more: str = "") -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}"{more}>{escape(text)}</text>'


def _tooltip(day: ReportDay) -> str:
    if day.max_capacity == 0:
        return f"{day.date}: no places set"
    closed = ", blacked out" if day.blackout else ""
    return (f"{day.date}: {day.booked} booked, {day.held} held, {day.available_capacity} free "
            f"of {day.max_capacity}{closed}")


def _fill(day: ReportDay, x: float, y: float) -> Iterator[str]:
    """The day's places as a column that fills up: booked at the bottom, held on it."""
    empty = "url(#blackout)" if day.blackout else FREE
    yield _rect(x, y, CELL_WIDTH, CELL_HEIGHT, empty)
    top = y + CELL_HEIGHT
    for places, fill in ((day.booked, BOOKED), (day.held, "url(#held)")):
        height = CELL_HEIGHT * places / day.max_capacity
        if height:
            top -= height
            yield _rect(x, top, CELL_WIDTH, height, fill)


def _day(day: ReportDay, x: float, y: float) -> Iterator[str]:
    name = f"d{day.date:%Y%m%d}"
    yield f"<g><title>{escape(_tooltip(day))}</title>"
    if day.max_capacity == 0 and not day.blackout:
        yield _rect(x + 0.5, y + 0.5, CELL_WIDTH - 1, CELL_HEIGHT - 1, "none",
                    f' rx="8" stroke="{FAINT_INK}" stroke-dasharray="3 3"')
        yield _text("day", x + 8, y + 16, str(day.date.day), f' style="fill:{FAINT_INK}"')
        yield "</g>"
        return
    yield (f'<clipPath id="{name}">' + _rect(x, y, CELL_WIDTH, CELL_HEIGHT, "#000", ' rx="8"')
           + "</clipPath>" + f'<g clip-path="url(#{name})">')
    if day.max_capacity:
        yield from _fill(day, x, y)
    else:
        yield _rect(x, y, CELL_WIDTH, CELL_HEIGHT, "url(#blackout)")
    yield "</g>"
    # A white plate keeps the numbers readable on every pattern.
    plate = ' rx="7" fill-opacity="0.88"'
    number = str(day.date.day)
    yield _rect(x + 4, y + 4, 8 + 7 * len(number), 15, CARD, plate)
    yield _text("day", x + 8, y + 15, number)
    if day.max_capacity and not day.blackout:
        left = "full" if not day.available_capacity else f"{day.available_capacity:,}"
        yield _rect(x + CELL_WIDTH - 12 - 6.2 * len(left), y + CELL_HEIGHT - 19,
                    8 + 6.2 * len(left), 15, CARD, plate)
        yield _text("left", x + CELL_WIDTH - 8, y + CELL_HEIGHT - 8, left)
    yield "</g>"


def _place(day: ReportDay, first: ReportDay) -> Tuple[int, int]:
    """Week and weekday; the month's first week is that of the first day that was asked for."""
    return divmod(first.date.weekday() + day.date.day - first.date.day, 7)


def _weeks(days: Sequence[ReportDay]) -> int:
    return _place(days[-1], days[0])[0] + 1


def _height(weeks: int) -> int:
    return MONTH_HEAD + weeks * (CELL_HEIGHT + GAP) - GAP


def _month(days: Sequence[ReportDay], x: float, y: float, height: int) -> Iterator[str]:
    places = sum(day.max_capacity for day in days)
    taken = sum(day.booked + day.held for day in days)
    yield _rect(x - 16, y - 8, MONTH_WIDTH + 32, height + 24, CARD, ' rx="16"')
    yield _text("month", x, y + 20, month_name(days[0].date))
    if places:
        yield _text("sub", x + MONTH_WIDTH, y + 20, f"{taken / places:.0%} in use",
                    ' text-anchor="end"')
    for at, name in enumerate(WEEKDAYS):
        yield _text("week", x + at * (CELL_WIDTH + GAP) + CELL_WIDTH / 2, y + 48, name)
    for day in days:
        row, column = _place(day, days[0])
        yield from _day(day, x + column * (CELL_WIDTH + GAP),
                        y + MONTH_HEAD + row * (CELL_HEIGHT + GAP))


def _legend(x: float, y: float) -> Iterator[str]:
    for name, fill, step in (("booked", BOOKED, 92), ("held", "url(#held)", 76),
                             ("free", FREE, 72), ("blacked out", "url(#blackout)", 118)):
        yield _rect(x, y - 13, 18, 18, fill, ' rx="5"')
        yield _text("key", x + 25, y + 1, name)
        x += step
    yield _rect(x + 0.5, y - 12.5, 17, 17, "none",
                f' rx="5" stroke="{FAINT_INK}" stroke-dasharray="3 3"')
    yield _text("key", x + 25, y + 1, "no places set")
    yield _text("sub", x + 132, y + 1, "The number on a day: places left.")


def picture(name: str, report: CapacityReport) -> str:
    months = by_month(report.days)
    columns = 2 if len(months) == 4 else min(COLUMNS_MAX, len(months))
    rows = [months[at:at + columns] for at in range(0, len(months), columns)]
    heights = [_height(max(map(_weeks, row))) for row in rows]
    months_width = columns * (MONTH_WIDTH + MONTH_GAP) - MONTH_GAP
    width = max(months_width + 32, 730) + 2 * MARGIN
    title = shortened(name, (width - 2 * MARGIN) // TITLE_CHARACTER)
    height = HEADER + sum(heights) + len(rows) * MONTH_GAP + 8
    lines: List[str] = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" role="img">',
        f"<title>{escape(name)}, {span(report)}</title>", DEFINITIONS,
        _rect(0, 0, width, height, PAPER), _text("title", MARGIN, 54, title),
        _text("sub", MARGIN, 80, f"{span(report)}: {summary(report)}"),
        *_legend(MARGIN, 112)]
    y = HEADER
    for row, row_height in zip(rows, heights):
        for column, month in enumerate(row):
            x = MARGIN + 16 + column * (MONTH_WIDTH + MONTH_GAP)
            lines += _month(month, x, y + 8, row_height)
        y += row_height + MONTH_GAP
    return "\n".join([*lines, "</svg>"]) + "\n"
