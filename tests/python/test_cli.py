"""python -m holdfast: every command, as text and as JSON, its exit codes, and the calendar."""

import datetime
import io
import json
import os
import pty
import re
import sqlite3
import subprocess
import sys
import xml.etree.ElementTree

import holdfast
import pytest
from holdfast.cli import calendar, main, picture
from holdfast.cli.progress import Progress
from support import DAY, FIRST, run_python

ESCAPE = "\x1b"


@pytest.fixture
def demo(fresh_uri, backend):
    """A database with a tour of mixed days, without a clock of its own."""
    if backend == "memory":
        pytest.skip("memory ends with its process")
    with holdfast.open(fresh_uri) as booking:
        booking.migrate()
        tour = booking.create_resource(type="TOUR", name="Outer reef").resource.id
        booking.create_resource(type="GUIDE", name="Kim", is_active=False)
        booking.initialize_capacity(resource_id=tour, start_date=FIRST, end_date=FIRST + 9 * DAY,
                                    daily_capacity=4)
        booked = booking.create_hold(resource_id=tour, dates=[FIRST, FIRST + DAY], quantity=2).hold
        booking.confirm_hold(hold_id=booked.id, order_id="o")
        booking.create_hold(resource_id=tour, dates=[FIRST, FIRST + 2 * DAY], quantity=2,
                            customer_email="ann@example.com")
        booking.create_blackout(resource_id=tour, start_date=FIRST + 4 * DAY,
                                end_date=FIRST + 5 * DAY)
        booking.create_hold(resource_id=tour, dates=[FIRST + 8 * DAY],
                            ttl=datetime.timedelta(milliseconds=1))
    return fresh_uri


def run(capsys, *arguments, expect=0):
    code = main([str(argument) for argument in arguments])
    out = capsys.readouterr()
    assert code == expect, out.err
    return out.out if expect in (0, 1) else out.err


def both(capsys, uri, command, *arguments):
    text = run(capsys, command, "-u", uri, *arguments)
    return text, json.loads(run(capsys, command, "-u", uri, "--json", *arguments))


def test_migrate_and_resources(capsys, demo):
    assert both(capsys, demo, "migrate") == ("schema version 1\n", {"schema_version": 1})
    text, listed = both(capsys, demo, "resources")
    assert [line.split()[1:4] for line in text.splitlines()] == [
        ["type", "state", "timezone"], ["TOUR", "active", "Australia/Brisbane"],
        ["GUIDE", "inactive", "Australia/Brisbane"]]
    assert [one["name"] for one in listed] == ["Outer reef", "Kim"]
    assert both(capsys, demo, "resources", "--type", "GUIDE")[1] == listed[1:]
    with holdfast.open(demo) as booking:
        booking.delete_resource(resource_id=listed[1]["id"])
    assert len(both(capsys, demo, "resources")[1]) == 1
    assert "deleted" in both(capsys, demo, "resources", "--all", "--text", "kim")[0]


def test_holds_and_cleanup(capsys, demo):
    text, listed = both(capsys, demo, "holds", "--resource", "Outer reef")
    states = [line.split()[1] for line in text.splitlines()[1:]]
    assert states == ["CONFIRMED", "ACTIVE", "EXPIRED"]
    assert "2027-07-01..2027-07-02" in text and "2027-07-01..2027-07-03 (2 days)" in text
    assert [one["status"] for one in listed] == ["CONFIRMED", "ACTIVE", "EXPIRED"]
    assert len(both(capsys, demo, "holds", "--email", "ann@example.com")[1]) == 1
    assert len(both(capsys, demo, "holds", "--status", "EXPIRED")[1]) == 1
    assert run(capsys, "cleanup", "-u", demo, "--json", "--limit", 5) \
        == '{\n  "holds_expired": 1\n}\n'
    assert run(capsys, "cleanup", "-u", demo) == "0 holds expired\n"


