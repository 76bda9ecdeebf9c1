"""Reshaping and reordering that do not change a tensor: which axes of a value lie along which dimension.

Every value has axes, those of its dimensions that are larger than one. A `View` shows a value with its axes merged,
reordered, and with dimensions of size one or repetitions in between; so `flatten`, `permute`, `squeeze`, `unsqueeze`,
`expand` and their reverses are bookkeeping, and what they are undone by leaves no trace.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

Shape = tuple[int, ...]
Atom = int
"""An axis of the value, or -n for n repetitions."""


@dataclass(frozen=True)
class View:
    """A value and how it is looked at.

    Args:
        node: number of the value.
        dims: per dimension the axes that lie along it, outermost first; none for a dimension of size one.
    """

    node: int
    dims: tuple[tuple[Atom, ...], ...]

    @property
    def atoms(self) -> tuple[Atom, ...]:
        return tuple(atom for dim in self.dims for atom in dim)


def axes(shape: Shape) -> Shape:
    """The sizes larger than one."""
    return tuple(size for size in shape if size != 1)


def whole(node: int, shape: Shape) -> View:
    """A value of that shape as it is."""
    dims: list[tuple[Atom, ...]] = []
    count = 0
    for size in shape:
        dims.append(() if size == 1 else (count,))
        count += size != 1
    return View(node, tuple(dims))


def is_plain(view: View, sizes: Shape) -> bool:
    """Whether the view shows all axes in order, each along a dimension of its own."""
    return view.atoms == tuple(range(len(sizes))) and all(len(dim) <= 1 for dim in view.dims)


def shape_of(view: View, sizes: Shape) -> Shape:
    """The sizes of a view's dimensions; `sizes` are those of the value's axes."""
    return tuple(math.prod(_size(atom, sizes) for atom in dim) for dim in view.dims)


def reshaped(view: View, sizes: Shape, shape: Shape) -> View | None:
    """The view with another shape and the same elements in the same order; None when that cuts through an axis."""
    left = list(view.atoms)
    dims: list[tuple[Atom, ...]] = []
    for size in shape:
        taken: list[Atom] = []
        while math.prod(_size(atom, sizes) for atom in taken) < size and left:
            taken.append(left.pop(0))
        if math.prod(_size(atom, sizes) for atom in taken) != size:
            return None
        dims.append(tuple(taken))
    return None if left else View(view.node, tuple(dims))


def permuted(view: View, order: Sequence[int]) -> View:
    """The view with its dimensions in another order."""
    return View(view.node, tuple(view.dims[dim] for dim in order))


def expanded(view: View, sizes: Shape, shape: Shape) -> View | None:
    """The view repeated along dimensions of size one, also along new ones in front."""
    dims = ((),) * (len(shape) - len(view.dims)) + view.dims
    result: list[tuple[Atom, ...]] = []
    for dim, size in zip(dims, shape, strict=True):
        have = math.prod(_size(atom, sizes) for atom in dim)
        if have == size:
            result.append(dim)
        elif have == 1:
            result.append((-size,))
        else:
            return None
    return View(view.node, tuple(result))


def _size(atom: Atom, sizes: Shape) -> int:
    return sizes[atom] if atom >= 0 else -atom
