"""Attributes replaced for a while and put back exactly as they were."""

from typing import Any

_ABSENT = object()


class Patches:
    """Remembers what was there before, also that nothing was; `restore` undoes in reverse order."""

    def __init__(self) -> None:
        self._originals: list[tuple[Any, str, Any]] = []

    def set(self, owner: Any, name: str, value: Any) -> None:
        """`owner.name = value` until `restore`; `owner` is a module or a class."""
        self._originals.append((owner, name, vars(owner).get(name, _ABSENT)))
        setattr(owner, name, value)

    def restore(self) -> None:
        """Puts everything back."""
        while self._originals:
            owner, name, original = self._originals.pop()
            if original is _ABSENT:
                delattr(owner, name)
            else:
                setattr(owner, name, original)
