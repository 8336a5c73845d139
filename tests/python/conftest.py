import holdfast
import pytest
from support import NOON, SEED, WAYS, Databases, Shop, backends


def pytest_report_header():
    return f"seed: {SEED}"


def pytest_addoption(parser):
    parser.addoption("--long", action="store_true", help="the leak test at its full length")


@pytest.fixture(scope="session")
def databases(tmp_path_factory):
    made = Databases(tmp_path_factory.mktemp("databases"))
    yield made
    made.drop()


@pytest.fixture(scope="session")
def shared_uris(databases):
    """One database for each backend that keeps one; tests there keep to resources of their own."""
    return {}


@pytest.fixture(params=backends())
def backend(request):
    return request.param


def shared(backend, databases, uris):
    if backend not in uris:
        uris[backend] = databases.fresh(backend)
    return uris[backend]


@pytest.fixture
def uri(backend, databases, shared_uris):
    return shared(backend, databases, shared_uris)


@pytest.fixture
def postgres_uri(databases, shared_uris):
    return shared("postgres", databases, shared_uris)


@pytest.fixture
def fresh_uri(backend, databases):
    made = databases.fresh(backend)
    yield made
    databases.give_back(made)


def make_shop(way, uri, **options):
    clock = holdfast.TestClock(NOON)
    booking = WAYS[way](uri, clock=clock, **options)
    booking.migrate()
    return Shop(booking, clock)


@pytest.fixture(params=list(WAYS))
def shop(request, uri):
    """On every backend, both ways."""
    made = make_shop(request.param, uri)
    yield made
    made.booking.close()


@pytest.fixture
def memory():
    """Blocking, in memory: where the backend makes no difference."""
    made = make_shop("blocking", "memory:")
    yield made
    made.booking.close()