def test_availability(capsys, demo):
    text, found = both(capsys, demo, "availability", "Outer reef", "--from", FIRST, "--to",
                       FIRST + 5 * DAY, "--quantity", 3, "--stay", 1)
    assert text.splitlines()[2].split() == ["2027-07-01", "Thu", "0", "4", "SOLD_OUT"]
    assert text.splitlines()[5].split() == ["2027-07-04", "Sun", "4", "4", "yes"]
    assert text.splitlines()[-1] == "a stay of 1 days can start on: 2027-07-04"
    assert [day["reason"] for day in found[0]["days"]] == [
        "SOLD_OUT", "SOLD_OUT", "SOLD_OUT", None, "BLACKOUT", "BLACKOUT"]
    assert found[0]["start_dates"] == ["2027-07-04"]
    assert len(both(capsys, demo, "availability", "--days", 2)[1]) == 1
    assert both(capsys, demo, "availability", "--type", "BOAT") == ("no resources\n", [])


def test_metrics(capsys, demo):
    text, found = both(capsys, demo, "metrics", "Outer reef")
    assert text.startswith("# HELP holdfast_") and "holdfast_capacity_in_use_ratio{" in text
    assert found["use"][0]["max_capacity"] == 0 and found["rejections"]["BLACKOUT"] == 0


def test_report_as_calendar_json_and_picture(capsys, demo, tmp_path):
    file = tmp_path / "reef.svg"
    text, found = both(capsys, demo, "report", "Outer reef", "--from", FIRST, "--days", 12,
                       "--svg", file)
    assert text == """\
Outer reef, 2027-07-01 to 2027-07-12
4 booked, 4 held, 32 free of 40: 20% in use

July 2027
  Mon        Tue        Wed        Thu        Fri        Sat        Sun
                                    1 ████▒▒▒  2 ████···  3 ▒▒▒▒···  4 ·······
   5 ╳╳╳╳╳╳╳  6 ╳╳╳╳╳╳╳  7 ·······  8 ·······  9 ······· 10 ······· 11    -
  12    -

███ booked  ▒▒▒ held  ··· free  ╳╳╳ blacked out  - no places set
"""
    assert (found["booked"], found["held"], found["days"][0]["utilisation"]) == (4, 4, 1.0)
    svg = xml.etree.ElementTree.parse(file).getroot()
    titles = [node.text for node in svg.iter("{http://www.w3.org/2000/svg}title")]
    assert "2027-07-01: 2 booked, 2 held, 0 free of 4" in titles
    assert "2027-07-05: 0 booked, 0 held, 4 free of 4, blacked out" in titles
    assert "2027-07-12: no places set" in titles


def test_verify_ends_with_1_on_a_violation(capsys, databases):
    uri = databases.fresh("sqlite")
    with holdfast.open(uri) as booking:
        booking.migrate()
        tour = booking.create_resource(type="T", name="n").resource.id
        booking.initialize_capacity(resource_id=tour, start_date=FIRST, end_date=FIRST,
                                    daily_capacity=4)
    text, found = both(capsys, uri, "verify")
    assert text == "1 resources, 1 days, 0 holds, 0 allocations: 0 violations\n"
    assert found["violations"] == []
    file = sqlite3.connect(uri[len("sqlite:"):])
    tables = [name for name, in file.execute("SELECT name FROM sqlite_master WHERE type='table'")]
    table = next(name for name in tables if "capacit" in name)
    with file:
        file.execute(f"UPDATE {table} SET available_capacity = 3")
    file.close()
    assert "CONSERVATION" in run(capsys, "verify", "-u", uri, expect=1)
    found = json.loads(run(capsys, "verify", "-u", uri, "--json", expect=1))
    assert found["violations"][0]["resource_id"] == tour


