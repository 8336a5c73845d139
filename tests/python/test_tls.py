"""TLS: verify-full opens the right server and no other. HOLDFAST_TLS_SERVER plays the server."""

import json
import logging
import os
import subprocess

import holdfast
import pytest

PROGRAM = os.environ.get("HOLDFAST_TLS_SERVER", "")


class Server:
    """The server that HOLDFAST_TLS_SERVER plays."""

    def __init__(self):
        self._child = subprocess.Popen([PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                       text=True)
        self.facts = json.loads(self._child.stdout.readline())

    def present(self, certificate):
        print(certificate, file=self._child.stdin, flush=True)
        assert self._child.stdout.readline() == "ok\n"

    def address(self, **over):
        facts = self.facts
        options = {"host": facts["host"], "hostaddr": "127.0.0.1", "port": facts["port"],
                   "user": "shop", "dbname": "shop", "password": facts["password"],
                   "sslmode": "verify-full", "sslrootcert": f"{facts['folder']}/ca.crt", **over}
        return "postgres:" + " ".join(f"{name}='{value}'" for name, value in options.items())

    def stop(self):
        self._child.stdin.close()
        self._child.wait(60)
        self._child.stdout.close()


@pytest.fixture(scope="module")
def server():
    if not PROGRAM:
        pytest.skip("HOLDFAST_TLS_SERVER is not set")
    made = Server()
    yield made
    made.stop()


def refused(uri, why):
    with pytest.raises(holdfast.BookingFailed) as caught:
        holdfast.open(uri)
    error = caught.value
    assert (error.code, error.retry) == ("CONFIGURATION", "never")
    assert why in error.message
    assert "s3cret" not in f"{error} {error!r}"


def test_verify_full_opens_the_right_server_and_no_other(server, caplog):
    caplog.set_level(logging.DEBUG)
    with holdfast.open(server.address(), logger=logging.getLogger("shop")) as booking:
        booking.migrate()
        made = booking.create_resource(type="TOUR", name="Outer reef").resource
        assert booking.retrieve_resource(resource_id=made.id).resource.name == "Outer reef"
    assert ", TLS: TLSv1.3" in caplog.text
    assert "s3cret" not in caplog.text

    stranger = f"{server.facts['folder']}/stranger.crt"
    refused(server.address(sslrootcert=stranger), "certificate verify failed")
    refused(server.address(host="other.holdfast.test"), "does not match host name")
    server.present("expired")
    refused(server.address(), "certificate verify failed")
    server.present("none")
    refused(server.address(), "does not support SSL")
