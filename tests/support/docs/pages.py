"""The pages for users, and what they name in code: commands, blocks, headings and links."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from support.checkout import REPOSITORY

FENCE = re.compile(
    r"^(?P<indent> *)```(?P<language>[\w-]*)\n(?P<text>.*?)^ *```$", re.MULTILINE | re.DOTALL
)
SPAN = re.compile(r"`([^`\n]+)`")
COMMENT = re.compile(r"^\s*# ?(.*)$", re.MULTILINE)
LINK = re.compile(r"\]\((?P<file>[^)#\s]*)(?:#(?P<anchor>[^)\s]+))?\)")
HEADING = re.compile(r"^(#+) (.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """A fenced block of a page, with the prose right before it."""

    language: str
    text: str
    before: str


@dataclass(frozen=True)
class Page:
    """A page in Markdown, or the comments of a values file."""

    path: Path

    @property
    def name(self) -> str:
        return str(self.path.relative_to(REPOSITORY))

    @cached_property
    def text(self) -> str:
        text = self.path.read_text()
        if self.path.suffix == ".md":
            return text
        return "\n".join(line.removeprefix("-- ") for line in COMMENT.findall(text))

    @cached_property
    def prose(self) -> str:
        """The page without its blocks."""
        return FENCE.sub("\n", self.text)

    @cached_property
    def blocks(self) -> list[Block]:
        found = []
        for match in FENCE.finditer(self.text):
            indent = len(match["indent"])
            lines = [line[indent:] for line in match["text"].splitlines()]
            before = self.text[: match.start()].rstrip().rsplit("\n\n", 1)[-1]
            found.append(Block(match["language"], "\n".join(lines), before))
        return found

    @cached_property
    def spans(self) -> list[str]:
        """Code within the prose."""
        return SPAN.findall(self.prose)

    @cached_property
    def anchors(self) -> set[str]:
        """The anchors of the headings, as GitHub makes them."""
        return {anchor(title) for _, title in HEADING.findall(self.prose)}

    def section(self, title: str) -> str:
        """The prose below a heading, up to the next one of the same level or above."""
        found = re.search(
            rf"^(#+) {re.escape(title)}$\n(.*?)(?=^#{{1,6}} |\Z)",
            self.prose,
            re.MULTILINE | re.DOTALL,
        )
        assert found, f"{self.name} has no section {title}"
        level = len(found[1])
        rest = self.prose[found.start(2) :]
        end = re.search(rf"^#{{1,{level}}} ", rest, re.MULTILINE)
        return rest[: end.start()] if end else rest

    @property
    def links(self) -> Iterator[tuple[str, str]]:
        """Links to this project's pages: the file ("" is the page itself) and the anchor."""
        for match in LINK.finditer(self.prose):
            if "://" not in match["file"]:
                yield match["file"], match["anchor"] or ""


def anchor(title: str) -> str:
    """GitHub's anchor of a heading."""
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


@cache
def pages() -> tuple[Page, ...]:
    """The pages for users, and those of the charts."""
    return tuple(
        Page(file)
        for pattern in ("README.md", "docs/*.md", "overrides/README.md", "charts/all/*/README.md")
        for file in sorted(REPOSITORY.glob(pattern))
    )


@cache
def commented_values() -> tuple[Page, ...]:
    """The comments of the values files that a fork reads and changes."""
    patterns = ("values-*.yaml", "values-secret.yaml.template", "overrides/*.yaml")
    return tuple(
        Page(file)
        for pattern in (*patterns, "charts/all/*/values.yaml")
        for file in sorted(REPOSITORY.glob(pattern))
    )


def page(name: str) -> Page:
    """The page of this name, from the root of the repository."""
    (found,) = [each for each in pages() if each.name == name]
    return found
