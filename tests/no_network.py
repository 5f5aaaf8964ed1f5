"""The rule that no test reaches beyond this machine, kept by Python itself for the whole process."""

import errno
import ipaddress
import socket
import sys

HOST_IN = {
    "socket.connect": lambda arguments: _host(arguments[1]),
    "socket.sendto": lambda arguments: _host(arguments[1]),
    "socket.getaddrinfo": lambda arguments: arguments[0],
    "socket.gethostbyname": lambda arguments: arguments[0],
}
"""What Python says when a program connects, sends or looks up → whom."""


def block_network():
    """Refuse every connection and look-up but those of the machine itself, as if there were no network.

    It cannot be taken back, and holds for processes that are forked too. What a fresh process does, the tests
    of silence watch from outside.
    """
    sys.addaudithook(_refuse)


def _refuse(event, arguments):
    if event in HOST_IN and not _is_here(HOST_IN[event](arguments)):
        raise OSError(errno.ENETUNREACH, f"a test reached for the network: {event} {arguments[-1]!r}")


def _host(address):
    """The host of an address; None for a path in the file system."""
    return address[0] if isinstance(address, tuple) else None


def _is_here(host):
    if isinstance(host, bytes):
        host = host.decode("idna")
    if host in (None, "", "localhost", socket.gethostname()):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
