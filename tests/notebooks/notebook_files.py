"""Notebooks as different programs write them."""

import json
from typing import Any


def cell(source: str | list[str], kind: str = "code", **metadata: Any) -> dict[str, Any]:
    found: dict[str, Any] = {"cell_type": kind, "metadata": metadata, "source": source}
    return found | ({"outputs": [], "execution_count": None} if kind == "code" else {})


def notebook(*cells: dict[str, Any] | str, **top: Any) -> bytes:
    listed = [cell(one) if isinstance(one, str) else one for one in cells]
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": listed, **top}).encode()
