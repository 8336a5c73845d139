"""The engine whose calls are awaited: holdfast.aio.open(uri) and the same methods.

A call is queued with the library's submit, and the event loop goes on. When answers are ready the
library's thread wakes the loop, which collects them; no thread of Python's own is involved.
"""

import asyncio
import functools
import itertools
from ctypes import c_size_t
from types import TracebackType
from typing import TYPE_CHECKING, Any, Callable, Coroutine, Dict, Generator, Optional, Tuple, Type
from typing import TypeVar

from . import _ffi
from . import _operations as operations
from ._convert import answer, failure
from ._ffi import library
from ._handle import Handle, new_error
from ._operations import Call
from .engine import signature_of

if TYPE_CHECKING:
    from typing_extensions import Concatenate, ParamSpec

    P = ParamSpec("P")

T = TypeVar("T")
AT_ONCE = 64


class _Inbox:
    """The submits of one engine that wait for their answer.

    The wake-up refers to it and not to the engine, so that an engine that nobody has any more
    can go.
    """

    def __init__(self, engine: int, loop: asyncio.AbstractEventLoop) -> None:
        self.engine = engine
        self.loop = loop
        self.waiting: Dict[int, Tuple[Call[Any], "asyncio.Future[Any]"]] = {}
        self._tags = itertools.count(1)
        self._completions = (_ffi.Completion * AT_ONCE)()

    def submit(self, call: Call[T]) -> "asyncio.Future[T]":
        tag, error = next(self._tags), new_error()
        future: "asyncio.Future[T]" = self.loop.create_future()
        self.waiting[tag] = (call, future)
        if call.submit(self.engine, call.request, tag, error):
            del self.waiting[tag]
            raise failure(error, call.request)
        return future

    def wake(self, _user_data: object) -> None:
        """On a thread of the library's."""
        try:
            self.loop.call_soon_threadsafe(self.drain)
        except RuntimeError:  # the loop is closed: nobody waits any more
            pass

    def drain(self) -> None:
        count, error = c_size_t(AT_ONCE), new_error()
        while count.value == AT_ONCE:
            if library.drain(self.engine, self._completions, AT_ONCE, count, error):
                return  # closed since it was woken; close() has collected everything
            for at in range(count.value):
                self._settle(self._completions[at])

    def _settle(self, completion: Any) -> None:
        call, future = self.waiting.pop(completion.tag)
        result: Optional[int] = completion.result
        if future.done():  # cancelled: done all the same, but nobody asks
            library.result_free(result)
        elif result is None:
            future.set_exception(failure(completion.error, call.request))
        else:
            try:
                future.set_result(answer(result, call.read))
            except Exception as error:
                future.set_exception(error)


def _awaited(make: "Callable[P, Call[T]]") \
        -> "Callable[Concatenate[AsyncEngine, P], Coroutine[Any, Any, T]]":
    @functools.wraps(make)
    async def method(self: "AsyncEngine", /, *args: "P.args", **kwargs: "P.kwargs") -> T:
        return await self._submit(make(*args, **kwargs))

    setattr(method, "__signature__", signature_of(make))
    return method


