"""Which values of two networks play the same part: Weisfeiler-Lehman colouring from ancestors and descendants.

Two values may play the same part only if they get the same colour: the same operation, on values of the same colours,
for values of the same colours. Where several values share one (identical branches), the alternatives are tried in turn.
Source: Weisfeiler and Lehman 1968; individualisation as in McKay 1981, "Practical graph isomorphism".
"""

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterator
from dataclasses import dataclass

MOST_REFINEMENTS = 100


@dataclass(frozen=True)
class Diagram:
    """What is compared: labelled points, each fed by others.

    Args:
        labels: what has to be equal.
        feeds: per point the points that feed it, each with the place where it does.
    """

    labels: tuple[Hashable, ...]
    feeds: tuple[tuple[tuple[Hashable, int], ...], ...]


Colours = list[int]


def matchings(reference: Diagram, candidate: Diagram) -> Iterator[dict[int, int]]:
    """One-to-one assignments of the reference's points to the candidate's that respect all colours.

    The first is as good as any other when the diagrams say everything about the networks; there are no more than
    `MOST_REFINEMENTS`.
    """
    if len(reference.labels) == len(candidate.labels):
        search = _Search(reference, candidate)
        yield from search.matchings(search.initial(reference), search.initial(candidate))


class _Search:
    def __init__(self, reference: Diagram, candidate: Diagram) -> None:
        self._diagrams = (reference, candidate)
        self._users = (_users(reference), _users(candidate))
        self._names: dict[Hashable, int] = {}
        self._left = MOST_REFINEMENTS

    def initial(self, diagram: Diagram) -> Colours:
        return [self._colour(label) for label in diagram.labels]

    def matchings(self, first: Colours, second: Colours) -> Iterator[dict[int, int]]:
        if self._left <= 0:
            return
        self._left -= 1
        refined = self._refined(first, second)
        if refined is None:
            return
        first, second = refined
        members = (_members(first), _members(second))
        ambiguous = [colour for colour, points in members[0].items() if len(points) > 1]
        if not ambiguous:
            yield {points[0]: members[1][colour][0] for colour, points in members[0].items()}
            return
        colour = min(ambiguous, key=lambda c: (len(members[0][c]), members[0][c]))
        point = members[0][colour][0]
        for partner in members[1][colour]:
            special = self._colour(("chosen", self._left, point))
            yield from self.matchings(_with(first, point, special), _with(second, partner, special))

    def _refined(self, first: Colours, second: Colours) -> tuple[Colours, Colours] | None:
        """Colours that no longer change; None as soon as the two differ in how often a colour occurs."""
        count = 0
        while True:
            first, second = (self._round(side, colours) for side, colours in enumerate((first, second)))
            if Counter(first) != Counter(second):
                return None
            if len(set(first)) == count:
                return first, second
            count = len(set(first))

    def _round(self, side: int, colours: Colours) -> Colours:
        above, below = list(colours), list(colours)
        feeds, users = self._diagrams[side].feeds, self._users[side]
        for point in range(len(colours)):
            fed = Counter((place, above[source]) for place, source in feeds[point])
            above[point] = self._colour(("above", colours[point], frozenset(fed.items())))
        for point in reversed(range(len(colours))):
            used = Counter((place, below[user]) for place, user in users[point])
            below[point] = self._colour(("below", colours[point], frozenset(used.items())))
        return [self._colour(pair) for pair in zip(above, below, strict=True)]

    def _colour(self, what: Hashable) -> int:
        return self._names.setdefault(what, len(self._names))


def _users(diagram: Diagram) -> list[list[tuple[Hashable, int]]]:
    users: list[list[tuple[Hashable, int]]] = [[] for _ in diagram.labels]
    for point, feeds in enumerate(diagram.feeds):
        for place, source in feeds:
            users[source].append((place, point))
    return users


def _members(colours: Colours) -> dict[int, list[int]]:
    members: dict[int, list[int]] = defaultdict(list)
    for point, colour in enumerate(colours):
        members[colour].append(point)
    return members


def _with(colours: Colours, point: int, colour: int) -> Colours:
    return [colour if i == point else old for i, old in enumerate(colours)]
