"""Just enough algebra to hand letters to `formulas.py` and read off the closed formula it computes.

Letters stand for whole numbers. Sums and products of polynomials are polynomials; a quotient, rounded down,
becomes a new letter that remembers what it stands for.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import prod


@dataclass(frozen=True)
class Letter:
    """A whole number by its name; of a quotient, what it is the quotient of."""

    name: str
    numerator: "Polynomial | None" = field(default=None, compare=False)
    divisor: "Polynomial | None" = field(default=None, compare=False)

    def value(self, values: Mapping[str, int]) -> int:
        """The number it stands for; `values` by name, of plain letters."""
        if self.numerator is None or self.divisor is None:
            return values[self.name]
        return self.numerator.value(values) // self.divisor.value(values)


Monomial = tuple[Letter, ...]
"""A product: each letter as often as its power, sorted by name."""


@dataclass(frozen=True)
class Polynomial:
    """A sum of monomials with whole coefficients."""

    terms: Mapping[Monomial, int]

    def __add__(self, other: "Polynomial | int") -> "Polynomial":
        terms = dict(self.terms)
        for monomial, coefficient in _polynomial(other).terms.items():
            terms[monomial] = terms.get(monomial, 0) + coefficient
        return Polynomial({monomial: c for monomial, c in terms.items() if c})

    def __mul__(self, other: "Polynomial | int") -> "Polynomial":
        result = Polynomial({})
        for a, coefficient in self.terms.items():
            for b, factor in _polynomial(other).terms.items():
                monomial = tuple(sorted(a + b, key=lambda letter: letter.name))
                result += Polynomial({monomial: coefficient * factor})
        return result

    __radd__, __rmul__ = __add__, __mul__

    def __pow__(self, exponent: int) -> "Polynomial":
        return prod([self] * exponent, start=Polynomial({(): 1}))

    def __floordiv__(self, other: "Polynomial | int") -> "Polynomial":
        divisor = _polynomial(other)
        if divisor.terms == self.terms:
            return _polynomial(1)
        if divisor.terms == {(): 1}:
            return self
        return _of(Letter(f"⌊{self}/{divisor}⌋", self, divisor))

    def __rfloordiv__(self, other: int) -> "Polynomial":
        return _polynomial(other) // self

    def __str__(self) -> str:
        return self.text({}) or "0"

    @property
    def letters(self) -> tuple[Letter, ...]:
        """Its letters, each once, in the order in which its terms have them."""
        return tuple(dict.fromkeys(letter for monomial in self.terms for letter in monomial))

    def value(self, values: Mapping[str, int]) -> int:
        """The number that it is at `values`, by the names of its plain letters."""
        return sum(c * prod(letter.value(values) for letter in m) for m, c in self.terms.items())

    def text(self, names: Mapping[str, str]) -> str:
        """As a formula, 4·c² + 18·c; `names` renames letters."""
        return " + ".join(_term(c, m, names) for m, c in self.terms.items())


def symbol(name: str) -> Polynomial:
    """The polynomial that is one letter."""
    return _of(Letter(name))


def _of(letter: Letter) -> Polynomial:
    return Polynomial({(letter,): 1})


def _polynomial(value: Polynomial | int) -> Polynomial:
    return value if isinstance(value, Polynomial) else Polynomial({(): value} if value else {})


SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def _term(coefficient: int, monomial: Monomial, names: Mapping[str, str]) -> str:
    order = list(names)
    letters = sorted(dict.fromkeys(monomial), key=lambda letter: _rank(order, letter.name))
    factors = [str(coefficient)] if coefficient != 1 or not monomial else []
    for letter in letters:
        power = monomial.count(letter)
        exponent = str(power).translate(SUPERSCRIPTS) if power > 1 else ""
        factors.append(names.get(letter.name, letter.name) + exponent)
    return "·".join(factors)


def _rank(order: list[str], name: str) -> int:
    return order.index(name) if name in order else -1
