"""Which providers a device means, and what is said where CUDA is wanted and missing."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError

import onnxruntime
import pytest

from vasa_avatar.cli import main
from vasa_avatar.errors import ModelStoreError
from vasa_avatar.nets import device
from vasa_avatar.nets.device import DEVICE_VARIABLE, chosen_device, providers_of

CPU, CUDA = "CPUExecutionProvider", "CUDAExecutionProvider"


@pytest.fixture(autouse=True)
def forgetful() -> Iterator[None]:
    providers_of.cache_clear()
    yield
    providers_of.cache_clear()


def machine(monkeypatch: pytest.MonkeyPatch, available: list[str], *packages: str) -> None:
    """A machine with these providers and packages."""

    def version(package: str) -> str:
        if package not in packages:
            raise PackageNotFoundError(package)
        return "1.23.0"

    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: available)
    monkeypatch.setattr(device, "version", version)


def test_the_device_that_is_chosen() -> None:
    assert chosen_device({}) == "auto" and chosen_device({DEVICE_VARIABLE: "cuda"}) == "cuda"
    with pytest.raises(ModelStoreError, match="VASA_DEVICE is 'tpu'; expected one of auto, cpu"):
        chosen_device({DEVICE_VARIABLE: "tpu"})


def test_cuda_is_taken_where_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    machine(monkeypatch, [CUDA, CPU], "onnxruntime-gpu")
    monkeypatch.setattr(device, "_finds_cuda", lambda: True)
    assert providers_of("auto") == providers_of("cuda") == (CUDA, CPU)
    assert providers_of("cpu") == (CPU,)


def test_two_packages_in_one_folder_are_told(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    machine(monkeypatch, [CPU], "onnxruntime", "onnxruntime-gpu")
    with caplog.at_level(logging.WARNING):
        assert providers_of("auto") == (CPU,)
    assert "pip install --force-reinstall --no-deps onnxruntime-gpu" in caplog.text
    with pytest.raises(ModelStoreError, match="both installed, and the one without CUDA came last"):
        providers_of("cuda")


def test_without_the_package_it_is_named(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    machine(monkeypatch, [CPU], "onnxruntime")
    assert providers_of("auto") == (CPU,) and not caplog.records
    with pytest.raises(ModelStoreError, match=r'pip install "vasa-avatar\[gpu\]"'):
        providers_of("cuda")


def test_the_package_without_a_card(monkeypatch: pytest.MonkeyPatch) -> None:
    machine(monkeypatch, [CPU], "onnxruntime-gpu")
    with pytest.raises(ModelStoreError, match="finds no CUDA here"):
        providers_of("cuda")


@pytest.mark.filterwarnings("ignore:Specified provider")
def test_cuda_that_is_offered_and_does_not_load(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    if CUDA in onnxruntime.get_available_providers():
        pytest.skip("onnxruntime has CUDA here")
    machine(monkeypatch, [CUDA, CPU], "onnxruntime-gpu")
    with caplog.at_level(logging.WARNING):
        assert providers_of("auto") == (CPU,)  # by a real session of the smallest net
    assert "finds no CUDA here" in caplog.text
    with pytest.raises(ModelStoreError, match="finds no CUDA here"):
        providers_of("cuda")


def test_the_command_line_says_it_to_all_that_follows(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(DEVICE_VARIABLE, "auto")
    assert main(["models", "--device", "cpu", "list"]) == 0
    assert os.environ[DEVICE_VARIABLE] == "cpu"
    capsys.readouterr()
