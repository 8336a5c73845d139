"""When there is no answer: which failure, what may be done, and with which token."""

import asyncio
import socket
import threading

import holdfast
import pytest
from conftest import make_shop
from holdfast import aio
from support import DAY, FIRST, MINUTE, POSTGRES, WAYS, Blocking, locked_elsewhere

SOON = MINUTE / 200  # 300 ms


def failed(ask, **arguments):
    with pytest.raises(holdfast.BookingFailed) as caught:
        ask(**arguments)
    assert caught.value.message and str(caught.value).startswith(caught.value.code)
    return caught.value


@pytest.fixture(params=list(WAYS))
def way(request):
    return WAYS[request.param]


def test_an_address_that_is_none_is_a_matter_of_configuration(way):
    error = failed(way, uri="nowhere:")
    assert (error.code, error.retry, error.idempotency_token) == ("CONFIGURATION", "never", "")


def test_a_database_that_was_not_migrated_says_so(way, databases, backend):
    if backend == "memory":
        pytest.skip("memory is born migrated")
    booking = way(databases.fresh(backend))
    error = failed(booking.list_resources)
    assert (error.code, error.retry) == ("SCHEMA", "never")
    booking.close()


def test_a_closed_engine_says_so_and_closes_again(way):
    engine = way("memory:").engine if way is Blocking else None
    if engine is not None:
        engine.close()
        engine.close()
        assert "closed" in repr(engine)
        assert failed(engine.migrate).code == "CLOSED"
        return

    async def main():
        async with aio.open("memory:") as booking:
            await booking.migrate()
        await booking.close()
        with pytest.raises(holdfast.BookingFailed) as caught:
            await booking.migrate()
        assert caught.value.code == "CLOSED"

    asyncio.run(main())


def test_a_resource_that_stays_locked_is_busy_and_the_same_token_works_later(way, backend, uri):
    if backend == "memory":
        pytest.skip("memory is one process's own")
    shop = make_shop(way.__name__.lower(), uri, lock_timeout=SOON / 3, retry_timeout=SOON)
    resource = shop.resource(places=2)
    wanted = dict(resource_id=resource, dates=[FIRST], idempotency_token="cart")
    with locked_elsewhere(uri, resource):
        error = failed(shop.booking.create_hold, **wanted)
    assert (error.code, error.retry) == ("BUSY", "safe")
    assert not shop.booking.create_hold(**wanted).replayed, "nothing had happened"
    assert shop.booking.create_hold(**wanted).replayed
    shop.booking.close()


def test_a_full_queue_is_busy_and_every_other_answer_comes():
    async def main():
        async with aio.open("memory:", queue_max=1) as booking:
            await booking.migrate()
            asked = [booking.create_resource(type="T", name="n") for _ in range(2000)]
            answers = await asyncio.gather(*asked, return_exceptions=True)
        made = [a for a in answers if isinstance(a, holdfast.ResourceAnswer)]
        busy = [a for a in answers if isinstance(a, holdfast.BookingFailed)]
        assert len(made) + len(busy) == 2000 and made and busy
        assert {(e.code, e.retry) for e in busy} == {("BUSY", "safe")}

    asyncio.run(main())


def test_what_had_not_begun_when_the_engine_closed_ends_as_closed():
    async def main():
        booking = await aio.open("memory:")
        await booking.migrate()
        asked = [asyncio.ensure_future(booking.create_resource(type="T", name="n"))
                 for _ in range(500)]
        await asyncio.sleep(0)
        await booking.close()
        answers = await asyncio.gather(*asked, return_exceptions=True)
        assert len(answers) == 500
        assert all(isinstance(a, holdfast.ResourceAnswer) or a.code == "CLOSED" for a in answers)

    asyncio.run(main())