def test_exit_codes_tell_usage_refusal_and_failure_apart(capsys, databases, tmp_path):
    uri = databases.fresh("sqlite")
    nobody = "res_" + "0" * 26
    assert "SCHEMA" in run(capsys, "resources", "-u", uri, expect=4)
    run(capsys, "migrate", "-u", uri)
    assert "RESOURCE_NOT_FOUND" in run(capsys, "report", "-u", uri, nobody, expect=3)
    error = json.loads(run(capsys, "report", "-u", uri, "--json", nobody, expect=3))
    assert (error["code"], error["details"]["id"]) == ("RESOURCE_NOT_FOUND", nobody)
    assert run(capsys, "report", "-u", uri, "Kim", expect=2) \
        == "holdfast: resource: none is called 'Kim', see `resources`\n"
    with holdfast.open(uri) as booking:
        twins = [booking.create_resource(type="T", name="Kim").resource.id for _ in range(2)]
    assert "2 are called 'Kim'" in run(capsys, "report", "-u", uri, "Kim", expect=2)
    assert run(capsys, "report", "-u", uri, twins[0], "--days", 367, expect=3).startswith(
        "holdfast: INVALID_ARGUMENT: end_date: more than 366 days")
    away = tmp_path / "away" / "x.svg"
    assert run(capsys, "report", "-u", uri, twins[0], "--svg", away, expect=4) \
        == f"holdfast: {away}: No such file or directory\n"
    assert "CONFIGURATION" in run(capsys, "migrate", "-u", "nowhere:", expect=4)
    away = json.loads(run(capsys, "migrate", "-u", "postgres:host=127.0.0.1 port=1", "--json",
                          expect=5))
    assert (away["code"], away["retry"]) == ("UNAVAILABLE", "safe")
    for wrong in (["mygrate"], ["report", "-u", uri], ["availability", "-u", uri, "--from", "x"],
                  ["cleanup", "-u", uri, "--limit", "0"], ["resources", "-u", uri, "--jason"]):
        with pytest.raises(SystemExit) as ended:
            main(wrong)
        assert ended.value.code == 2
    capsys.readouterr()


def test_the_address_may_come_from_the_environment_and_help_lists_the_exit_codes(databases):
    uri = databases.fresh("sqlite")
    done = run_python("-m", "holdfast", "migrate", env={"HOLDFAST_URI": uri})
    assert (done.returncode, done.stdout, done.stderr) == (0, "schema version 1\n", "")
    assert "exit codes:" in run_python("-m", "holdfast", "--help").stdout
    assert run_python("-m", "holdfast", "--version").stdout == f"Holdfast {holdfast.__version__}\n"


