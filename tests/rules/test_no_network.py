"""No test reaches beyond this machine: `tests/no_network.py`, switched on in conftest.py."""

import socket

import pytest


@pytest.mark.parametrize("address", ["192.0.2.1", "10.0.0.1", "2001:db8::1", "example.org"])
def test_a_test_that_connects_elsewhere_fails(address):
    with pytest.raises(OSError, match="a test reached for the network"):
        socket.create_connection((address, 80), timeout=1)


def test_a_test_that_sends_elsewhere_fails():
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender,
        pytest.raises(OSError, match="a test reached for the network"),
    ):
        sender.sendto(b"hello", ("192.0.2.1", 53))


@pytest.mark.parametrize("name", ["example.org", b"example.org"])
def test_a_test_that_looks_up_a_name_fails(name):
    with pytest.raises(OSError, match="a test reached for the network"):
        socket.getaddrinfo(name, 443)


def test_a_server_of_the_test_itself_is_reached():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        for host in ("127.0.0.1", "localhost"):
            socket.create_connection((host, port), timeout=5).close()
