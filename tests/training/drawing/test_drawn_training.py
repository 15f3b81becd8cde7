"""Learning from the artist: batches say where things are, nets learn and come back the same."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("onnx")

from vasa_avatar.geometry import drawn_layout as names  # noqa: E402
from vasa_avatar.training.drawing import batches, export, pool, train  # noqa: E402
from vasa_avatar.training.drawing.losses import heat_loss, point_loss  # noqa: E402
from vasa_avatar.training.drawing.nets import soft_points  # noqa: E402
from vasa_avatar.training.drawing.trainer import Length  # noqa: E402

PICTURES = 12


@pytest.fixture(scope="module")
def small_pool(tmp_path_factory: pytest.TempPathFactory) -> pool.Pool:
    folder = tmp_path_factory.mktemp("pool")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pool, "CHUNK", PICTURES)
        pool.write_chunk(folder, 40)
        pool.write_chunk(folder, 40)  # without effect the second time
    return pool.Pool(folder)


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "CHUNK", PICTURES)


def test_a_pool_gives_back_what_was_drawn(small_pool: pool.Pool) -> None:
    from vasa_avatar.training.drawing.scene import draw_picture

    assert len(small_pool) == PICTURES and small_pool.refresh() == PICTURES
    for i in range(PICTURES):
        seed = 40 + i
        drawn = draw_picture(seed, with_faces=seed % pool.NO_FACE_EVERY != pool.NO_FACE_EVERY - 1)
        kept = small_pool[i]
        np.testing.assert_array_equal(kept.rgb, drawn.rgb)
        assert len(kept.faces) == min(len(drawn.faces), pool.MAX_FACES)
        for one, other in zip(kept.faces, drawn.faces, strict=False):
            np.testing.assert_allclose(one.points_px, other.points_px)
            assert bool(one.states[2]) == other.mouth_open


def test_batches_show_what_they_say(small_pool: pool.Pool) -> None:
    rng = np.random.default_rng(0)
    points = batches.point_batch(small_pool, 24, rng)
    is_face = points.flags[:, -1] > 0.5
    assert 0 < is_face.sum() < 24
    assert (points.weight[~is_face] == 0).all()
    mean = points.points[is_face]
    right, left = mean[:, names.RIGHT_EYE].mean(1), mean[:, names.LEFT_EYE].mean(1)
    assert (right[:, 0] < left[:, 0]).all(), "a mirror swaps the eyes' names too"
    found = batches.finder_batch(small_pool, 24, rng)
    rows = found.centres[:, :3].astype(int)
    assert len(rows) and (found.heat[tuple(rows.T)] == 1.0).all()
    eyes = batches.eye_batch(small_pool, 24, rng)
    open_eyes = (eyes.flags[:, 0] == 0) & (eyes.flags[:, 1] == 1) & (eyes.weight[:, 8] > 0.9)
    middle = (eyes.points[open_eyes, 8] * 64).astype(int)
    classes = eyes.classes[open_eyes, middle[:, 1], middle[:, 0]]
    assert np.isin(classes, (1, 2, 3)).mean() > 0.8
    outer, inner = eyes.points[:, 0, 0], eyes.points[:, 4, 0]
    assert (outer < inner).mean() > 0.95, "all eyes are shown as the right one"


def test_a_sharp_map_is_its_peak() -> None:
    maps = torch.full((1, 1, 32, 32), -50.0)
    maps[0, 0, 20, 7] = 50.0
    points, peaks = soft_points(maps)
    np.testing.assert_allclose(points[0, 0].numpy(), [7.5 / 32, 20.5 / 32], atol=1e-6)
    assert float(peaks) == pytest.approx(1.0)


def test_losses_fall_towards_the_truth() -> None:
    wanted = torch.tensor([[[0.4, 0.6]]])
    weight = torch.ones(1, 1)
    flat, sharp = torch.zeros(1, 1, 32, 32), torch.full((1, 1, 32, 32), -4.0)
    sharp[0, 0, 18:21, 11:14] = 4.0
    assert float(point_loss(sharp, wanted, weight)) < float(point_loss(flat, wanted, weight))
    heat = torch.zeros(1, 24, 24)
    heat[0, 5, 5] = 1.0
    good, bad = torch.full((1, 24, 24), -8.0), torch.full((1, 24, 24), -8.0)
    good[0, 5, 5], bad[0, 9, 9] = 8.0, 8.0
    known = torch.ones_like(heat)
    assert float(heat_loss(good, heat, known)) < 0.1 < float(heat_loss(bad, heat, known))
    known[0, 9, 9] = 0.0
    heat[0, 5, 5] = 0.0
    assert float(heat_loss(bad, heat, known)) < 0.1, "where nobody may say, nothing is said"


@pytest.mark.parametrize("name", sorted(train.TASKS))
def test_a_run_goes_on_and_its_file_computes_the_same(
    name: str, small_pool: pool.Pool, tmp_path: Path
) -> None:
    first = train.train(name, small_pool.folder, tmp_path, Length(1))
    assert first.step == 1 and (tmp_path / f"{name}.pt").exists()
    second = train.train(name, small_pool.folder, tmp_path, Length(2))
    assert second.step == 2
    worst = export.export(name, tmp_path / f"{name}.pt", tmp_path / f"drawn_{name}.onnx")
    assert worst <= export.TOLERANCE
    assert (tmp_path / f"drawn_{name}.onnx").stat().st_size < 2.7e6


def test_an_empty_pool_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no pictures"):
        train.train("eye", tmp_path, tmp_path, Length(1))
