"""The exported graph (weights in 16 bits) says, block by block, what torch says of the whole."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("onnx")

from vasa_avatar.audio.log_mel import log_mel  # noqa: E402
from vasa_avatar.motion.speech.network import DELAY_BLOCKS, NetworkSpeech  # noqa: E402
from vasa_avatar.training.speech.bench_closures import class_scores  # noqa: E402
from vasa_avatar.training.speech.export import export  # noqa: E402
from vasa_avatar.training.speech.model import NetworkSize, SpeechNet, aligned  # noqa: E402
from vasa_avatar.training.speech.phones import CLASSES  # noqa: E402


@pytest.fixture(scope="module")
def net() -> SpeechNet:
    torch.manual_seed(0)
    made = SpeechNet(NetworkSize(channels=24, head_channels=16))
    for module in made.modules():
        if isinstance(module, torch.nn.BatchNorm1d):
            module.running_mean.normal_(0, 0.3)
            module.running_var.uniform_(0.5, 2.0)
    return made.eval()


@pytest.mark.parametrize("lookahead_ms", sorted(DELAY_BLOCKS))
def test_export_agrees_with_torch(net: SpeechNet, tmp_path: Path, lookahead_ms: int) -> None:
    export(net, tmp_path / "net.onnx")
    rng = np.random.default_rng(5)
    pcm = (rng.standard_normal(24_000) * np.linspace(0, 0.3, 24_000)).astype(np.float32)
    scores, activities = class_scores(NetworkSpeech(tmp_path / "net.onnx"), pcm, lookahead_ms)
    rows = log_mel(pcm)
    padded = np.concatenate((rows, np.full((12, 40), -16.1, np.float32)))
    with torch.no_grad():
        said, _ = aligned(net(torch.from_numpy(padded)[None]), lookahead_ms)
    whole = said[0, : len(rows)]
    np.testing.assert_allclose(scores, whole[:, : len(CLASSES)].numpy(), atol=1e-2)
    np.testing.assert_allclose(
        activities, torch.sigmoid(whole[:, len(CLASSES) :]).numpy(), atol=2e-3
    )


def test_a_row_hears_no_further_than_its_lookahead(net: SpeechNet) -> None:
    rng = np.random.default_rng(6)
    rows = torch.from_numpy(rng.normal(-4, 2, (1, 200, 40)).astype(np.float32))
    changed = rows.clone()
    changed[:, 120:] += 3.0
    with torch.no_grad():
        one, other = net(rows), net(changed)
    for ms, delay in DELAY_BLOCKS.items():
        a, _ = aligned(one, ms)
        b, _ = aligned(other, ms)
        first = 120 - 2 * delay - 1
        assert torch.equal(a[:, :first], b[:, :first])
        assert not torch.equal(a[:, first : first + 4], b[:, first : first + 4])