class AsyncEngine:
    """An open engine; made by `holdfast.aio.open`. It belongs to the event loop that opened it.

    A call that is cancelled is not awaited any more, but may be carried out.
    """

    def __init__(self, handle: Handle) -> None:
        self._handle = handle
        self._inbox = _Inbox(handle.engine, asyncio.get_running_loop())
        wakeup, error = handle.keep(_ffi.WakeupFn(self._inbox.wake)), new_error()
        if library.set_wakeup(handle.engine, wakeup, None, error):
            raise failure(error)

    def _submit(self, call: Call[T]) -> "asyncio.Future[T]":
        if asyncio.get_running_loop() is not self._inbox.loop:
            raise RuntimeError("engine: opened on another event loop; open one of your own")
        return self._inbox.submit(call)

    async def close(self) -> None:
        """What has begun is done and answered, the rest ends as CLOSED. Again: nothing.

        In a forked child, whose engine it is not: nothing.
        """
        if not self._handle.open:
            return
        await asyncio.shield(self._inbox.loop.run_in_executor(None, self._stop))
        self._inbox.drain()
        await asyncio.shield(self._inbox.loop.run_in_executor(None, self._handle.close))

    def _stop(self) -> None:
        # What goes wrong here goes wrong in close too, which says so.
        library.stop(self._handle.engine, None)

    async def __aenter__(self) -> "AsyncEngine":
        return self

    async def __aexit__(self, kind: Optional[Type[BaseException]], error: Optional[BaseException],
                        where: Optional[TracebackType]) -> None:
        await self.close()

    def __repr__(self) -> str:
        return f"<holdfast.aio.AsyncEngine, {'open' if self._handle.open else 'closed'}>"

    create_resource = _awaited(operations.create_resource)
    update_resource = _awaited(operations.update_resource)
    retrieve_resource = _awaited(operations.retrieve_resource)
    list_resources = _awaited(operations.list_resources)
    delete_resource = _awaited(operations.delete_resource)
    restore_resource = _awaited(operations.restore_resource)
    initialize_capacity = _awaited(operations.initialize_capacity)
    adjust_capacity = _awaited(operations.adjust_capacity)
    check_availability = _awaited(operations.check_availability)
    search_availability = _awaited(operations.search_availability)
    get_capacity_report = _awaited(operations.get_capacity_report)
    create_hold = _awaited(operations.create_hold)
    create_holds = _awaited(operations.create_holds)
    extend_hold = _awaited(operations.extend_hold)
    extend_holds = _awaited(operations.extend_holds)
    confirm_hold = _awaited(operations.confirm_hold)
    confirm_holds = _awaited(operations.confirm_holds)
    release_hold = _awaited(operations.release_hold)
    release_holds = _awaited(operations.release_holds)
    retrieve_hold = _awaited(operations.retrieve_hold)
    list_holds = _awaited(operations.list_holds)
    cleanup_expired_holds = _awaited(operations.cleanup_expired_holds)
    move_hold = _awaited(operations.move_hold)
    cancel_allocation = _awaited(operations.cancel_allocation)
    move_allocation = _awaited(operations.move_allocation)
    list_allocations = _awaited(operations.list_allocations)
    create_blackout = _awaited(operations.create_blackout)
    list_blackouts = _awaited(operations.list_blackouts)
    delete_blackout = _awaited(operations.delete_blackout)
    migrate = _awaited(operations.migrate)
    verify = _awaited(operations.verify)
    metrics = _awaited(operations.metrics)
    prune = _awaited(operations.prune)


class _Opening:
    """`await open(...)` and `async with open(...) as engine`. Connects on a thread of the loop's
    executor."""

    def __init__(self, connect: Callable[[], Handle]) -> None:
        self._connect = connect
        self._engine: Optional[AsyncEngine] = None

    async def _open(self) -> AsyncEngine:
        handle = await asyncio.get_running_loop().run_in_executor(None, self._connect)
        return AsyncEngine(handle)

    def __await__(self) -> Generator[Any, None, AsyncEngine]:
        return self._open().__await__()

    async def __aenter__(self) -> AsyncEngine:
        self._engine = await self._open()
        return self._engine

    async def __aexit__(self, kind: Optional[Type[BaseException]], error: Optional[BaseException],
                        where: Optional[TracebackType]) -> None:
        if self._engine is not None:
            await self._engine.close()


def _opening(connect: "Callable[P, Handle]") -> "Callable[P, _Opening]":
    @functools.wraps(connect)
    def open(*args: "P.args", **kwargs: "P.kwargs") -> _Opening:
        return _Opening(functools.partial(connect, *args, **kwargs))

    return open


open = _opening(Handle)
