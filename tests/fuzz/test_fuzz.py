"""Every fuzz target for a moment: its corpus, and changes of it, the same each time. More: `make fuzz`."""

import pytest
from fuzz import targets
from fuzz.make_corpus import CORPUS, corpus
from fuzz.targets import TARGETS
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

EXAMPLES = 100


def kept(target):
    """The inputs that are kept of a target."""
    return [path.read_bytes() for path in sorted((CORPUS / target).iterdir())]


@st.composite
def changed(draw, inputs):
    """One of the inputs, with bytes cut out and put in at up to six places."""
    data = draw(st.sampled_from(inputs))
    pieces = st.binary(max_size=8) | st.sampled_from(inputs).map(lambda other: other[:64])
    edits = st.tuples(st.floats(0, 1), st.integers(0, 20), pieces)
    for where, cut, put in draw(st.lists(edits, max_size=6)):
        place = int(where * len(data))
        data = data[:place] + put + data[place + cut :]
    return data


def test_every_target_has_a_corpus_and_it_is_small():
    assert {path.name for path in CORPUS.iterdir()} == set(TARGETS)
    assert sum(path.stat().st_size for path in CORPUS.rglob("*")) < 500_000
    assert all(
        name in {path.name for path in (CORPUS / target).iterdir()}
        for target, names in corpus().items()
        for name in names
    )


@pytest.mark.parametrize("target", TARGETS)
def test_no_input_that_is_kept_raises_anything(target, tmp_path):
    for data in kept(target):
        TARGETS[target](data, tmp_path / "input")


@pytest.mark.parametrize("target", TARGETS)
def test_no_change_of_them_raises_anything(target, tmp_path):
    @given(changed(kept(target)))
    @settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))
    def check(data):
        TARGETS[target](data, tmp_path / "input")

    check()


@pytest.mark.parametrize("fault", [ValueError("one"), MemoryError(), RecursionError(), SystemError()])
def test_a_target_lets_no_other_fault_pass(tmp_path, monkeypatch, fault):
    def broken(path):
        raise fault

    monkeypatch.setattr(targets, "read_checkpoint", broken)
    with pytest.raises(type(fault)):
        TARGETS["checkpoint"](b"", tmp_path / "input")


def test_a_command_that_breaks_is_noticed(tmp_path, monkeypatch):
    def broken(options):
        raise ValueError("one")

    monkeypatch.setattr("yolov10.cli.info.run", broken)
    with pytest.raises(AssertionError, match="unexpected ValueError: one"):
        TARGETS["arguments"](b"info\0n", tmp_path / "input")
