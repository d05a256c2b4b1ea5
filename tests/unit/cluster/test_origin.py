"""The cluster installs what is pushed, so what is checked out must be pushed."""

from typing import Any

import pytest

from apps.cluster import origin
from streams.errors import ConfigurationError


def refusal(fork: Any, environment: dict[str, str]) -> str:
    with pytest.raises(ConfigurationError) as refused:
        origin.check(fork.path, environment)
    return str(refused.value)


def test_what_is_pushed_is_installed(cluster: Any, fork: Any) -> None:
    found = origin.check(fork.path, cluster.environment)
    assert found.endswith(f"origin.git, main at {fork.git('rev-parse', 'HEAD')[:9]}")


def test_a_commit_that_is_not_pushed(cluster: Any, fork: Any) -> None:
    pushed = fork.git("rev-parse", "HEAD")[:9]
    fork.commit("second")
    said = refusal(fork, cluster.environment)
    assert f"has {pushed} on main" in said
    assert "git push" in said
    fork.git("push", "--quiet")
    assert origin.check(fork.path, cluster.environment)


def test_a_branch_that_is_not_pushed(cluster: Any, fork: Any) -> None:
    fork.git("switch", "--quiet", "--create", "mine")
    expected = "the branch mine is not pushed: git push --set-upstream origin mine"
    assert refusal(fork, cluster.environment) == expected
    fork.git("config", "branch.mine.remote", "origin")
    assert "has no branch mine: git push it first" in refusal(fork, cluster.environment)


def test_no_branch(cluster: Any, fork: Any) -> None:
    fork.git("checkout", "--quiet", "--detach")
    assert "no branch is checked out" in refusal(fork, cluster.environment)


def test_another_branch_and_remote_by_variable(cluster: Any, fork: Any) -> None:
    environment = {**cluster.environment, "TARGET_BRANCH": "main", "TARGET_ORIGIN": "upstream"}
    assert "there is no remote upstream" in refusal(fork, environment)
    fork.git("remote", "rename", "origin", "upstream")
    assert origin.check(fork.path, environment)


def test_a_fork_that_only_its_owner_can_read(cluster: Any, fork: Any) -> None:
    fork.git("remote", "set-url", "origin", "/nowhere/fork.git")
    said = refusal(fork, cluster.environment)
    assert "/nowhere/fork.git cannot be read without a login" in said
    assert "TOKEN_SECRET" in said


@pytest.mark.parametrize(
    "url", ["git@127.0.0.1:somebody/fork.git", "ssh://git@127.0.0.1/somebody/fork.git"]
)
def test_the_cluster_has_no_ssh_key(cluster: Any, fork: Any, url: str) -> None:
    """It reads over HTTPS, and so does the check (nothing listens on this machine)."""
    fork.git("remote", "set-url", "origin", url)
    said = refusal(fork, cluster.environment)
    assert said.startswith("https://127.0.0.1/somebody/fork.git cannot be read")


def test_changes_that_are_not_committed_are_named(cluster: Any, fork: Any) -> None:
    assert origin.uncommitted(fork.path, cluster.environment) == []
    (fork.path / "file").write_text("changed")
    assert origin.uncommitted(fork.path, cluster.environment) == ["M file"]
