"""Running the command in this process, as its entry point does."""

from types import SimpleNamespace

import pytest

from yolov10.cli.main import main


@pytest.fixture
def run(capfd):
    """Call `yolov10 …`; gives code, out, err."""

    def call(*arguments):
        code = main([str(argument) for argument in arguments])
        out, err = capfd.readouterr()
        return SimpleNamespace(code=code, out=out, err=err)

    return call
