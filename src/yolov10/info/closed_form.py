"""The closed formula of a block, read off `formulas.py` by calling it with letters instead of numbers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from yolov10 import formulas
from yolov10.architecture import Layer, head_widths
from yolov10.formulas import Cost
from yolov10.info.polynomial import Letter, Polynomial, symbol


@dataclass(frozen=True)
class ClosedForm:
    """What a block costs, as polynomials of its letters, and what the letters are in one case."""

    cost: Cost
    """Of polynomials where a count has numbers."""
    values: Mapping[str, int]
    """The plain letters' numbers."""
    names: Mapping[str, str]
    """How letters are shown, in the order in which a product has them; others are shown as they are."""

    def parameters(self, *, fused: bool = False) -> Polynomial:
        """Learned numbers: kernels, and batch-norm's two a channel, or the one bias they are folded into."""
        return _polynomial(self.cost.parameters(fused=fused))

    @property
    def weights(self) -> Polynomial:
        """Kernel entries."""
        return _polynomial(self.cost.weights)

    @property
    def macs(self) -> Polynomial:
        """Multiply–accumulates; the letter N is the number of output cells, M that of input cells."""
        return _polynomial(self.cost.macs)

    def text(self, polynomial: Polynomial) -> str:
        """The formula in letters."""
        return polynomial.text(self.names)

    def numbers(self, polynomial: Polynomial) -> str:
        """The formula with the numbers put in."""
        shown = {letter.name: f"{letter.value(self.values):,}" for letter in self._letters(polynomial)}
        order = [*self.names, *shown]
        return polynomial.text({name: shown[name] for name in dict.fromkeys(order) if name in shown})

    def definitions(self, polynomial: Polynomial) -> dict[str, str]:
        """Letter → what it stands for, of the letters that are quotients of others."""
        return {
            self.names[
                letter.name
            ]: f"⌊{letter.numerator.text(self.names)}/{letter.divisor.text(self.names)}⌋"
            for letter in self._letters(polynomial)
            if letter.numerator is not None and letter.divisor is not None
        }

    def _letters(self, polynomial: Polynomial) -> list[Letter]:
        """Letters of a polynomial after the letters that they are quotients of."""
        found: dict[Letter, None] = {}
        for letter in polynomial.letters:
            if letter.numerator is not None:
                found |= dict.fromkeys(self._letters(letter.numerator))
            if letter.divisor is not None:
                found |= dict.fromkeys(self._letters(letter.divisor))
            found[letter] = None
        return list(found)


def closed_form(layer: Layer, *, fused: bool = False) -> ClosedForm | None:
    """The closed form of a row, or of a block that is described as one; None of a row without weights.

    Of Detect, that of one head's finest level. `fused` merges the branches of RepVGGDW.
    """
    options = layer.options
    c1, c2 = layer.in_channels[0], layer.out_channels
    large = bool(options.get("large_kernel"))
    match layer.kind:
        case "Conv":
            unit = formulas.biased if options.get("bias") else formulas.conv
            values = {"c1": c1, "c2": c2, "k": options["kernel"], "g": options.get("groups", 1)}
            if values["g"] == 1:
                return _form(unit, "c1 c2 k N", values)
            return _form(unit, "c1 c2 k N g", values, {"⌊c1/g⌋": "p", "c2": "c2"})
        case "SCDown":
            values = {"c1": c1, "c2": c2, "k": options["kernel"]}
            return _form(formulas.scdown, "c1 c2 k M N", values)
        case "C2f":
            return _form(formulas.c2f, "c1 c2 n N", _stage(layer), STAGE)
        case "C2fCIB":
            return _form(formulas.c2fcib, "c1 c2 n N", _stage(layer), STAGE, large=large, fused=fused)
        case "Bottleneck":
            return _form(formulas.bottleneck, "c N", {"c": c1})
        case "CIB":
            return _cib(c1, options["hidden"], large=large, fused=fused)
        case "RepVGGDW":
            return _form(formulas.repvggdw, "c N", {"c": c1}, fused=fused)
        case "SPPF":
            names = {"c1": "c1", "⌊c1/2⌋": "h", "c2": "c2"}
            return _form(formulas.sppf, "c1 c2 N", {"c1": c1, "c2": c2}, names)
        case "Attention":
            return _form(formulas.attention, "d N", {"d": c1}, {"d": "d", **_attention_names("d")})
        case "PSA":
            names = {"c": "c", "⌊c/2⌋": "d", **_attention_names("⌊c/2⌋")}
            return _form(formulas.psa, "c N", {"c": c1}, names)
        case "Detect":
            box, cls = head_widths(layer.in_channels, options["num_classes"])
            values = {"c": c1, "b": box, "a": cls, "nc": options["num_classes"]}
            return _form(formulas.head_level, "c b a nc N", values)
    return None


FIRST = {"M": "M", "N": "N", "k": "k"}
"""Letters that a product begins with."""

STAGE = {"n": "n", "c1": "c1", "⌊c2/2⌋": "c", "c2": "c2"}


def _stage(layer: Layer) -> dict[str, int]:
    return {"c1": layer.in_channels[0], "c2": layer.out_channels, "n": layer.options["repeats"]}


def _attention_names(d: str) -> dict[str, str]:
    """Names of the number of heads and of a head's key width."""
    return {f"⌊{d}/64⌋": "h", f"⌊⌊{d}/⌊{d}/64⌋⌋/2⌋": "k", f"⌊{d}/⌊{d}/64⌋⌋": "v"}


def _cib(c: int, hidden: int, *, large: bool, fused: bool) -> ClosedForm:
    """With the network's expansion, hidden = 2c, in c alone."""
    if hidden != 2 * c:
        values = {"c": c, "h": hidden}
        return _form(formulas.cib, "c h N", values, large=large, fused=fused)
    letter, cells = symbol("c"), symbol("N")
    cost = _called(formulas.cib, [letter, 2 * letter, cells], large=large, fused=fused)
    return ClosedForm(cost, {"c": c}, FIRST | {"c": "c"})


def _form(
    formula: Callable[..., Cost],
    letters: str,
    values: Mapping[str, int],
    names: Mapping[str, str] | None = None,
    **switches: bool,
) -> ClosedForm:
    symbols = {name: symbol(name) for name in letters.split()}
    cost = _called(formula, list(symbols.values()), **switches)
    return ClosedForm(cost, values, FIRST | dict(names or {name: name for name in symbols}))


def _called(formula: Callable[..., Cost], arguments: list[Any], **switches: bool) -> Cost:
    return formula(*arguments, **switches)


def _polynomial(value: Any) -> Polynomial:  # noqa: ANN401 - a Cost's fields are numbers to everyone else
    return value if isinstance(value, Polynomial) else Polynomial({(): value} if value else {})
