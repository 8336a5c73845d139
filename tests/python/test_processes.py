"""Threads batch, a forked child is told, nothing leaks, and the end of the process is clean."""

import asyncio
import gc
import logging
import pathlib
import threading

import holdfast
import pytest
from conftest import make_shop
from holdfast import aio
from support import DAY, FIRST, MINUTE, rounds, run_python


def test_threads_that_wait_at_once_are_committed_together(tmp_path):
    """Only calls that run without the GIL can meet in one batch."""
    shop = make_shop("blocking", f"sqlite:{tmp_path / 'b.db'}")
    resource = shop.resource(places=100_000)
    start = threading.Barrier(24)

    def caller():
        start.wait()
        for _ in range(rounds(25)):
            shop.hold(resource)

    threads = [threading.Thread(target=caller) for _ in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    metrics = shop.booking.metrics()
    assert metrics.holds_created == 24 * rounds(25)
    assert metrics.batch_size_max >= 6
    assert metrics.commands / metrics.batches > 2
    shop.booking.close()


def test_a_waiting_call_lets_other_threads_run(tmp_path):
    import sqlite3
    with holdfast.open(f"sqlite:{tmp_path / 'b.db'}", lock_timeout=30 * MINUTE) as booking:
        booking.migrate()
        other = sqlite3.connect(tmp_path / "b.db", isolation_level=None,
                                check_same_thread=False)
        other.execute("BEGIN IMMEDIATE")
        # If the call below kept the GIL, this thread could never end it.
        threading.Timer(0.3, lambda: other.execute("ROLLBACK")).start()
        booking.create_resource(type="T", name="n")


def test_awaited_calls_are_committed_together(tmp_path):
    async def main():
        async with aio.open(f"sqlite:{tmp_path / 'b.db'}") as booking:
            await booking.migrate()
            made = await asyncio.gather(*[booking.create_resource(type="T", name="n")
                                          for _ in range(200)])
            assert len({answer.resource.id for answer in made}) == 200
            assert (await booking.metrics()).batch_size_max > 20

    asyncio.run(main())


FORK = """
import os, sys, holdfast, warnings
warnings.simplefilter("ignore", DeprecationWarning)
booking = holdfast.open("memory:")
booking.migrate()
child = os.fork()
if child == 0:
    try:
        booking.create_resource(type="T", name="n")
    except RuntimeError as error:
        print(error, flush=True)
    booking.close()
    with holdfast.open("memory:") as own:
        print(own.migrate(), flush=True)
    os._exit(0) if "hard" in sys.argv else sys.exit(0)
os.waitpid(child, 0)
print(booking.create_resource(type="T", name="parent").resource.name)
booking.close()
"""


@pytest.mark.parametrize("end", ["hard", "soft"])
def test_a_forked_child_is_told_and_can_open_its_own(end):
    done = run_python("-c", FORK, end)
    assert done.returncode == 0 and done.stderr == "", done.stderr
    assert done.stdout.splitlines() == [
        "engine: opened by another process, before a fork; open one of your own",
        "Migration(schema_version=1)", "parent"]


def test_a_process_that_forgets_to_close_ends_well():
    done = run_python("-c", """
import holdfast, logging, threading
logging.basicConfig(level=logging.DEBUG)
booking = holdfast.open("memory:", logger=logging.getLogger("h"))
booking.migrate()
threading.Thread(target=lambda: [booking.metrics() for _ in range(5)]).start()
""")
    assert done.returncode == 0, done.stderr


def test_the_log_reaches_its_logger_with_levels(tmp_path):
    records = []
    logger = logging.Logger("holdfast", logging.DEBUG)
    handler = logging.Handler()
    handler.emit = records.append
    logger.addHandler(handler)
    import sqlite3
    with holdfast.open(f"sqlite:{tmp_path / 'b.db'}", logger=logger, lock_timeout=DAY / 864_000,
                       retry_timeout=DAY / 432_000) as booking:
        booking.migrate()
        other = sqlite3.connect(tmp_path / "b.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(holdfast.BookingFailed):
            booking.create_resource(type="T", name="n")
        other.close()
    assert records
    assert {record.levelname for record in records} <= {"DEBUG", "INFO", "WARNING", "ERROR"}
    assert all(record.getMessage() for record in records)


def resident_bytes():
    return int(pathlib.Path("/proc/self/statm").read_text().split()[1]) * 4096


def test_memory_stays_flat_over_many_calls(request, memory):
    """A million calls with --long. Reads and refusals, so that the tables do not grow."""
    calls = 1_000_000 if request.config.getoption("--long") else 20_000
    resource = memory.resource(places=1)
    hold = memory.hold(resource, idempotency_token="t")

    def some(count):
        for at in range(count // 4):
            memory.booking.check_availability(resource_id=resource, start_date=FIRST,
                                              end_date=FIRST)
            memory.booking.retrieve_hold(hold_id=hold.id)
            assert memory.hold(resource, idempotency_token="t") == hold
            try:
                memory.hold(resource)
            except holdfast.BookingRejected:
                pass

    some(8000)
    gc.collect()
    before = resident_bytes()
    some(calls)
    gc.collect()
    grown = resident_bytes() - before
    print(f"{calls} calls: {grown / 1024:.0f} KiB more")
    assert grown < 2 * 1024 * 1024


def test_awaited_calls_leave_nothing_behind():
    async def main():
        async with aio.open("memory:") as booking:
            await booking.migrate()
            resource = (await booking.create_resource(type="T", name="n")).resource.id

            async def some(count):
                for _ in range(count // 100):
                    await asyncio.gather(*[booking.retrieve_resource(resource_id=resource)
                                           for _ in range(100)])

            await some(4000)
            gc.collect()
            before = resident_bytes()
            await some(8000)
            gc.collect()
            assert resident_bytes() - before < 2 * 1024 * 1024
            assert not booking._inbox.waiting

    asyncio.run(main())
