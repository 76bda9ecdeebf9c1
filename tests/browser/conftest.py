"""A real browser, and a Jupyter server to look at with it; skipped, with the reason, where one of them is missing."""

import json
import os
import secrets
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

PATIENCE = 120  # seconds for a server or a kernel to come up on a busy machine
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Chromium: Playwright's own, or the system's."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with sync_api.sync_playwright() as playwright:
        own = Path(playwright.chromium.executable_path)
        found = next(filter(None, map(shutil.which, BROWSERS)), None)
        if not own.exists() and found is None:
            pytest.skip("no Chromium is installed (`playwright install chromium`, or your system's package)")
        opened = playwright.chromium.launch(
            executable_path=None if own.exists() else found, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield opened
        opened.close()


@pytest.fixture
def page(browser: Any, request: pytest.FixtureRequest) -> Iterator[Any]:
    """An empty page; a picture of it is kept where a test fails and `BROWSER_PICTURES` names a folder."""
    context = browser.new_context(viewport={"width": 1400, "height": 1000})
    context.set_default_timeout(PATIENCE * 1000)
    opened = context.new_page()
    yield opened
    if folder := os.environ.get("BROWSER_PICTURES"):
        opened.screenshot(path=str(Path(folder) / f"{request.node.name}.png"))
    context.close()


@pytest.fixture
def jupyter(tmp_path: Path) -> Iterator[Callable[..., str]]:
    """`jupyter(folder, *options)` starts a server there and gives the address to put a path behind, with `{path}`."""
    pytest.importorskip("jupyterlab", reason="JupyterLab is not installed")
    servers: list[subprocess.Popen[bytes]] = []

    def start(folder: Path, *options: str) -> str:
        runtime, token = tmp_path / "runtime", secrets.token_hex(16)
        settings = {name: str(tmp_path / name.lower()) for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "HOME")}
        command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ServerApp.port=0"]
        command += [f"--IdentityProvider.token={token}", "--ServerApp.log_level=ERROR", *options]
        with (tmp_path / "server.log").open("wb") as log:
            servers.append(
                subprocess.Popen(
                    command,
                    cwd=folder,
                    env={**os.environ, **settings, "JUPYTER_RUNTIME_DIR": str(runtime)},
                    stdout=log,
                    stderr=subprocess.STDOUT,
                )
            )
        address = _address(runtime, servers[-1], tmp_path / "server.log")
        return f"{address}{{path}}?token={token}"

    yield start
    for server in servers:
        server.terminate()
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _address(runtime: Path, server: subprocess.Popen[bytes], log: Path) -> str:
    """Where the server listens, once it answers."""
    for _ in range(PATIENCE * 4):
        if server.poll() is not None:
            break
        for file in runtime.glob("jpserver-*.json"):
            try:
                url = json.loads(file.read_text(encoding="utf-8"))["url"]
                urllib.request.urlopen(f"{url}api", timeout=PATIENCE).close()
            except (OSError, ValueError, KeyError):
                continue
            return url
        time.sleep(0.25)
    raise AssertionError(f"the Jupyter server does not answer: {log.read_text(errors='replace')[-2000:]}")
