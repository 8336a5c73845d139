"""The command line: what an operator needs without writing code."""

import argparse
import datetime
import os
import sys
from typing import Any, List, Optional

from .. import __version__
from ..engine import open
from ..errors import BookingFailed, BookingRejected
from . import commands, output

REFUSED, FAILED, FAILED_FOR_NOW, INTERRUPTED = 3, 4, 5, 130
USAGE = 2

EXIT_CODES = """exit codes:
  0  done
  1  done, and there is a finding: verify saw violations
  2  the command line is wrong, or a value in it
  3  refused by the engine (no such resource, ...)
  4  failed, and would fail again (bad address, not migrated, ...)
  5  failed, and may succeed when tried again (database away, busy, ...)

The address is sqlite:FILE, postgres://... or memory:. HOLDFAST_URI keeps a password off the
command line. A RESOURCE is an id, or a name that only one resource has."""


def day(text: str) -> datetime.date:
    return datetime.date.fromisoformat(text)


def positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


def add_range(command: argparse.ArgumentParser, days: int) -> None:
    command.add_argument("--from", dest="start", type=day, metavar="DAY",
                         help="YYYY-MM-DD; today, where the resource is, if not given")
    last = command.add_mutually_exclusive_group()
    last.add_argument("--to", dest="end", type=day, metavar="DAY", help="the last day")
    last.add_argument("--days", type=positive, default=days, metavar="N",
                      help=f"how many days ({days})")


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m holdfast", description="Looks after a Holdfast database.",
        epilog=EXIT_CODES, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--version", action="version", version=f"Holdfast {__version__}")
    subparsers = parser.add_subparsers(metavar="COMMAND", required=True)

    def add(name: str, text: str) -> argparse.ArgumentParser:
        command: argparse.ArgumentParser = subparsers.add_parser(
            name, help=text, description=text)
        uri = os.environ.get("HOLDFAST_URI")
        command.add_argument("-u", "--uri", default=uri, required=uri is None,
                             help="the database's address; HOLDFAST_URI if not given")
        command.add_argument("--json", action="store_true", help="print JSON")
        command.set_defaults(command=getattr(commands, name))
        return command

    add("migrate", "bring the schema to this library's version")
    add("verify", "recompute every sum and reference; ends with 1 on violations")
    add("cleanup", "record due holds as EXPIRED").add_argument(
        "--limit", type=positive, metavar="N", help="stop after about N holds")
    command = add("resources", "list resources")
    command.add_argument("--type", help="only this type: TOUR, VEHICLE, ...")
    command.add_argument("--text", help="only with this in name or description")
    command.add_argument("--all", action="store_true", help="deleted ones too")
    command = add("availability", "what can be booked")
    command.add_argument("resources", nargs="*", metavar="RESOURCE",
                         help="all active ones if not given")
    command.add_argument("--type", help="only this type")
    command.add_argument("--quantity", type=positive, default=1, metavar="N", help="places (1)")
    command.add_argument("--stay", type=positive, metavar="N",
                         help="also on which days a stay of N days can start")
    add_range(command, 14)
    command = add("report", "a resource's calendar of held, booked and free places")
    command.add_argument("resource", metavar="RESOURCE")
    command.add_argument("--svg", metavar="FILE", help="also draw it into FILE")
    add_range(command, 31)
    command = add("holds", "list holds")
    command.add_argument("--resource", metavar="RESOURCE")
    command.add_argument("--status", choices=("ACTIVE", "CONFIRMED", "RELEASED", "EXPIRED"))
    command.add_argument("--email", help="only of this customer")
    command.add_argument("--group", help="only of this group")
    add("metrics", "counters of this process and today's use, for Prometheus").add_argument(
        "resources", nargs="*", metavar="RESOURCE", help="whose use is wanted")
    return parser


def fail(arguments: argparse.Namespace, exit_code: int, error: Exception, **more: Any) -> int:
    """To standard error, as JSON where JSON was asked for."""
    text = str(error)
    if isinstance(error, OSError) and error.filename:
        text = f"{error.filename}: {error.strerror}"
    if arguments.json:
        print(output.as_json({"error": text, **more}), file=sys.stderr)
    else:
        print(f"holdfast: {text}", file=sys.stderr)
    return exit_code


def main(argv: Optional[List[str]] = None) -> int:
    arguments = parser().parse_args(argv)
    try:
        with open(arguments.uri) as engine:
            code: int = arguments.command(engine, arguments)
            sys.stdout.flush()
            return code
    except BookingRejected as error:
        return fail(arguments, REFUSED, error, code=error.code, details=error.details)
    except BookingFailed as error:
        code = FAILED if error.retry == "never" else FAILED_FOR_NOW
        return fail(arguments, code, error, code=error.code, retry=error.retry)
    except (TypeError, ValueError) as error:
        return fail(arguments, USAGE, error)
    except BrokenPipeError:
        # Whoever read the output has seen enough; Python must not try to flush the rest.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        return fail(arguments, FAILED, error)
    except KeyboardInterrupt:
        return INTERRUPTED
