"""`grader data`: list, fetch and show."""

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image
from toy import COUNTS, npz_bytes
from typer.testing import CliRunner

from grader.cli.data import app
from grader.data import entries, load
from grader.data.augmented import versions
from grader.data.overlay import colour, overlay
from grader.data.sheet import contact_sheet

run = CliRunner(env={"COLUMNS": "200"})


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path, monkeypatch):
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)


def plain(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize("command", ["list", "fetch", "show"])
def test_every_command_has_help_with_examples(command):
    result = run.invoke(app, [command, "--help"])
    assert result.exit_code == 0
    assert f"grader data {command}" in result.output


def test_list_names_every_set():
    result = run.invoke(app, ["list"])
    assert result.exit_code == 0
    for item in entries():
        row = next(line for line in result.output.splitlines() if f" {item.name} " in line)
        assert ("not yet" in row) == (item.phantom is None)
    assert "after a download" in next(line for line in result.output.splitlines() if " breastmnist " in line)
    assert "yes: scikit-learn" in result.output


def test_list_notices_a_file_that_is_there(tmp_path):
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "breastmnist.npz").write_bytes(b"")
    row = next(line for line in run.invoke(app, ["list"]).output.splitlines() if " breastmnist " in line)
    assert "after a download" not in row


def test_show_writes_a_sheet_and_names_the_source():
    result = run.invoke(app, ["show", "pathmnist", "--source", "phantom", "--seed", "7", "--split", "val"])
    assert result.exit_code == 0, result.output
    assert "PHANTOM, drawn by a computer from seed 7" in plain(result.output)
    with Image.open("pathmnist-phantom.png") as sheet:
        assert sheet.width > 12 * 84
        assert sheet.height > 9 * 84


def test_show_says_that_auto_fell_back_to_a_phantom_once():
    result = run.invoke(app, ["show", "breastmnist", "--out", "here.png"])
    assert result.exit_code == 0, result.output
    assert plain(result.output).count("PHANTOM") == 1
    assert Image.open("here.png").mode == "RGB"


def test_show_writes_the_whole_table():
    result = run.invoke(app, ["show", "breast-cancer", "--out", "table.csv"])
    assert result.exit_code == 0, result.output
    assert "real data, as scikit-learn ships them" in result.output
    assert "B (357)" in result.output
    pd.testing.assert_frame_equal(pd.read_csv("table.csv"), load("breast-cancer").table)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["show", "nope"], "no data set is called 'nope'"),
        (["fetch", "nope"], "no data set is called 'nope'"),
        (["fetch", "head-ct"], "nothing to download"),
        (["show", "head-ct"], "no phantom of it is drawn yet"),
        (["show", "breastmnist", "--split", "dev"], "--split"),
        (["show", "breastmnist", "--out", "no/such/folder/x.png"], "cannot be written"),
        (["show", "breastmnist", "--out", "x.unknown"], "cannot be written"),
        (["show", "breastmnist", "--source", "other"], "--source"),
    ],
)
def test_mistakes_end_with_code_2_and_a_reason(arguments, message):
    result = run.invoke(app, arguments)
    assert result.exit_code == 2
    assert message in plain(result.output)
    assert "Traceback" not in result.output


def test_fetch_downloads_once_and_checks(make_entry, server, tmp_path):
    folder, address = server
    content = npz_bytes(COUNTS)
    (folder / "toy.npz").write_bytes(content)
    make_entry(content, url=f"{address}/toy.npz")
    first = run.invoke(app, ["fetch", "toy"])
    assert first.exit_code == 0, first.output
    assert "checksum right" in first.output
    (folder / "toy.npz").unlink()
    again = run.invoke(app, ["fetch", "toy"])
    assert again.exit_code == 0, again.output
    assert "already here and undamaged" in again.output
    (tmp_path / "cache" / "toy.npz").write_bytes(b"broken")
    broken = run.invoke(app, ["fetch", "toy"])
    assert broken.exit_code == 2
    assert "damaged" in plain(broken.output)


def test_fetch_without_a_network_ends_with_code_2(make_entry):
    make_entry(npz_bytes(COUNTS), url="http://127.0.0.1:9/toy.npz")
    result = run.invoke(app, ["fetch", "toy"])
    assert result.exit_code == 2
    assert "cannot be downloaded" in plain(result.output)


def test_fetching_what_a_package_ships_is_no_error():
    result = run.invoke(app, ["fetch", "breast-cancer"])
    assert result.exit_code == 0
    assert "scikit-learn ships it" in result.output


@pytest.mark.parametrize("name", ["chestmnist", "skin", "radiographs"])
def test_a_sheet_can_be_drawn_of_labels_masks_and_large_pictures(name):
    sheet = contact_sheet(load(name, "phantom", 0, (24, 2, 2)), "train", columns=6)
    assert len(set(sheet.resize((64, 64)).tobytes())) > 20


def test_a_sheet_of_masks_has_a_legend_and_overlays():
    data = load("skin", "phantom", 0, (6, 1, 1))
    plain_sheet = contact_sheet(data, columns=3, augmented=False)
    colours = {colour(index) for index in range(6)}
    shown = {pixel for _, pixel in plain_sheet.getcolors(1 << 20)}
    present = {colour(index) for index, code in enumerate(data.codes) if (data.train.labels[:3] == code).any()}
    assert present <= shown & colours
    with_versions = contact_sheet(data, columns=3)
    assert with_versions.height == plain_sheet.height + 3 * (64 + 4)


def test_augmented_versions_move_the_mask_with_the_image():
    codes = np.array([36, 72, 180, 216], np.uint8)
    mask = codes[np.random.default_rng(4).integers(4, size=(4, 6))].repeat(8, 0).repeat(8, 1)
    mask[:8, :8] = 216  # what a rotation uncovers is black and of the corner's class, here the darkest one
    shades = dict(zip(codes.tolist(), (250, 180, 110, 40), strict=True))
    image = np.vectorize(shades.get)(mask).astype(np.uint8)
    before = torch.get_rng_state()
    drawn = versions(image, 20, seed=3, mask=mask)
    assert torch.equal(torch.get_rng_state(), before)
    assert [a.tobytes() for a, _ in drawn] == [a.tobytes() for a, _ in versions(image, 20, seed=3, mask=mask)]
    assert len({moved.tobytes() for moved, _ in drawn}) == 20
    for picture, moved in drawn:
        assert picture.shape == moved.shape == mask.shape
        assert set(np.unique(moved)) <= set(codes.tolist())
        brightness = {
            code: np.median(picture[moved == code]) for code in np.unique(moved) if (moved == code).sum() > 60
        }
        ordered = sorted(brightness, key=shades.get)
        assert [brightness[code] for code in ordered] == sorted(brightness.values())


def test_an_overlay_leaves_a_picture_without_a_mask_as_it_is_but_for_the_tint():
    image = np.random.default_rng(4).integers(0, 256, (5, 7, 3), dtype=np.uint8)
    no_class = np.zeros((5, 7), np.uint8)
    assert np.array_equal(overlay(image, no_class, (36, 72), alpha=0.0), image)
    everywhere = overlay(image, np.full((5, 7), 72, np.uint8), (36, 72), alpha=1.0)
    assert (everywhere == colour(1)).all()
