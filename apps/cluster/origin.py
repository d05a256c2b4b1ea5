"""The fork as the cluster will read it: the commit that is checked out here must be pushed."""

import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

from streams.errors import ConfigurationError

_SSH = re.compile(r"^(?:ssh://)?git@([^:/]+)[:/](.+)$")
_NO_SUCH_BRANCH = 2


def check(root: Path, environment: Mapping[str, str]) -> str:
    """Address, branch and commit of the fork.

    Raises:
        ConfigurationError: the pushed commit is not the one that is checked out.
    """
    git = _Git(root, environment)
    branch = environment.get("TARGET_BRANCH") or git("branch", "--show-current")
    if not branch:
        raise ConfigurationError("no branch is checked out: git switch to the one to install")
    remote = environment.get("TARGET_ORIGIN") or git("config", f"branch.{branch}.remote")
    if not remote:
        raise ConfigurationError(
            f"the branch {branch} is not pushed: git push --set-upstream origin {branch}"
        )
    url = git("remote", "get-url", remote)
    if not url:
        raise ConfigurationError(f"there is no remote {remote}: git remote add {remote} URL")
    if not environment.get("TOKEN_SECRET"):  # the cluster has no SSH key: it reads without a login
        url = _SSH.sub(r"https://\1/\2", url)
    pushed = git.pushed(url, branch)
    head = git("rev-parse", "HEAD")
    if pushed != head:
        raise ConfigurationError(
            f"{url} has {pushed[:9]} on {branch}, but {head[:9]} is checked out here:"
            f" Argo CD installs what is pushed, so git push (or git pull) first"
        )
    return f"{url}, {branch} at {head[:9]}"


def uncommitted(root: Path, environment: Mapping[str, str]) -> list[str]:
    """Changed files, which will not be installed."""
    return _Git(root, environment)("status", "--porcelain", "--untracked-files=no").splitlines()


class _Git:
    """`git` in a folder; the answer is empty where nothing is set."""

    def __init__(self, root: Path, environment: Mapping[str, str]) -> None:
        self._root = root
        self._environment = {**environment, "GIT_TERMINAL_PROMPT": "0"}

    def __call__(self, *arguments: str) -> str:
        return self._run(*arguments).stdout.strip()

    def pushed(self, url: str, branch: str) -> str:
        """The commit that a remote has on a branch."""
        listed = self._run("ls-remote", "--exit-code", "--heads", url, f"refs/heads/{branch}")
        if listed.returncode == _NO_SUCH_BRANCH:
            raise ConfigurationError(f"{url} has no branch {branch}: git push it first")
        if listed.returncode != 0:
            raise ConfigurationError(
                f"{url} cannot be read without a login ({listed.stderr.strip().splitlines()[-1]}):"
                " make the fork public, or name a token with TOKEN_SECRET and TOKEN_NAMESPACE"
            )
        return listed.stdout.split()[0]

    def _run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(  # noqa: S603
            ["git", "-C", str(self._root), *arguments],  # noqa: S607
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
        )
