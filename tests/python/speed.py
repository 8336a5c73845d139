"""What a call costs from Python, against an optimised library. Fails over the bound.

    HOLDFAST_LIBRARY=build/release/libholdfast.so PYTHONPATH=bindings/python \\
        python3 tests/python/speed.py

The bound is on the smallest mean of many short runs: what the crossing costs when nothing else
takes the processor away. The other figures are for information.
"""

import asyncio
import datetime
import sys
import time

import holdfast
from holdfast import aio

BOUND_US = 25
CALLS, RUNS = 20, 1500
DAY = datetime.date(2099, 7, 1)


def smallest_mean_us(call):
    means = []
    for _ in range(RUNS):
        began = time.perf_counter()
        for _ in range(CALLS):
            call()
        means.append((time.perf_counter() - began) / CALLS * 1e6)
    return min(means)


def calls(booking):
    resource = booking.create_resource(type="TOUR", name="Reef").resource.id
    booking.initialize_capacity(resource_id=resource, start_date=DAY, end_date=DAY,
                                daily_capacity=1_000_000)
    held = booking.create_hold(resource_id=resource, dates=[DAY], idempotency_token="t").hold.id
    yield "create_hold", lambda: booking.create_hold(resource_id=resource, dates=[DAY])
    yield "create_hold, replayed", lambda: booking.create_hold(
        resource_id=resource, dates=[DAY], idempotency_token="t")
    yield "retrieve_hold", lambda: booking.retrieve_hold(hold_id=held)
    yield "check_availability", lambda: booking.check_availability(
        resource_id=resource, start_date=DAY, end_date=DAY)


async def awaited_us():
    async with aio.open("memory:") as booking:
        await booking.migrate()
        resource = (await booking.create_resource(type="TOUR", name="Reef")).resource.id
        await booking.initialize_capacity(resource_id=resource, start_date=DAY, end_date=DAY,
                                          daily_capacity=1_000_000)
        means = []
        for _ in range(RUNS):
            began = time.perf_counter()
            await asyncio.gather(*[booking.create_hold(resource_id=resource, dates=[DAY])
                                   for _ in range(CALLS)])
            means.append((time.perf_counter() - began) / CALLS * 1e6)
        return min(means)


def main():
    with holdfast.open("memory:") as booking:
        booking.migrate()
        figures = {name: smallest_mean_us(call) for name, call in calls(booking)}
    for name, figure in figures.items():
        print(f"{name:<28} {figure:6.1f} us")
    print(f"{'create_hold, awaited by 20':<28} {asyncio.run(awaited_us()):6.1f} us")
    slow = figures["create_hold"] > BOUND_US
    print(f"one hold: {figures['create_hold']:.1f} us, at most {BOUND_US}: "
          f"{'TOO SLOW' if slow else 'holds'}")
    return int(slow)


if __name__ == "__main__":
    sys.exit(main())
