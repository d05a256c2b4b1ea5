"""The commands that a page shows, and the objects of a cluster that `oc` is told to use."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from support.docs.pages import Page

SHELL = ("bash", "sh", "console")
HEREDOC = re.compile(
    r"^(?P<line>[^\n]*)<<'?(?P<end>\w+)'?[^\n]*\n(?P<body>.*?)^(?P=end)$", re.MULTILINE | re.DOTALL
)
SUBSTITUTION = re.compile(r"\$\(([^()]*)\)")
PLACEHOLDER = re.compile(r"[A-Z]{2,}|[$<…*]")
WITH_VALUE = {
    *("-n", "--namespace", "-l", "--selector", "-o", "--output", "-f", "--filename", "-p"),
    *("--patch", "--type", "-c", "--container", "--since", "--tail", "--for", "--timeout"),
    *("--replicas", "--from", "--keys", "--to", "--sort-by", "--verbs", "--from-literal"),
}
OF_ONE_POD = ("logs", "exec", "rsh", "port-forward", "debug", "attach")
OF_NO_OBJECT = (
    "apply",
    "login",
    "whoami",
    "api-resources",
    "adm",
    "project",
    "version",
    "explain",
    "auth",
)


@dataclass(frozen=True)
class Named:
    """An object, or a kind of which there is no name, that a command uses."""

    kind: str
    """As it stands in the command: `pods`, `cluster.postgresql.k8s.enterprisedb.io`."""
    name: str | None
    namespace: str | None
    """None: the command names no namespace; `*`: it means all of them."""


@dataclass
class Oc:
    """A command of `oc`."""

    line: str
    action: str = ""
    named: list[Named] = field(default_factory=list)
    creates: list[Named] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    annotations: list[str] = field(default_factory=list)


def lines(page: Page) -> Iterator[str]:
    """The command lines of a page, without the text that they read."""
    for block in page.blocks:
        if block.language in SHELL:
            text = HEREDOC.sub(r"\g<line>", block.text)
            text = re.sub(r"\\\n\s*", " ", text)
            text = re.sub(r"\|\n\s*", "| ", text)
            yield from filter(None, map(str.strip, text.splitlines()))
    yield from page.spans


def manifests(page: Page) -> Iterator[dict[str, Any]]:
    """The objects that the page's commands create, or that it shows."""
    texts = [found["body"] for each in page.blocks for found in HEREDOC.finditer(each.text)]
    texts += [each.text for each in page.blocks if each.language == "yaml"]
    for text in texts:
        if "apiVersion:" in text:
            yield from filter(None, yaml.safe_load_all(text))


def programs(line: str) -> Iterator[list[str]]:
    """The programs that a line starts, each with its arguments."""
    for inner in SUBSTITUTION.findall(line):
        yield from programs(inner)
    lexer = shlex.shlex(SUBSTITUTION.sub("$X", line), posix=True, punctuation_chars="|&;<>")
    lexer.commenters, lexer.whitespace_split = "", True
    command: list[str] = []
    try:
        words = list(lexer)
    except ValueError:  # an apostrophe: a message in plain English
        return
    for word in words:
        if set(word) <= set("|&;<>"):
            yield command
            command = []
        else:
            command.append(word)
    yield command


def oc_commands(page: Page) -> Iterator[Oc]:
    """The commands of `oc` on the page that do something."""
    for line in lines(page):
        for command in programs(line):
            if len(command) > 1 and command[0] == "oc":
                yield _oc(line, command[1:])


def is_placeholder(word: str) -> bool:
    """Whether the reader puts something else in its place."""
    return bool(PLACEHOLDER.search(word))


def _oc(line: str, words: list[str]) -> Oc:
    options, rest = _split(words)
    oc = Oc(line, action=rest[0] if rest else "")
    namespace = options.get("-n") or options.get("--namespace")
    if "-A" in options or "--all-namespaces" in options:
        namespace = "*"
    selector = options.get("-l") or options.get("--selector") or ""
    oc.labels += [each for each in selector.split(",") if each]
    arguments = rest[1:]
    if oc.action in ("annotate", "label"):
        changed = [each for each in arguments if "=" in each or each.endswith("-")]
        arguments = [each for each in arguments if each not in changed]
        oc.annotations += [each.partition("=")[0].rstrip("-") for each in changed]
    elif oc.action == "create" and arguments and "--from" not in options:
        oc.creates.append(Named(arguments[0], arguments[-1], namespace))
    for kind, name in _pairs(_objects(oc.action, arguments, options)):
        oc.named.append(Named(kind, name, namespace))
    if namespace and not oc.named:
        oc.named.append(Named("namespace", namespace, None))
    return oc


def _objects(action: str, arguments: list[str], options: dict[str, str]) -> list[str]:
    """The arguments that name objects."""
    if action == "rollout":
        return arguments[1:]
    if action == "start-build":
        return [f"buildconfig/{each}" for each in arguments]
    if action == "create":
        return [options["--from"]] if "--from" in options else []
    if action in OF_ONE_POD:
        return [each if "/" in each else f"pod/{each}" for each in arguments[:1]]
    return [] if action in OF_NO_OBJECT else arguments


def _split(words: list[str]) -> tuple[dict[str, str], list[str]]:
    options: dict[str, str] = {}
    rest: list[str] = []
    remaining = iter(words)
    for word in remaining:
        if word == "--":
            break
        if word.startswith("-") and word != "-":
            name, equals, value = word.partition("=")
            options[name] = value if equals else next(remaining, "") if name in WITH_VALUE else ""
        else:
            rest.append(word)
    return options, rest


def _pairs(arguments: list[str]) -> Iterator[tuple[str, str | None]]:
    if not arguments:
        return
    if "/" in arguments[0]:
        for each in arguments:
            kind, _, name = each.partition("/")
            yield kind, name
        return
    kinds, *names = arguments
    for kind in kinds.split(","):
        yield from ((kind, name) for name in names or (None,))
