"""The table of campaigns in tests/README.md, from the figures that they wrote.

figures.py add FILE CAMPAIGN PART whole|share COUNT UNIT WRONG SECONDS SEED     one more line
figures.py table FILE                                                           merges the lines

A campaign's row is the sum of the newest line of each of its parts that was played whole. As long
as some are missing the row says so, and does not take the place of one in which none is.
"""

import datetime
import pathlib
import sys

PAGE = pathlib.Path(__file__).resolve().parent.parent / "README.md"
BEGIN, END = "<!-- last figures -->\n", "<!-- end of last figures -->"

# Name: what must hold, and how many parts it has.
CAMPAIGNS = {
    "every short story": ("no story of seven steps breaks a law", 1),
    "the time machine": ("whatever fails around the core, answers, books and tables agree", 1),
    "three witnesses": ("every backend and language gives the answers of one model", 1),
    "snake charmer": ("the same, against a model in Python, for what nobody thought of", 3),
    "guillotine": ("wherever a connection ends, the answer agrees with the tables", 28),
    "herd": ("of many processes at once exactly as many get a place as there are", 2),
    "plug": ("what was acknowledged outlives each kill, once", 3),
    "failover": ("a synchronous standby has all that was acknowledged; another says so", 2),
    "clocks": ("no clock that jumps or is wrong ends a hold early or sells twice", 2),
    "storm": ("a token has one effect, however often it is sent", 1),
    "neighbours": ("a full disk or a stranger in the file does no harm", 7),
    "no memory": ("wherever memory ends, the answer agrees with the rows", 9),
    "bad disk": ("wherever the disk fails, the answer agrees with the rows", 4),
    "drop dead": ("wherever a host dies, its successor ends in one effect", 3),
    "zoo": ("each wrong build is caught by its test", 1),
    "fuzz": ("no input does harm", 10),
}
UNFINISHED = "so far"
HEAD = ("| campaign | what must hold | played | wrong | time | seed | date |\n"
        "|---|---|---|---|---|---|---|\n")


def read(file):
    """The newest line of each part that was played whole: campaign -> part -> fields."""
    newest = {}
    for line in pathlib.Path(file).read_text().splitlines():
        date, campaign, part, length, count, unit, wrong, seconds, seed = line.split("\t")
        if length == "whole":
            newest.setdefault(campaign, {})[part] = (int(count), unit, int(wrong), int(seconds),
                                                     seed, date)
    return newest


def duration(seconds):
    return f"{seconds} s" if seconds < 120 else f"{round(seconds / 60)} min"


def row(name, parts):
    counts, units, wrong, seconds, seeds, dates = zip(*parts.values())
    of = CAMPAIGNS[name][1]
    seed = "several" if len(set(seeds)) > 1 else seeds[0] or "none"
    only = f", {len(parts)} of {of} parts {UNFINISHED}" if len(parts) < of else ""
    return (f"| {name} | {CAMPAIGNS[name][0]} | {sum(counts):,} {units[0]}{only} | {sum(wrong)} | "
            f"{duration(sum(seconds))} | {seed} | {max(dates)} |")


def rows_of(text):
    """The page's own rows: name -> row."""
    lines = text.split(BEGIN)[1].split(END)[0].splitlines()[2:]
    return {line.split("|")[1].strip(): line for line in lines}


def table(file):
    text = PAGE.read_text()
    rows, newest = rows_of(text), read(file)
    for name, (promise, count) in CAMPAIGNS.items():
        parts = newest.get(name, {})
        before = rows.setdefault(name, f"| {name} | {promise} | nothing {UNFINISHED} | | | | |")
        if len(parts) >= count or (parts and f" {UNFINISHED} |" in before):
            rows[name] = row(name, parts)
        if len(parts) < count:
            print(f"{name}: {len(parts)} of its {count} parts were played whole")
    body = "".join(rows[name] + "\n" for name in CAMPAIGNS)
    PAGE.write_text(text.split(BEGIN)[0] + BEGIN + HEAD + body + END + text.split(END)[1])


def add(file, *fields):
    today = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d")
    with open(file, "a", encoding="utf-8") as out:
        out.write("\t".join([today, *fields]) + "\n")


if __name__ == "__main__":
    {"add": add, "table": table}[sys.argv[1]](*sys.argv[2:])
