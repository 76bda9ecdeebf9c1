"""The catalogue: complete, in step with its sources, and clear when it is wrong."""

import importlib.util
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import pytest

from grader.data import catalogue, entries, entry
from grader.errors import DataError

ROOT = Path(__file__).parents[2]
ASSIGNMENTS = {
    "classification",
    "augmentation",
    "segmentation",
    "regression",
    "interpretation",
    "head_ct",
    "radiographs",
}


def medmnist_info() -> dict:
    """medmnist's table of data sets, without importing medmnist (and torch with it)."""
    package = importlib.util.find_spec("medmnist")
    assert package is not None
    assert package.submodule_search_locations
    path = Path(package.submodule_search_locations[0]) / "info.py"
    spec = importlib.util.spec_from_file_location("medmnist_info", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.INFO


def test_every_assignment_has_a_data_set():
    assert {name for item in entries() for name in item.assignments} == ASSIGNMENTS


def test_the_catalogue_is_part_of_the_package():
    assert (files("grader.data") / "catalogue.yml").is_file()


@pytest.mark.parametrize("name", ["pathmnist", "breastmnist", "chestmnist"])
def test_medmnist_sets_say_what_medmnist_says(name):
    info, item = medmnist_info()[name], entry(name)
    official = item.files[0]
    assert (official.url, official.md5) == (info["url"], info["MD5"])
    assert item.splits == official.splits == info["n_samples"]
    assert item.classes == [info["label"][str(index)] for index in range(len(info["label"]))]
    assert item.licence == info["license"]
    assert item.shape == ([28, 28, 3] if info["n_channels"] == 3 else [28, 28])


def test_every_phantom_in_the_catalogue_can_be_drawn():
    from grader.data import phantoms

    listed = {item.name for item in entries() if item.phantom}
    assert listed == {*phantoms.IMAGES, *phantoms.TABLES}


def test_the_readme_names_every_set_with_its_licence():
    text = (ROOT / "datasets" / "README.md").read_text(encoding="utf-8")
    for item in entries():
        row = next((line for line in text.splitlines() if line.startswith(f"| `{item.name}` |")), "")
        assert row, f"datasets/README.md has no row for {item.name}"
        assert item.licence in row
        assert item.source in row


def test_an_unknown_name_lists_the_known_ones_and_the_nearest():
    with pytest.raises(DataError, match=r"'path_mnst'.*did you mean 'pathmnist'.*breast-cancer"):
        entry("path_mnst")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("licence: CC BY 4.0", "licence: ''"), r"sets\[0\].licence \(toy\)"),
        (("md5: 0123456789abcdef0123456789abcdef", "md5: 123"), r"sets\[0\].files\[0\].md5 \(toy\): .*got 123"),
        (("train: 3", "train: -3"), r"splits.train.*greater than 0, got -3"),
        (("kind: images", "kind: pictures"), r"kind \(toy\): .*'images'.*got 'pictures'"),
        (("title: Toy", "titel: Toy"), r"titel \(toy\): extra inputs"),
        (("schema: 1", "schema: 2"), r"schema: .*got 2"),
        (("name: toy.npz", "name: ../toy.npz"), r"without a folder"),
        (("sets:", "sets: ["), r"not valid YAML"),
        (("phantom: {sizes: {train: 1, val: 1, test: 1}}", "phantom: {}"), r"sizes: numbers of train, val and test"),
    ],
)
def test_a_wrong_field_is_named_with_what_was_found(change, message):
    good = """
schema: 1
sets:
  - name: toy
    title: Toy
    assignments: [x]
    kind: images
    task: classification
    shape: [8, 8]
    dtype: uint8
    classes: [a, b]
    source: here
    licence: CC BY 4.0
    files:
      - name: toy.npz
        md5: 0123456789abcdef0123456789abcdef
        splits: {train: 3}
    phantom: {sizes: {train: 1, val: 1, test: 1}}
"""
    assert len(catalogue.parse(good).sets) == 1
    assert change[0] in good
    with pytest.raises(DataError, match=message):
        catalogue.parse(good.replace(*change, 1))


def test_a_name_given_twice_is_refused():
    text = (files("grader.data") / "catalogue.yml").read_text(encoding="utf-8")
    with pytest.raises(DataError, match="named twice: breastmnist"):
        catalogue.parse(text.replace("name: pathmnist\n", "name: breastmnist\n", 1))


def test_importing_the_package_loads_neither_torch_nor_medmnist():
    code = "import sys, grader.data; print(sorted({'torch', 'medmnist', 'sklearn', 'pandas'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_loading_a_phantom_and_a_table_needs_no_torch():
    code = (
        "import sys; from grader.data import load\n"
        "load('pathmnist', 'phantom', sizes=(9, 9, 9)); load('breast-cancer')\n"
        "print(sorted({'torch', 'medmnist'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
