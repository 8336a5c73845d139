"""The engine whose calls wait for their answer."""

import functools
import inspect
from ctypes import c_void_p
from types import TracebackType
from typing import TYPE_CHECKING, Any, Callable, Optional, Type, TypeVar

from . import _ffi
from . import _operations as operations
from ._convert import answer, failure
from ._handle import Handle, new_error
from ._operations import Call

if TYPE_CHECKING:
    from typing_extensions import Concatenate, ParamSpec

    P = ParamSpec("P")

T = TypeVar("T")


def signature_of(function: Callable[..., Any]) -> inspect.Signature:
    """A method's, for inspect and help(): what is wrapped has no self."""
    found = inspect.signature(function)
    self_parameter = inspect.Parameter("self", inspect.Parameter.POSITIONAL_ONLY)
    return found.replace(parameters=[self_parameter, *found.parameters.values()],
                         return_annotation=inspect.Signature.empty)


def _waiting(make: "Callable[P, Call[T]]") -> "Callable[Concatenate[Engine, P], T]":
    @functools.wraps(make)
    def method(self: "Engine", /, *args: "P.args", **kwargs: "P.kwargs") -> T:
        return self._ask(make(*args, **kwargs))

    setattr(method, "__signature__", signature_of(make))
    return method


class Engine:
    """An open engine; made by `holdfast.open`. Threads: any, at once.

    A refusal raises BookingRejected, a question without an answer BookingFailed, a call that is
    wrong in itself TypeError or ValueError.
    """

    def __init__(self, handle: Handle) -> None:
        self._handle = handle

    def _ask(self, call: Call[T]) -> T:
        result, error = c_void_p(), new_error()
        if call.ask(self._handle.engine, call.request, result, error):
            raise failure(error, call.request)
        assert result.value is not None
        return answer(result.value, call.read)

    def close(self) -> None:
        """Waits for calls of other threads, which end with a real answer or CLOSED. Again: nothing.

        In a forked child, whose engine it is not: nothing.
        """
        self._handle.close()

    def __enter__(self) -> "Engine":
        return self

    def __exit__(self, kind: Optional[Type[BaseException]], error: Optional[BaseException],
                 where: Optional[TracebackType]) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<holdfast.Engine, {'open' if self._handle.open else 'closed'}>"

    create_resource = _waiting(operations.create_resource)
    update_resource = _waiting(operations.update_resource)
    retrieve_resource = _waiting(operations.retrieve_resource)
    list_resources = _waiting(operations.list_resources)
    delete_resource = _waiting(operations.delete_resource)
    restore_resource = _waiting(operations.restore_resource)
    initialize_capacity = _waiting(operations.initialize_capacity)
    adjust_capacity = _waiting(operations.adjust_capacity)
    check_availability = _waiting(operations.check_availability)
    search_availability = _waiting(operations.search_availability)
    get_capacity_report = _waiting(operations.get_capacity_report)
    create_hold = _waiting(operations.create_hold)
    create_holds = _waiting(operations.create_holds)
    extend_hold = _waiting(operations.extend_hold)
    extend_holds = _waiting(operations.extend_holds)
    confirm_hold = _waiting(operations.confirm_hold)
    confirm_holds = _waiting(operations.confirm_holds)
    release_hold = _waiting(operations.release_hold)
    release_holds = _waiting(operations.release_holds)
    retrieve_hold = _waiting(operations.retrieve_hold)
    list_holds = _waiting(operations.list_holds)
    cleanup_expired_holds = _waiting(operations.cleanup_expired_holds)
    move_hold = _waiting(operations.move_hold)
    cancel_allocation = _waiting(operations.cancel_allocation)
    move_allocation = _waiting(operations.move_allocation)
    list_allocations = _waiting(operations.list_allocations)
    create_blackout = _waiting(operations.create_blackout)
    list_blackouts = _waiting(operations.list_blackouts)
    delete_blackout = _waiting(operations.delete_blackout)
    migrate = _waiting(operations.migrate)
    verify = _waiting(operations.verify)
    metrics = _waiting(operations.metrics)
    prune = _waiting(operations.prune)


def _opening(connect: "Callable[P, Handle]") -> "Callable[P, Engine]":
    @functools.wraps(connect)
    def open(*args: "P.args", **kwargs: "P.kwargs") -> Engine:
        return Engine(connect(*args, **kwargs))

    return open


open = _opening(Handle)
