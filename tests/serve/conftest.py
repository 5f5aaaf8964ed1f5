"""A server that most tests of the service share."""

import pytest
from serve.servers import PICTURE, serving


@pytest.fixture(scope="session")
def client():
    with serving() as client:
        yield client


@pytest.fixture(scope="session")
def png():
    return PICTURE.read_bytes()
