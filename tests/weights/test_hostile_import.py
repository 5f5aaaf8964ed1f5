"""The hostile corpus through the importer, as a user meets it: one line naming the file, nothing made."""

import pytest
from processor_time import within
from weights.hostile import CORPUS

from yolov10.errors import UserError
from yolov10.weights.foreign import read_foreign


@pytest.mark.parametrize("title", CORPUS)
def test_the_importer_refuses_it_and_names_the_file(title, tmp_path):
    file = tmp_path / "hostile.pt"
    file.write_bytes(CORPUS[title].build())
    with within(2), pytest.raises(UserError, match=r"hostile\.pt") as fault:
        read_foreign(file)
    assert "\n" not in str(fault.value)
    assert [path.name for path in tmp_path.iterdir()] == ["hostile.pt"]


def test_the_corpus_is_large_enough():
    assert len(CORPUS) >= 40
