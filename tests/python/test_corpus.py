"""The corpus of tests/corpus, told through Python; its README says how an answer is written."""

import collections
import dataclasses
import datetime
import itertools
import json
import re

import holdfast
import pytest
from support import ROOT, UTC, WAYS

CORPUS = ROOT / "tests" / "corpus"
ID = re.compile(r"(res|cap|hold|alloc|blk|grp|tok)_[0-9A-Z]{26}(_[0-9A-Z]{26}|_[0-9]{8})?")
DAYS = ("start_date", "end_date")
LISTED_BY_ID = {"search_availability": ["resources"], "metrics": ["use"],
                "list_resources": ["items"], "list_holds": ["items"],
                "list_allocations": ["items"], "list_blackouts": ["items"],
                "cancel_allocation": ["allocations"], "create_blackout": ["holds", "allocations"]}
# What only some languages answer, and counters of how the work was done.
UNTOLD = {"retrieve_resource": ("replayed",), "retrieve_hold": ("replayed",),
          "extend_holds": ("group_id",), "release_holds": ("group_id",),
          "delete_blackout": ("holds", "allocations"),
          "metrics": ("batches", "commands", "batch_size_max", "storage_retries", "lock_waits",
                      "lock_timeouts", "queue_depth", "prometheus")}


def scenarios():
    return sorted(path.stem for path in CORPUS.glob("*.json"))


# ---- a request -----------------------------------------------------------------------------------


class Misuse(Exception):
    """What cannot even be said in Python: a day that does not exist."""


def day(name, text):
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        raise Misuse(name) from None


def argument(name, value):
    if value is None:
        return name, None
    if name in DAYS:
        return name, day(name, value)
    if name == "dates":
        return name, [day(name, each) for each in value]
    if name == "ttl_ms":
        return "ttl", datetime.timedelta(milliseconds=value)
    if name == "older_than_hours":
        return "older_than", datetime.timedelta(hours=value)
    if name == "items":
        return name, [holdfast.HoldItem(**dict(argument(*field) for field in item.items()))
                      for item in value]
    return name, value


def instant(text):
    return datetime.datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)


# ---- an answer -----------------------------------------------------------------------------------


def told(value):
    """As plain JSON; an empty text is none."""
    if dataclasses.is_dataclass(value):
        return {field.name: told_field(field.name, getattr(value, field.name))
                for field in dataclasses.fields(value)}
    if isinstance(value, datetime.datetime):
        return value.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, (list, tuple)):
        return [told(each) for each in value]
    return None if value == "" else value


def told_field(name, value):
    if name == "metadata":
        return value
    if name in ("rejections", "failures"):
        return {code: count for code, count in value.items() if count}
    return told(value)


def told_answer(operation, answer):
    untold = UNTOLD.get(operation, ())
    return {name: value for name, value in told(answer).items() if name not in untold}


def told_refusal(details):
    fields = told(details)
    del fields["message"]
    return {"rejected": fields}


class Names:
    """Ids by their kind and a number, in the order in which they turn up."""

    def __init__(self):
        self.names = {}
        self.kinds = collections.Counter()

    def __call__(self, match):
        found = match.group(0)
        if found not in self.names:
            kind = match.group(1)
            self.kinds[kind] += 1
            self.names[found] = f"{kind}_{self.kinds[kind]}"
        return self.names[found]

    def order(self, row):
        order = list(self.names)
        name = row.get("id") or row["resource_id"]
        return order.index(name) if name in order else len(order)

    def settle(self, operation, answer):
        """Rows of one instant are listed by ids that come by chance."""
        inside = answer.get("rejected", answer)
        for name in LISTED_BY_ID.get(operation, []):
            if inside.get(name):
                groups = itertools.groupby(inside[name], key=lambda row: row.get("created_at"))
                inside[name] = [row for _, rows in groups for row in sorted(rows, key=self.order)]


# ---- a scenario ----------------------------------------------------------------------------------


def resolve(value, answers):
    if isinstance(value, str) and value.startswith("$"):
        at, *path = value[1:].split(".")
        found = answers[at]
        for step in path:
            found = found[int(step)] if isinstance(found, list) else found[step]
        return found
    if isinstance(value, list):
        return [resolve(each, answers) for each in value]
    if isinstance(value, dict):
        return {name: resolve(each, answers) for name, each in value.items()}
    return value


def ask(booking, operation, request):
    try:
        arguments = dict(argument(*field) for field in request.items())
        return told_answer(operation, getattr(booking, operation)(**arguments))
    except holdfast.BookingRejected as refused:
        return told_refusal(refused.details)
    except holdfast.BookingFailed as failed:
        retry = failed.retry.upper().replace("-", "_")
        return {"failed": {"code": failed.code, "retry": retry}}
    except Misuse as misuse:
        return {"misuse": str(misuse)}
    except (TypeError, ValueError) as misuse:
        return {"misuse": re.match(r"\w+", str(misuse)).group(0)}


def play(steps, booking, clock):
    answers, names = {}, Names()
    for step in steps:
        if "at" in step:
            clock.set(instant(step["at"]))
            yield json.dumps({"at": step["at"]}, separators=(",", ":"))
            continue
        answer = ask(booking, step["ask"], resolve(step.get("with", {}), answers))
        names.settle(step["ask"], answer)
        line = json.dumps(answer, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        yield ID.sub(names, line)
        if "as" in step:
            answers[step["as"]] = answer


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("scenario", scenarios())
def test_the_corpus_is_answered_as_everywhere(scenario, way, fresh_uri):
    steps = json.loads((CORPUS / f"{scenario}.json").read_text(encoding="utf-8"))["steps"]
    clock = holdfast.TestClock(instant(steps[0]["at"]))
    booking = WAYS[way](fresh_uri, clock=clock)
    try:
        booking.migrate()
        lines = list(play(steps, booking, clock))
    finally:
        booking.close()
    expected = (CORPUS / f"{scenario}.answers").read_text(encoding="utf-8")
    assert "".join(f"{line}\n" for line in lines) == expected
