"""The Containerfiles that the chart `images` builds from."""

import re
from dataclasses import dataclass
from pathlib import Path

import yaml

from support.checkout import REPOSITORY
from support.pattern.charts import CHARTS

PATHS: dict[str, str] = yaml.safe_load((CHARTS["images"] / "values.yaml").read_text())[
    "containerfiles"
]
"""From the repository's root, by the name of the image."""
PYTHON = sorted(PATHS.keys() - {"connect"})
"""The images that run the project's own code."""


@dataclass(frozen=True)
class Containerfile:
    """A Containerfile as its instructions, line continuations joined."""

    path: Path

    @classmethod
    def of(cls, image: str) -> "Containerfile":
        return cls(REPOSITORY / PATHS[image])

    @property
    def instructions(self) -> list[tuple[str, str]]:
        text = self.path.read_text().replace("\\\n", " ")
        lines = (line.strip() for line in text.splitlines())
        return [
            (line.split()[0], line.split(maxsplit=1)[1])
            for line in lines
            if line and not line.startswith("#")
        ]

    @property
    def runtime(self) -> list[tuple[str, str]]:
        """The last stage, which becomes the image."""
        starts = [index for index, (word, _) in enumerate(self.instructions) if word == "FROM"]
        return self.instructions[starts[-1] :]

    @property
    def bases(self) -> list[str]:
        return [words.split()[0] for word, words in self.instructions if word == "FROM"]

    @property
    def settings(self) -> dict[str, str]:
        """The environment variables, and the build arguments that have a default."""
        pairs = [
            pair.split("=", 1)
            for word, words in self.instructions
            if word in {"ARG", "ENV"}
            for pair in words.split()
            if "=" in pair
        ]
        return dict(pairs)

    @property
    def extras(self) -> set[str]:
        return set(re.findall(r"--extra (\S+)", self.path.read_text()))
