"""What every runner shares: arguments, ids, the closed loop of callers, the line of the result."""

import argparse
import datetime
import hashlib
import json
import os
import platform
import random
import resource as system
import sys
import threading
import time
from typing import Any, NamedTuple, Protocol

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
PAIRS = [a + b for a in ALPHABET for b in ALPHABET]
TTL_MINUTES = 30
EMAIL = "guest@example.com"
FAILURES_MAX = 1000


class Refusal(Exception):
    """An outcome that ends the request without a hold; never a fault."""


class HoldRequest(NamedTuple):
    resource: str
    dates: list[str]
    quantity: int
    email: str
    holder: str
    token: str


class Shop(Protocol):
    """What a runner measures. What makes something answers its id."""

    def create_hold(self, request: HoldRequest) -> str: ...
    def confirm_hold(self, hold_id: str, holder: str, order_id: str, line_id: str) -> str: ...
    def release_hold(self, hold_id: str, holder: str) -> None: ...


def ulid() -> str:
    """48 bits of milliseconds and 80 random bits in Crockford's base 32."""
    value = time.time_ns() // 1_000_000 << 80 | random.getrandbits(80)
    return "".join([PAIRS[value >> shift & 1023] for shift in range(120, -1, -10)])


def id_for(prefix: str, resource: str) -> str:
    """The id of something that belongs to a resource; it names the resource."""
    return f"{prefix}_{resource[4:]}_{ulid()}"


def resource_of(owned: str) -> str:
    return "res_" + owned[owned.index("_") + 1:-27]


def fingerprint(request: HoldRequest) -> str:
    text = repr((request.resource, request.dates, request.quantity, request.holder))
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def arguments(**extra: Any) -> argparse.Namespace:
    """`extra`: more flags, each with its default."""
    parser = argparse.ArgumentParser()
    for name in ("uri", "shop", "workload"):
        parser.add_argument(f"--{name}", required=True)
    numbers = {"callers": 100, "seconds": 5.0, "warmup": 1.0, "seed": 1}
    for name, default in {**numbers, **extra}.items():
        parser.add_argument(f"--{name}", type=type(default), default=default)
    args = parser.parse_args()
    with open(args.shop, encoding="utf-8") as file:
        args.shop = json.load(file)
    return args


class Picks:
    """The calendar of the shop, and one caller's random choices."""

    def __init__(self, shop: dict[str, Any], seed: int) -> None:
        self.resources: list[str] = shop["resources"]
        self.stay: int = shop["stay"]
        self.random = random.Random(seed)
        first = datetime.date.fromisoformat(shop["first_day"])
        step = datetime.timedelta(days=1)
        self.days = [(first + step * i).isoformat() for i in range(shop["days"])]

    def hold(self, resource: str, dates: list[str]) -> HoldRequest:
        token = f"tok_{random.getrandbits(96):024x}"
        return HoldRequest(resource, dates, 1, EMAIL, "", token)

    def spread(self) -> HoldRequest:
        start = int(self.random.random() * (len(self.days) - self.stay + 1))
        resource = self.resources[int(self.random.random() * len(self.resources))]
        return self.hold(resource, self.days[start:start + self.stay])

    def hot(self) -> HoldRequest:
        return self.hold(self.resources[0], self.days[:1])


def spread(shop: Shop, picks: Picks) -> None:
    shop.create_hold(picks.spread())


def hot(shop: Shop, picks: Picks) -> None:
    shop.create_hold(picks.hot())


def confirm(shop: Shop, picks: Picks) -> None:
    hold_id = shop.create_hold(picks.spread())
    shop.confirm_hold(hold_id, "", f"ord_{random.getrandbits(96):024x}", "line_1")


def release(shop: Shop, picks: Picks) -> None:
    shop.release_hold(shop.create_hold(picks.spread()), "")


WORKLOADS = {"spread": spread, "hot": hot, "confirm": confirm, "release": release}


class Window:
    """The measured part; its edges are moments of the clock, its samples belong to each caller."""

    def __init__(self, seconds: float, warmup: float) -> None:
        self.opens = time.perf_counter() + warmup
        self.closes = self.opens + seconds
        self.lock = threading.Lock()
        self.failures = 0

    def note(self, error: Exception) -> None:
        with self.lock:
            self.failures += 1
            if self.failures == 1:
                print(repr(error), file=sys.stderr)


class Caller(threading.Thread):
    def __init__(self, shop: Shop, workload: str, picks: Picks, window: Window) -> None:
        super().__init__(daemon=True)
        self.shop, self.picks, self.window = shop, picks, window
        self.iterate = WORKLOADS[workload]
        self.done = self.refused = self.total_done = 0
        self.samples: list[float] = []

    def run(self) -> None:
        window, clock = self.window, time.perf_counter
        since = clock()
        while since < window.closes and window.failures < FAILURES_MAX:
            accepted = True
            try:
                self.iterate(self.shop, self.picks)
                self.total_done += 1
            except Refusal:
                accepted = False
            except Exception as error:  # any fault voids the row; the others go on
                window.note(error)
                since = clock()
                continue
            now = clock()
            if window.opens <= now < window.closes:
                self.done += accepted
                self.refused += not accepted
                self.samples.append(now - since)
            since = now


def quantile(ordered: list[float], share: float) -> int | None:
    if not ordered:
        return None
    return round(ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1e6)


def measure(shop: Shop, args: argparse.Namespace, versions: dict[str, str]) -> None:
    """Runs the callers to the end and prints the one line."""
    window = Window(args.seconds, args.warmup)
    callers = [Caller(shop, args.workload, Picks(args.shop, args.seed * 65_537 + i), window)
               for i in range(args.callers)]
    for caller in callers:
        caller.start()
    time.sleep(max(0.0, window.opens - time.perf_counter()))
    cpu = time.process_time()
    time.sleep(max(0.0, window.closes - time.perf_counter()))
    cpu = time.process_time() - cpu
    for caller in callers:
        caller.join()
    ordered = sorted(sample for caller in callers for sample in caller.samples)
    print(json.dumps({
        "done": sum(caller.done for caller in callers),
        "refused": sum(caller.refused for caller in callers),
        "failed": window.failures,
        "seconds": args.seconds,
        "p50_us": quantile(ordered, 0.5),
        "p95_us": quantile(ordered, 0.95),
        "p99_us": quantile(ordered, 0.99),
        "max_us": quantile(ordered, 1.0),
        "cpu_s": cpu,
        "total_done": sum(caller.total_done for caller in callers),
        "maxrss_kib": system.getrusage(system.RUSAGE_SELF).ru_maxrss,
        "batch_mean": None,
        "versions": {"python": platform.python_version(), **versions},
    }), flush=True)
    # The threads of a pool need not end in order: every transaction is over.
    os._exit(0)