def test_a_reader_that_has_seen_enough_is_no_error(databases):
    uri = databases.fresh("sqlite")
    with holdfast.open(uri) as booking:
        booking.migrate()
        for _ in range(300):
            booking.create_resource(type="T", name="n" * 250)
    done = subprocess.run(["bash", "-o", "pipefail", "-c",
                           f"'{sys.executable}' -m holdfast resources -u '{uri}' | head -n 1"],
                          capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def on_terminal(*arguments, **env):
    """What a terminal gets to see."""
    screen, tty = pty.openpty()
    with subprocess.Popen([sys.executable, "-m", "holdfast", *map(str, arguments)], stdout=tty,
                          stderr=tty, env={**os.environ, "TERM": "xterm", **env}) as process:
        os.close(tty)
        seen = b""
        while True:
            try:
                more = os.read(screen, 65536)
            except OSError:
                break
            if not more:
                break
            seen += more
    os.close(screen)
    assert process.returncode == 0
    return seen.decode()


def test_colour_is_for_terminals_and_honours_no_color(databases):
    uri = databases.fresh("sqlite")
    with holdfast.open(uri) as booking:
        booking.migrate()
        tour = booking.create_resource(type="T", name="n").resource.id
        booking.initialize_capacity(resource_id=tour, start_date=FIRST, end_date=FIRST,
                                    daily_capacity=4)
    report = ("report", "-u", uri, tour, "--from", FIRST)
    plain = run_python("-m", "holdfast", *report).stdout
    assert ESCAPE not in plain
    assert ESCAPE + "[38;5;71m" in on_terminal(*report)
    assert on_terminal(*report, NO_COLOR="1").replace("\r\n", "\n") == plain
    assert ESCAPE not in on_terminal(*report, TERM="dumb")
    without_colour = re.sub(r"\x1b\[[\d;]*m", "", on_terminal(*report))
    lines = without_colour.replace("\r\n", "\n").splitlines()
    assert lines[:-1] == plain.splitlines() and lines[-1].endswith("red is full")


def day(date=FIRST, places=4, held=0, booked=0, blackout=False):
    return holdfast.ReportDay(date, places, places - held - booked, held, booked, blackout,
                              (held + booked) / places if places else 0.0)


ASCII = calendar.Style("#", "=", ".", "x", False)


@pytest.mark.parametrize("one, bar", [
    (day(), "......."), (day(booked=4), "#######"), (day(held=4), "======="),
    (day(places=0), "   -   "), (day(blackout=True), "xxxxxxx"),
    (day(booked=1, blackout=True), "##xxxxx"), (day(places=1000, booked=1, held=1), "#=....."),
    (day(places=1000, booked=999), "######."), (day(places=1000, booked=998, held=1), "#####=."),
    (day(places=1_000_000, held=1_000_000), "======="),
    (day(places=3, held=1, booked=1), "##==..."),
])
def test_a_day_shows_what_there_is_however_little(one, bar):
    shown = calendar.bar(one, ASCII)
    assert len(shown) == 7
    assert set(shown) == set(bar) and (shown == bar or one.max_capacity == 3)


def test_a_terminal_without_unicode_gets_plain_marks():
    stream = io.TextIOWrapper(io.BytesIO(), encoding="latin-1")
    assert calendar.style_for(stream, {}) == ASCII


def test_a_year_fits_80_columns_and_starts_each_week_on_monday():
    days = [day(FIRST + at * DAY, places=1_000_000, booked=at * 2000) for at in range(366)]
    report = holdfast.CapacityReport("r", tuple(days), 366_000_000, 1, 0, 1, 0.5)
    shown = calendar.calendar("x" * 200, report, ASCII)
    assert max(map(len, shown.splitlines())) <= 79
    assert shown.startswith("xxx") and ", 2027-07-01 to 2028-06-30\n" in shown
    assert shown.count("Mon") == 12
    svg = xml.etree.ElementTree.fromstring(picture.picture("<&> reef", report))
    assert svg.tag.endswith("svg")
    head = [node.text for node in svg.iter() if node.get("class") == "title"]
    assert head == ["<&> reef"]


def drawn(days):
    report = holdfast.CapacityReport("r", tuple(days), 1, 1, 0, 0, 0.0)
    return xml.etree.ElementTree.fromstring(picture.picture("n" * 255, report))


def test_a_picture_begins_with_the_first_week_that_was_asked_for_and_keeps_a_long_name_inside():
    whole = drawn([day(FIRST + at * DAY) for at in range(31)])
    last_week = drawn([day(FIRST + at * DAY) for at in range(25, 31)])
    assert int(whole.get("height")) - int(last_week.get("height")) == 4 * 47
    head, = [node.text for node in whole.iter() if node.get("class") == "title"]
    assert len(head) < 50 and head.endswith("...")


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_long_work_shows_a_bar_on_a_terminal_only():
    import time
    for stream in (Terminal(), io.StringIO()):
        with Progress("verifying", stream) as progress:
            progress.note = "7 holds"
            time.sleep(0.6)
        shown = stream.getvalue()
        if not stream.isatty():
            assert shown == ""
            continue
        assert "verifying [" in shown and "7 holds" in shown
        assert shown.endswith("\r\x1b[K")
