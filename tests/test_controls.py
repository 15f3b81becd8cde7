"""The table of controls: the way to the engine and back, limits, and that nobody forgets one."""

from __future__ import annotations

import argparse
import math
from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from vasa_avatar.cli.arguments import add_control_arguments, controls_from
from vasa_avatar.control_settings import ControlSettings
from vasa_avatar.controls import CONTROLS, EMOTION_STRENGTH, ControlSpec, control
from vasa_avatar.datatypes import EMOTIONS, Controls, Emotion
from vasa_avatar.motion.controls_blend import ControlsBlend
from vasa_avatar.profiles import Framing, Gains

each_control = pytest.mark.parametrize("spec", CONTROLS, ids=lambda spec: spec.name)

_STEPS = 1_000_000
VALUES = st.fixed_dictionaries(
    {
        spec.name: st.integers(round(spec.low * _STEPS), round(spec.high * _STEPS)).map(
            lambda n: n / _STEPS
        )
        for spec in CONTROLS
    }
)
MIXTURES = st.dictionaries(st.sampled_from(EMOTIONS), st.floats(0, 1))


@given(VALUES, MIXTURES)
def test_what_people_write_comes_back_as_written(
    values: dict[str, float], emotions: dict[str, float]
) -> None:
    written = ControlSettings(**values, emotions=emotions)
    assert ControlSettings.of(written.applied_to(Controls())) == written
    assert Controls().steered(values).values() == values
    assert ControlSettings.model_validate_json(written.model_dump_json()) == written


@given(VALUES)
def test_radians_lie_within_what_the_engine_takes(values: dict[str, float]) -> None:
    controls = Controls().steered(values)
    assert Controls(**{f.name: getattr(controls, f.name) for f in fields(Controls)}) == controls


def test_the_table_and_the_engine_name_the_same() -> None:
    assert {f.name for f in fields(Controls)} == {spec.field for spec in CONTROLS} | {"emotions"}
    assert Controls().values() == {spec.name: spec.default for spec in CONTROLS}
    assert set(ControlSettings.model_fields) == {spec.name for spec in CONTROLS} | {"emotions"}
    in_profiles = {*Gains.model_fields, *Framing.model_fields} - {"crop"}
    assert in_profiles == {spec.name for spec in CONTROLS}


@each_control
def test_every_limit_is_reached_and_kept(spec: ControlSpec) -> None:
    for limit, beyond in ((spec.low, spec.low - 0.5), (spec.high, spec.high + 0.5)):
        assert Controls().steered({spec.name: limit}).values()[spec.name] == limit
        assert ControlSettings(**{spec.name: limit}).model_dump()[spec.name] == limit
        message = f"is {beyond:g}; expected {spec.range}"
        with pytest.raises(ValueError, match=f"{spec.name} {message}"):
            Controls().steered({spec.name: beyond})
        with pytest.raises(ValidationError, match=f"{spec.name} {message}"):
            ControlSettings(**{spec.name: beyond})
        with pytest.raises(ValueError, match=f"{spec.field}.* {message}"):
            Controls(**{spec.field: spec.to_field(beyond)})


@each_control
@pytest.mark.parametrize("value", [math.nan, math.inf, "1", True, None])
def test_only_numbers_are_taken(spec: ControlSpec, value: object) -> None:
    with pytest.raises(ValueError, match=f"{spec.name} is .*; expected .*{spec.range}"):
        spec.check(value)


def test_numpy_numbers_are_numbers() -> None:
    assert control("lip_gain").check(np.float32(0.5)) == 0.5
    assert Controls(head_yaw_rad=np.float32(0.25)).steered({}).head_yaw_rad == 0.25


@each_control
def test_every_control_reaches_the_blend(spec: ControlSpec) -> None:
    blend = ControlsBlend(Controls(), 25)
    blend.set(Controls().steered({spec.name: spec.low}))
    at_rest = ControlsBlend(Controls(), 25)

    def everything(of: ControlsBlend) -> list[float]:
        return [*of.gaze_rad, *of.head_rotation_rad, of.head_distance, of.lip_gain, of.brow_gain,
                of.head_gain, of.blink_gain]  # fmt: skip

    blend.step()
    at_rest.step()
    moved = np.array(everything(blend)) - np.array(everything(at_rest))
    assert np.count_nonzero(moved) == 1


@each_control
def test_every_control_is_on_the_command_line(spec: ControlSpec) -> None:
    parser = argparse.ArgumentParser()
    add_control_arguments(parser)
    given = parser.parse_args(["--control", f"{spec.name}={spec.high}", "--emotion", "sad:0.5"])
    controls = controls_from(given, None)
    assert controls.values()[spec.name] == spec.high
    assert controls.emotions == (Emotion("sad", 0.5),)
    assert f"{spec.name} {spec.range}" in " ".join(parser.format_help().split())


def test_an_unknown_control_is_told_which_there_are() -> None:
    with pytest.raises(ValueError, match="control is 'lips'; expected one of gaze_pitch_deg, "):
        Controls().steered({"lips": 1.0})


def test_emotions_are_named_once_and_within_their_strength() -> None:
    with pytest.raises(ValueError, match="emotions are sad, sad; name each once"):
        Controls(emotions=(Emotion("sad", 0.2), Emotion("sad", 0.3)))
    with pytest.raises(
        ValueError, match=f"strength of sad is 2; expected {EMOTION_STRENGTH.range}"
    ):
        Emotion("sad", 2)
    with pytest.raises(ValidationError, match="emotions is 'happy'; expected a mapping"):
        ControlSettings(emotions="happy")
    assert Emotion.parse(" happy : 0.5 ") == Emotion("happy", 0.5)
    for text in ("happy:", "happy:much"):
        with pytest.raises(ValueError, match="is not NAME:STRENGTH"):
            Emotion.parse(text)
