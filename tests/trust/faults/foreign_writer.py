"""A stranger's program that works on the library's SQLite file, with a copy of SQLite of its own.

foreign_writer.py FILE SECONDS: takes the file for itself again and again, reads through it slowly,
checkpoints and vacuums it; says how often.
"""

import random
import sqlite3
import sys
import time


def step(file: sqlite3.Connection, chance: random.Random) -> None:
    what = chance.randrange(5)
    if what == 0:
        file.execute("BEGIN EXCLUSIVE")
        time.sleep(chance.uniform(0.001, 0.03))
        file.execute("ROLLBACK")
    elif what == 1:
        file.execute("BEGIN IMMEDIATE")
        file.execute("UPDATE resources SET description = 'mine'")
        file.execute("ROLLBACK")
    elif what == 2:
        file.execute("BEGIN")
        file.execute("SELECT count(*) FROM resource_holds").fetchall()
        time.sleep(chance.uniform(0.001, 0.03))
        file.execute("COMMIT")
    elif what == 3:
        file.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    else:
        file.execute("VACUUM")


def main(path: str, seconds: float) -> None:
    chance = random.Random(1)
    # Long, because it polls for a lock that is free for moments only: the first may be a while.
    file = sqlite3.connect(path, timeout=30, isolation_level=None)
    done = busy = 0
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            step(file, chance)
            done += 1
        except sqlite3.OperationalError:
            busy += 1
            if file.in_transaction:
                file.execute("ROLLBACK")
    print(done, busy)


main(sys.argv[1], float(sys.argv[2]))
