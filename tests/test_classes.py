import pytest

from yolov10.classes import select_classes
from yolov10.errors import UserError

NAMES = ("RBC", "WBC", "Platelets", "3")


@pytest.mark.parametrize(
    "wanted,chosen",
    [
        (["WBC"], (1,)),
        (["platelets", "rbc"], (0, 2)),
        ([1, "1", " WBC "], (1,)),
        (["3"], (3,)),
        (["0"], (0,)),
    ],
)
def test_classes_by_name_or_index(wanted, chosen):
    assert select_classes(wanted, NAMES) == chosen


def test_a_misspelt_class_suggests_the_nearest():
    with pytest.raises(UserError, match="no class 'Platlets'; did you mean 'Platelets'"):
        select_classes(["Platlets"], NAMES)


def test_an_index_too_large_names_the_range():
    with pytest.raises(UserError, match="no class 9: the model has 4 classes, 0 to 3"):
        select_classes([9], NAMES)


def test_two_names_that_differ_by_case_are_told_apart():
    assert select_classes(["cat"], ("Cat", "cat")) == (1,)
    with pytest.raises(UserError, match="no class 'CAT'"):
        select_classes(["CAT"], ("Cat", "cat"))
