"""Files, targets, commands, links, alerts, topics and waves of the documentation exist."""

import json
import re
import subprocess
from functools import cache

import pytest
import typer

from apps.cli.main import cli
from streams.contracts import TOPICS, Erasure, Event, Impression, Interaction, NewUser, Search
from support.checkout import REPOSITORY
from support.docs.commands import SHELL, lines, programs
from support.docs.files import is_file, paths, tracked
from support.docs.pages import Page, commented_values, page, pages
from support.docs.settings import of_group
from support.pattern.charts import SIZES, manifests
from support.pattern.promql import metrics, rules

PAGES = [*pages(), *commented_values()]
FORMER = {"overrides/streams.yaml"}
VARIABLE = re.compile(r"\bRECSYS_[A-Z_]+\b|^    \w+(?=: )", re.MULTILINE)
WAVE = "argocd.argoproj.io/sync-wave"
NUMBERS = (
    *("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    *("eleven", "twelve", "thirteen", "fourteen", "fifteen"),
)


@cache
def alerts() -> set[str]:
    return {rule["alert"] for size in SIZES for rule in rules(size)}


def ids(each: Page) -> str:
    return each.name


@pytest.mark.parametrize("each", PAGES, ids=ids)
def test_files_exist(each: Page) -> None:
    spans = {span for span in each.spans if re.fullmatch(r"[\w./~*-]+\.[a-z]{1,10}", span)}
    named = {span for span in spans if "/" in span} | paths(each.text)
    former = FORMER if each.name == "docs/day-2.md" else set()
    # the test of values has those of charts, which need not exist
    optional = {name for name in named if re.fullmatch(r"overrides/.*\.yaml", name)}
    assert [name for name in sorted(named - former - optional) if not is_file(name)] == []


@pytest.mark.parametrize("each", PAGES, ids=ids)
def test_links_lead_somewhere(each: Page) -> None:
    known = {known.path: known for known in pages()}
    wrong = []
    for file, anchor in each.links:
        target = (each.path.parent / file).resolve() if file else each.path
        inside = known[target].anchors if target in known else set()
        if not target.exists() or (anchor and target in known and anchor not in inside):
            wrong.append(f"{file}#{anchor}")
    assert wrong == []


@pytest.mark.parametrize("each", PAGES, ids=ids)
def test_make_has_the_targets(each: Page) -> None:
    named = {
        target
        for line in lines(each)
        for command in programs(line)
        if "make" in command
        for target in command[command.index("make") + 1 :]
        if re.fullmatch(r"[a-z][a-z-]*", target)
    }
    wrong = [target for target in sorted(named) if not _is_target(target)]
    assert wrong == []


@pytest.mark.parametrize("each", PAGES, ids=ids)
def test_recsys_has_the_commands(each: Page) -> None:
    found = [
        command[command.index("recsys") :]
        for line in lines(each)
        for command in programs(re.sub(r"[\[\]]", "", line))
        if "recsys" in command[:1] and len(command) > 1
    ]
    assert [" ".join(command) for command in found if not _is_command(command[1:])] == []


@pytest.mark.parametrize("each", PAGES, ids=ids)
def test_variables_are_read(each: Page) -> None:
    named = set(re.findall(r"\bRECSYS_[A-Z_]*[A-Z]\b", each.text))
    assert [name for name in sorted(named) if not _is_variable(name)] == []


@pytest.mark.parametrize("each", PAGES, ids=ids)
def test_metrics_exist(each: Page) -> None:
    named = {span for span in each.spans if re.fullmatch(r"(recsys|kafka|cnp)_[a-z_]+", span)}
    assert named - metrics().keys() == set()


@pytest.mark.parametrize("each", PAGES, ids=ids)
def test_alerts_exist(each: Page) -> None:
    named = set(re.findall(r"\balerts? (?:`(\w+)`|\[(\w+)\])", each.prose))
    assert {name for pair in named for name in pair if name} - alerts() == set()


def test_every_section_of_alerts_is_one() -> None:
    sections = page("docs/troubleshooting.md").section("Alerts")
    assert set(re.findall(r"^### (.+)$", sections, re.MULTILINE)) == alerts()


def test_topics_are_those_of_the_contracts() -> None:
    topics = {topic.name for topic in TOPICS}
    for each in PAGES:
        named = {span for span in each.spans if re.fullmatch(r"[a-z-]+-(dlq|valid)", span)}
        for line in lines(each):
            named |= set(re.findall(r"--topic ([a-z-]+)", line))
        assert named <= topics, each.name
    table = re.findall(r"^\| (`.+?) \|", page("docs/events.md").prose, re.MULTILINE)
    listed = {name for row in table for name in re.findall(r"`([a-z-]+)`", row)}
    assert topics <= listed


@pytest.mark.parametrize(
    ("section", "contract"),
    [
        ("interactions", Interaction),
        ("new-users", NewUser),
        ("impressions", Impression),
        ("searches", Search),
        ("erasures", Erasure),
    ],
)
def test_the_fields_of_the_events_are_those_of_the_contract(
    section: str, contract: type[Event]
) -> None:
    text = page("docs/events.md").section(section)
    rows = re.findall(r"^\| (`.+?) \|", text, re.MULTILINE)
    named = re.findall(r"`(\w+)`", "".join(rows) or text)
    assert set(named) == set(contract.model_fields)


def test_the_drawing_has_the_waves_of_the_applications() -> None:
    drawn: dict[int, set[str]] = {}
    for wave, names in re.findall(r'w\d+\["(\d+): (.*?)"\]', page("docs/install.md").text):
        words = (re.sub(r"<br/>|\s+", " ", name).split() for name in names.split(","))
        drawn[int(wave)] = {"-".join(each) for each in words}
    expected: dict[int, set[str]] = {}
    for name, application in of_group()["clusterGroup"]["applications"].items():
        plain = name.removeprefix("openshift-") if "chart" in application else name
        expected.setdefault(int(application["annotations"][WAVE]), set()).add(plain)
    assert drawn == expected


@pytest.mark.parametrize("each", PAGES, ids=ids)
def test_waves_are_those_of_the_applications(each: Page) -> None:
    applications = of_group()["clusterGroup"]["applications"].values()
    last = max(int(application["annotations"][WAVE]) for application in applications)
    if each.name.startswith("docs/"):
        assert all(int(wave) <= last for wave in re.findall(r"\bwave (\d+)", each.prose))


def test_numbers_in_words_are_right() -> None:
    applications = of_group()["clusterGroup"]["applications"].values()
    kinds = [
        manifest["kind"] for chart in ("kafka", "connect") for manifest in manifests(chart, "demo")
    ]
    for name, sentence, number in (
        ("docs/demo.md", r"(\w+) applications of the shop", sum("path" in a for a in applications)),
        ("docs/install.md", r"(\w+) topics `ready`", kinds.count("KafkaTopic")),
        ("docs/install.md", r"(\w+) connectors `RUNNING`", kinds.count("KafkaConnector")),
    ):
        assert re.findall(sentence, page(name).prose) == [NUMBERS[number]], name


def test_languages_of_blocks_are_known() -> None:
    """A block of commands in another language would not be read by these tests."""
    known = {*SHELL, "", "yaml", "mermaid", "python", "json", "sql"}
    assert {block.language for each in pages() for block in each.blocks} <= known
    for each in pages():
        for block in each.blocks:
            if block.language == "json":
                json.loads(block.text)


@cache
def _is_target(target: str) -> bool:
    done = subprocess.run(
        ["make", "--dry-run", target], cwd=REPOSITORY, capture_output=True, text=True, check=False
    )
    return "No rule to make target" not in done.stderr


def _is_command(words: list[str]) -> bool:
    command = typer.main.get_command(cli)
    while words and hasattr(command, "commands"):
        if words[0] not in command.commands:
            return False
        command = command.commands[words[0]]
        words = words[1:]
    options = {
        option
        for parameter in command.params
        for option in (*parameter.opts, *parameter.secondary_opts)
    }
    given = {word.partition("=")[0] for word in words if word.startswith("--")}
    return given <= options | {"--help"}


def _is_variable(name: str) -> bool:
    return name in _variables() or name.removeprefix("RECSYS_").lower() in _variables()


@cache
def _variables() -> set[str]:
    """The variables that code names, and the fields of settings classes."""
    sources = (REPOSITORY / file for file in tracked() if not file.endswith(".md"))
    code = (file for file in sources if file.suffix in (".py", ".sh", ".yaml", ".tpl", ""))
    found = set()
    for file in code:
        found |= set(
            re.findall(r"\bRECSYS_[A-Z_]+\b|^    \w+(?=: )", file.read_text(), re.MULTILINE)
        )
    return {each.strip() for each in found}
