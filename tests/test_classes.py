import numpy as np
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


def test_a_name_may_have_a_comma_or_blanks():
    assert select_classes("red, green", ["red, green", "b"]) == (0,)
    assert select_classes([" lead"], ["lead", " lead"]) == (1,)
    assert select_classes(" lead", ["b", " lead"]) == (1,)


def test_an_integer_is_an_index_whatever_the_names_are():
    assert select_classes([0], ["1", "2", "0"]) == (0,)
    assert select_classes("0", ["1", "2", "0"]) == (2,)
    assert select_classes(np.int64(1), ["a", "b"]) == (1,)
    with pytest.raises(UserError, match="no class -1: the model has 2 classes"):
        select_classes(-1, ["a", "b"])


def test_two_classes_of_one_name_are_both_meant():
    assert select_classes("a", ["a", "a", "b"]) == (0, 1)


def test_a_number_of_thousands_of_digits_is_no_class():
    with pytest.raises(UserError, match="no class .*: the model has 2 classes") as fault:
        select_classes("9" * 5000, ["a", "b"])
    assert len(str(fault.value)) < 300