def test_an_await_that_is_cancelled_does_not_disturb_the_next():
    async def main():
        async with aio.open("memory:") as booking:
            await booking.migrate()
            task = asyncio.ensure_future(booking.create_resource(type="T", name="gone"))
            await asyncio.sleep(0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert (await booking.create_resource(type="T", name="n")).resource.name == "n"

    asyncio.run(main())


def test_an_engine_of_another_loop_says_so():
    async def opened():
        return await aio.open("memory:")

    async def used(booking):
        with pytest.raises(RuntimeError, match="another event loop"):
            await booking.migrate()

    loop = asyncio.new_event_loop()
    booking = loop.run_until_complete(opened())
    asyncio.run(used(booking))
    loop.run_until_complete(booking.close())
    loop.close()


def test_a_dropped_engine_is_closed_with_a_warning():
    with pytest.warns(ResourceWarning, match="not closed"):
        holdfast.open("memory:")


class Wire:
    """A TCP relay to PostgreSQL that can be cut, or lose what the server answers to a COMMIT."""

    def __init__(self):
        options = dict(word.split("=", 1) for word in POSTGRES.split() if "=" in word)
        self._target = (options.get("host", "127.0.0.1"), int(options.get("port", "5432")))
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = self._server.getsockname()[1]
        self._sockets = []
        self.lose_commits = self.down = False
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                client = self._server.accept()[0]
            except OSError:
                return
            if self.down:
                client.close()
                continue
            server = socket.create_connection(self._target)
            self._sockets += [client, server]
            for source, target, asking in ((client, server, True), (server, client, False)):
                threading.Thread(target=self._pump, args=(source, target, asking),
                                 daemon=True).start()

    def _pump(self, source, target, asking):
        try:
            while True:
                data = source.recv(65536)
                if not data:
                    break
                # The tag of the answer: the statement itself is prepared, and has no text.
                if not asking and self.lose_commits and b"COMMIT\0" in data:
                    self.down = True
                    break
                target.sendall(data)
        except OSError:
            pass
        for end in (source, target):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def cut(self):
        self.down = True
        for end in self._sockets:
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def mend(self):
        self.down = self.lose_commits = False

    def close(self):
        self._server.close()
        self.cut()


@pytest.fixture
def wire():
    if not POSTGRES:
        pytest.skip("no PostgreSQL")
    made = Wire()
    yield made
    made.close()


def through(wire, uri):
    return f"{uri} port={wire.port}"


def test_a_server_that_is_away_is_unavailable_and_safe_to_try_again(way, wire, postgres_uri):
    uri = through(wire, postgres_uri)
    booking = way(uri, retry_timeout=SOON)
    booking.migrate()
    wire.cut()
    error = failed(booking.create_resource, type="T", name="n")
    assert (error.code, error.retry) == ("UNAVAILABLE", "safe")
    assert failed(way, uri=uri, retry_timeout=SOON).code == "UNAVAILABLE"
    wire.mend()
    assert booking.create_resource(type="T", name="n").resource.name == "n"
    booking.close()


@pytest.mark.parametrize("token", [None, "cart-7", "t" * 200],
                         ids=["the engine's", "own", "own, longer than C hands back"])
def test_a_commit_without_an_answer_is_repeated_with_its_token(way, wire, postgres_uri, token):
    booking = way(through(wire, postgres_uri), retry_timeout=SOON)
    booking.migrate()
    resource = booking.create_resource(type="T", name="n").resource.id
    booking.initialize_capacity(resource_id=resource, start_date=FIRST, end_date=FIRST + DAY,
                                daily_capacity=3)
    wire.lose_commits = True
    wanted = dict(resource_id=resource, dates=[FIRST + 0 * DAY])
    error = failed(booking.create_hold, idempotency_token=token, **wanted)
    assert (error.code, error.retry) == ("UNKNOWN", "same-token")
    assert error.idempotency_token == token or (token is None and error.idempotency_token)
    wire.mend()
    again = booking.create_hold(idempotency_token=error.idempotency_token, **wanted)
    assert again.replayed
    assert len(booking.list_holds(resource_id=resource).items) == 1
    booking.close()


def test_a_confirm_whose_answer_was_lost_repeated_after_the_deadline_is_a_replay(
        way, wire, postgres_uri):
    shop = make_shop(way.__name__.lower(), through(wire, postgres_uri), retry_timeout=SOON)
    resource = shop.resource(places=1)
    hold = shop.hold(resource, ttl=MINUTE)
    wire.lose_commits = True
    wanted = dict(hold_id=hold.id, order_id="o")
    error = failed(shop.booking.confirm_hold, **wanted)
    assert (error.code, error.retry) == ("UNKNOWN", "same-token")
    wire.mend()
    shop.clock.advance(MINUTE)
    again = shop.booking.confirm_hold(**wanted)
    assert again.replayed
    assert shop.booking.list_allocations(resource_id=resource).items == (again.allocation,)
    shop.booking.close()
