from pathlib import Path

import numpy as np
import pytest

from ml.pictures.generator import PictureGenerator
from ml.pictures.prompt import prompt_of
from ml.pictures.settings import PictureSettings
from streams.errors import ConfigurationError, ContractError, ModelError
from support.picture_model import save_picture_model


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_picture_model(tmp_path_factory.mktemp("checked"))


def settings(model: Path, **others: object) -> PictureSettings:
    return PictureSettings.model_validate({"picture_model": model, "picture_steps": 2, **others})


def test_a_picture_is_the_same_for_the_same_product_and_another_for_others(model: Path) -> None:
    generator = PictureGenerator.load(settings(model))
    first, again, other = (
        np.asarray(generator.generate(item, "a red mouse")) for item in ("i1", "i1", "i2")
    )
    assert first.ndim == 3
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_another_seed_gives_another_picture(model: Path) -> None:
    one, two = (
        PictureGenerator.load(settings(model, picture_seed=seed)).generate("i1", "a red mouse")
        for seed in (0, 1)
    )
    assert one.tobytes() != two.tobytes()


def test_what_a_picture_is_made_from_tells_prompts_and_settings_apart(model: Path) -> None:
    generator = PictureGenerator.load(settings(model))
    slower = PictureGenerator.load(settings(model, picture_steps=3))
    digests = {generator.made_from("a"), generator.made_from("b"), slower.made_from("a")}
    assert len(digests) == 3
    assert generator.made_from("a") == generator.made_from("a")


def test_a_picture_that_the_safety_checker_flags_is_refused(tmp_path: Path) -> None:
    generator = PictureGenerator.load(settings(save_picture_model(tmp_path, refuses=True)))
    with pytest.raises(ContractError, match="safety checker"):
        generator.generate("i1", "a red mouse")


def test_a_model_without_a_safety_checker_is_used_only_on_demand(tmp_path: Path) -> None:
    unchecked = save_picture_model(tmp_path, checks=False)
    with pytest.raises(ConfigurationError, match="RECSYS_PICTURE_SAFETY_CHECK"):
        PictureGenerator.load(settings(unchecked))
    generator = PictureGenerator.load(settings(unchecked, picture_safety_check=False))
    assert generator.generate("i1", "a red mouse").width > 0


def test_a_folder_without_a_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=str(tmp_path)):
        PictureGenerator.load(settings(tmp_path))


def test_without_a_model_there_is_no_generator() -> None:
    with pytest.raises(ConfigurationError, match="RECSYS_PICTURE_MODEL"):
        PictureGenerator.load(PictureSettings(picture_model=None))


def test_a_prompt_names_the_product_first_and_leaves_out_what_is_too_long() -> None:
    prompt = prompt_of("Alder Mouse, red", "Computers|Mice", "word " * 200)
    assert prompt.startswith("product photograph, Alder Mouse, red, Mice, word")
    assert len(prompt) < 300
    assert prompt_of("Alder Mouse", "", "") == (
        "product photograph, Alder Mouse, studio light, plain background, centred"
    )
