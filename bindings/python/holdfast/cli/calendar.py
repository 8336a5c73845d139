"""A capacity report as a calendar of WIDTH columns.

Each day has a bar of seven marks, booked, held, free from the left; what they mean shows in the
marks themselves, and in colours where there are any.
"""

import datetime
import math
import os
from typing import Iterator, List, Mapping, NamedTuple, Sequence, TextIO

from ..types import CapacityReport, ReportDay

WIDTH, BAR = 79, 7
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September",
          "October", "November", "December")


class Style(NamedTuple):
    """One mark for each state, and how each is coloured."""

    booked: str
    held: str
    free: str
    blackout: str
    colour: bool

    def paint(self, text: str, code: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.colour and code and text else text


BOOKED, HELD, FREE, BLACKOUT, FAINT, BOLD = "38;5;31", "38;5;214", "38;5;71", "38;5;245", "2", "1"
# A day's number, the hotter the fuller: none taken, to a third, to two thirds, above, full.
HEAT = ("", "30;48;5;194", "30;48;5;222", "30;48;5;215", "97;48;5;160")


def style_for(stream: TextIO, environment: Mapping[str, str] = os.environ) -> Style:
    """Colour only on a terminal, and not where NO_COLOR is set; plain marks where no others fit."""
    colour = (stream.isatty() and not environment.get("NO_COLOR")
              and environment.get("TERM") != "dumb")
    style = Style("█", "▒", "·", "╳", colour)
    try:
        "█▒·╳".encode(getattr(stream, "encoding", None) or "ascii")
    except (UnicodeEncodeError, LookupError):
        style = Style("#", "=", ".", "x", colour)
    return style


def shares(day: ReportDay, width: int) -> Sequence[int]:
    """How many of `width` marks are booked, held and free.

    Whatever is there gets a mark, however little it is; a full day has no free one.
    """
    parts = (day.booked, day.held, day.available_capacity)
    total = max(1, sum(parts))
    marks = [max(1, part * width // total) if part else 0 for part in parts]
    while sum(marks) != width:
        step = 1 if sum(marks) < width else -1
        # The one that is furthest from its share gives or takes, but none vanishes.
        wrong = [(marks[i] - part * width / total) * step for i, part in enumerate(parts)]
        able = [i for i, part in enumerate(parts) if part and marks[i] + step >= 1]
        if not able:
            break
        marks[min(able, key=wrong.__getitem__)] += step
    return marks


def bar(day: ReportDay, style: Style) -> str:
    if day.blackout and not day.booked + day.held:
        return style.paint(style.blackout * BAR, BLACKOUT)
    if day.max_capacity == 0:
        return "   " + style.paint("-", FAINT) + "   "
    booked, held, free = shares(day, BAR)
    # Inside a blackout that was kept, what would be free cannot be had.
    rest = (style.blackout, BLACKOUT) if day.blackout else (style.free, FREE)
    return (style.paint(style.booked * booked, BOOKED) + style.paint(style.held * held, HELD)
            + style.paint(rest[0] * free, rest[1]))


def heat(day: ReportDay) -> str:
    if day.max_capacity == 0 or day.blackout:
        return ""
    if day.available_capacity == 0:
        return HEAT[4]
    return HEAT[min(3, math.ceil(3 * day.utilisation))]


def weeks(days: Sequence[ReportDay], style: Style) -> Iterator[str]:
    """The lines of one month's days."""
    line = " " + " " * 11 * days[0].date.weekday()
    for day in days:
        number = f"{day.date.day:2d}"
        line += f" {style.paint(number, heat(day))} {bar(day, style)}"
        if day.date.weekday() == 6:
            yield line.rstrip()
            line = " "
    if line.strip():
        yield line.rstrip()


def by_month(days: Sequence[ReportDay]) -> List[List[ReportDay]]:
    months: List[List[ReportDay]] = []
    for day in days:
        if not months or months[-1][0].date.month != day.date.month:
            months.append([])
        months[-1].append(day)
    return months


def month_name(date: datetime.date) -> str:
    return f"{MONTHS[date.month - 1]} {date.year}"


def span(report: CapacityReport) -> str:
    return f"{report.days[0].date} to {report.days[-1].date}"


def shortened(text: str, width: int) -> str:
    return text if len(text) <= width else text[:width - 3] + "..."


def legend(style: Style) -> str:
    marks = "  ".join([
        style.paint(style.booked * 3, BOOKED) + " booked",
        style.paint(style.held * 3, HELD) + " held",
        style.paint(style.free * 3, FREE) + " free",
        style.paint(style.blackout * 3, BLACKOUT) + " blacked out",
        style.paint("-", FAINT) + " no places set",
    ])
    if not style.colour:
        return marks
    fuller = "".join(style.paint("  ", code) for code in HEAT[1:])
    return f"{marks}\n{fuller} a day's number: the hotter, the fuller; red is full"


def summary(report: CapacityReport) -> str:
    return (f"{report.booked:,} booked, {report.held:,} held, {report.available_capacity:,} free "
            f"of {report.max_capacity:,}: {report.utilisation:.0%} in use")


def calendar(name: str, report: CapacityReport, style: Style) -> str:
    days = f", {span(report)}"
    lines = [style.paint(shortened(name, WIDTH - len(days)) + days, BOLD), summary(report)]
    for month in by_month(report.days):
        lines += ["", style.paint(month_name(month[0].date), BOLD),
                  style.paint("  " + " ".join(f"{name:<10}" for name in WEEKDAYS).rstrip(), FAINT)]
        lines += weeks(month, style)
    return "\n".join([*lines, "", legend(style)])
