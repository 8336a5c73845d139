"""An open engine of the C ABI, and all that must live as long as it does."""

import ctypes
import datetime
import logging
import os
import warnings
import weakref
from ctypes import c_uint64, string_at
from typing import Any, List, Optional

from . import _ffi
from ._convert import STR, Writer, failure
from ._ffi import library
from .clock import TestClock

LOG_LEVELS = {
    _ffi.LOG_DEBUG: logging.DEBUG,
    _ffi.LOG_INFO: logging.INFO,
    _ffi.LOG_WARNING: logging.WARNING,
    _ffi.LOG_ERROR: logging.ERROR,
}
_write_options = Writer(_ffi.Options, optional=[
    "timezone", "hold_ttl", "max_hold_lifetime", "lock_timeout", "retry_timeout", "lanes",
    "readers", "queue_max"])


ERROR_SIZE = ctypes.sizeof(_ffi.Error)


def new_error() -> _ffi.Error:
    return _ffi.Error(ERROR_SIZE)


def _log_function(logger: logging.Logger) -> Any:
    def log(_user_data: object, level: int, line: _ffi.Str) -> None:
        logger.log(LOG_LEVELS.get(level, logging.WARNING), "%s",
                   string_at(*STR.unpack(line)).decode(errors="replace"))
    return _ffi.LogFn(log)


def _forget(engine: int, process: int, _callbacks: List[Any]) -> None:
    if process == os.getpid():
        warnings.warn("a Holdfast engine was not closed", ResourceWarning, stacklevel=2)
        library.close(engine, None)


class Handle:
    """Numbers an engine and keeps the functions that the library calls."""

    def __init__(self, uri: str, *, timezone: Optional[str] = None,
                 hold_ttl: Optional[datetime.timedelta] = None,
                 max_hold_lifetime: Optional[datetime.timedelta] = None,
                 lock_timeout: Optional[datetime.timedelta] = None,
                 retry_timeout: Optional[datetime.timedelta] = None, lanes: Optional[int] = None,
                 readers: Optional[int] = None, queue_max: Optional[int] = None,
                 logger: Optional[logging.Logger] = None,
                 clock: Optional[TestClock] = None) -> None:
        options = _write_options(locals())
        options.abi_version = _ffi.ABI_VERSION
        self._callbacks: List[Any] = []
        if logger is not None:
            if not isinstance(logger, logging.Logger):
                raise TypeError(f"logger: expected Logger, got {type(logger).__name__}")
            options.log = self.keep(_log_function(logger))
        if clock is not None:
            if not isinstance(clock, TestClock):
                raise TypeError(f"clock: expected TestClock, got {type(clock).__name__}")
            options.clock = self.keep(_ffi.ClockFn(lambda _user_data: clock.microseconds))
        engine, error = c_uint64(), new_error()
        if library.open(options, engine, error) != _ffi.STATUS_OK:
            raise failure(error)
        self.engine: int = engine.value
        self._process = os.getpid()
        # Its arguments keep the callbacks alive, also past this object, until the engine is closed.
        self._finalizer = weakref.finalize(
            self, _forget, self.engine, self._process, self._callbacks)

    def keep(self, callback: Any) -> Any:
        self._callbacks.append(callback)
        return callback

    @property
    def open(self) -> bool:
        return self._finalizer.alive

    def close(self) -> None:
        """Again: nothing. In a forked child, whose engine it is not: nothing."""
        if not self.open or self._process != os.getpid():
            return
        error = new_error()
        if library.close(self.engine, error) != _ffi.STATUS_OK:
            raise failure(error)
        self._finalizer.detach()
