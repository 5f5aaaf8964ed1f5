# ruff: noqa: RUF009
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import pytest

from yolov10.errors import UserError
from yolov10.settings import (
    GIVEN,
    UNSET,
    defaults_of,
    given_of,
    read_settings,
    setting,
    settle,
    write_settings,
)


@dataclass(frozen=True)
class Oven:
    dish: Path | None = setting("what to bake", group="Dish", argument=True)
    heat: float = setting("degrees", 180.0, group="Oven", least=0, most=300)
    hours: int | None = setting("how long", group="Oven", least=1)
    fan: bool = setting("let it turn", False, group="Oven")
    mode: Literal["top", "bottom"] = setting("where from", "top", group="Oven")
    origins: dict = field(default_factory=dict, kw_only=True)

    def __post_init__(self):
        layers = {"default": defaults_of(self), GIVEN: given_of(self)}
        object.__setattr__(self, "origins", settle(self, layers))


def test_what_is_not_given_has_its_default_and_both_know_where_they_come_from():
    oven = Oven("cake", heat=200)
    assert (oven.dish, oven.heat, oven.hours, oven.fan, oven.mode) == (
        Path("cake"),
        200.0,
        None,
        False,
        "top",
    )
    assert oven.origins == {
        "dish": "given",
        "heat": "given",
        "hours": "default",
        "fan": "default",
        "mode": "default",
    }


def test_a_value_equal_to_the_default_is_given_all_the_same():
    assert Oven(heat=180.0).origins["heat"] == "given"


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"heat": "hot"}, "heat is 'hot', not a number"),
        ({"heat": True}, "heat is True, not a number"),
        ({"heat": 301}, "heat is 301, which is not 0 to 300"),
        ({"heat": float("nan")}, "heat is nan, which is not 0 to 300"),
        ({"hours": 0}, "hours is 0, which is not 1 or more"),
        ({"hours": 1.5}, "hours is 1.5, not a whole number"),
        ({"heat": None}, "heat is None, not a number"),
        ({"fan": 1}, "fan is 1, not true or false"),
        ({"dish": 3}, "dish is 3, not a path"),
        ({"mode": "botom"}, "mode is 'botom', not one of top, bottom; did you mean 'bottom'?"),
    ],
)
def test_a_wrong_value_is_named_with_what_would_be_right(values, message):
    with pytest.raises(UserError) as fault:
        Oven(**values)
    assert str(fault.value) == message


@pytest.mark.parametrize(("text", "value"), [("1e-3", 0.001), ("12", 12.0), (7, 7.0)])
def test_yaml_text_of_a_number_is_a_number(text, value):
    assert Oven(heat=text).heat == value


def test_what_is_written_is_read_back_and_names_origins(tmp_path):
    oven = Oven("cake: with #berries", heat=1e-5, fan=True)
    text = write_settings(oven, oven.origins)
    (tmp_path / "oven.yaml").write_text(text)
    again = Oven(**read_settings(tmp_path / "oven.yaml", Oven))
    assert (again.dish, again.heat, again.hours, again.fan) == (oven.dish, oven.heat, None, True)
    assert "fan: true  # given" in text
    assert "mode: top  # default" in text
    assert "# Oven" in text


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("heatt: 3\n", "no setting 'heatt'; did you mean 'heat'?"),
        ("- heat\n", "does not hold `name: value` lines"),
        ("heat: [\n", "is not YAML"),
        ("heat: !!python/object/apply:os.getcwd []\n", "is not YAML"),
        ("1: 2\n", "no setting 1"),
        ("", "does not hold"),
    ],
)
def test_a_file_that_is_no_settings_is_refused_by_name(tmp_path, content, message):
    path = tmp_path / "oven.yaml"
    path.write_text(content)
    with pytest.raises(UserError, match=str(path)) as fault:
        read_settings(path, Oven)
    assert message in str(fault.value)


@pytest.mark.parametrize(
    "value",
    [
        *("2001-13-01", "2001-01-01 25:00:00", "1" * 5000, "[" * 5000, "\xff"),
        *('!!int ""', "!!bool x", "!!timestamp x", r'"\U02222222"', r'"\UFFFFFFFF"'),
    ],
)
def test_a_value_that_yaml_itself_cannot_make_is_a_plain_fault(tmp_path, value):
    """A date that no calendar has, a number too long, a list too deep, a false tag: no YAMLError."""
    path = tmp_path / "oven.yaml"
    path.write_text(f"heat: {value}\n", encoding="latin-1")
    with pytest.raises(UserError, match=str(path)) as fault:
        Oven(**read_settings(path, Oven))
    assert len(str(fault.value)) < 400


def test_a_list_that_holds_another_over_and_over_is_not_written_out(tmp_path):
    """Forty aliases, each twice the one before: written out, terabytes."""
    doubled = ", ".join(f"&n{level} [*n{level - 1}, *n{level - 1}]" for level in range(1, 40))
    path = tmp_path / "oven.yaml"
    path.write_text(f"heat: [&n0 [x, x], {doubled}]\n")
    with pytest.raises(UserError) as fault:
        Oven(**read_settings(path, Oven))
    assert str(fault.value) == "heat is a list, not a number"


@pytest.mark.parametrize("values", [{"heat": "x" * 1_000_000}, {"mode": "x" * 1_000_000}])
def test_a_value_of_a_million_letters_is_not_quoted_whole(values):
    with pytest.raises(UserError, match="xxx.…, not") as fault:
        Oven(**values)
    assert len(str(fault.value)) < 200


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(UserError, match="cannot read .*none.yaml: No such file"):
        read_settings(tmp_path / "none.yaml", Oven)


def test_unset_shows_itself_in_a_field():
    assert Oven.__dataclass_fields__["heat"].default is UNSET
