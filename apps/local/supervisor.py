"""supervisord: starts the components, restarts those that die, and outlives the terminal.

It listens on a socket that only its user may use; `apps.local.stack` drives it over XML-RPC.
"""

import hashlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xmlrpc.client import Fault, ServerProxy

from supervisor.xmlrpc import Faults, SupervisorTransport

from apps.local.component import Component
from streams.errors import UnavailableError

_GRACE_SECONDS = 15
_WITHOUT_WAITING, _UNTIL_ENDED = False, True
_DAEMON = """\
[supervisord]
logfile={folder}/supervisord.log
logfile_maxbytes=5MB
logfile_backups=1
pidfile={folder}/supervisord.pid
childlogdir={folder}
directory={directory}
nodaemon=false
silent=true
umask=077
{user}
[unix_http_server]
file={socket}
chmod=0700

[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface
"""
_PROGRAM = """
[program:{name}]
command={command}
autostart=false
autorestart=true
startsecs=1
startretries=10
stopsignal={stop_signal}
stopwaitsecs={grace}
stopasgroup={as_group}
killasgroup=true
redirect_stderr=true
stdout_logfile={log}
stdout_logfile_maxbytes=20MB
stdout_logfile_backups=1
"""


@dataclass(frozen=True, slots=True)
class Process:
    """What supervisord knows of a component."""

    state: str
    pid: int | None


class Supervisor:
    """One supervisord for one state folder."""

    def __init__(self, folder: Path, logs: Path) -> None:
        self._folder = folder
        self._logs = logs
        digest = hashlib.sha256(str(folder).encode()).hexdigest()[:16]
        # A socket's path may have 107 bytes at most, so it cannot lie in the state folder.
        self._socket = Path(tempfile.gettempdir()) / f"recsys-{os.geteuid()}-{digest}.sock"

    @property
    def is_running(self) -> bool:
        """Whether supervisord answers."""
        try:
            self._call("getState")
        except UnavailableError:
            return False
        return True

    def launch(self, components: Sequence[Component], environment: Mapping[str, str]) -> None:
        """Start supervisord; the components inherit `environment` and are started one by one."""
        self._logs.mkdir(parents=True, exist_ok=True)
        config = self._folder / "supervisord.conf"
        user = "user=root" if os.geteuid() == 0 else ""
        sections = [
            _DAEMON.format(
                folder=_escape(self._logs),
                directory=_escape(self._folder),
                socket=self._socket,
                user=user,
            ),
            *(
                _PROGRAM.format(
                    name=component.name,
                    command=_escape(" ".join(f'"{word}"' for word in component.command)),
                    stop_signal=component.stop_signal,
                    as_group="false" if component.stop_signal == "INT" else "true",
                    grace=_GRACE_SECONDS,
                    log=_escape(component.log),
                )
                for component in components
            ),
        ]
        config.write_text("".join(sections))
        subprocess.run(
            [sys.executable, "-m", "supervisor.supervisord", "-c", str(config)],
            env=dict(environment),
            cwd=self._folder,
            stdin=subprocess.DEVNULL,
            check=True,
        )
        deadline = time.monotonic() + _GRACE_SECONDS
        while not self.is_running:
            if time.monotonic() > deadline:
                raise UnavailableError(f"supervisord does not answer; see {self._logs}")
            time.sleep(0.05)

    def start(self, name: str) -> None:
        """Start a component unless it runs."""
        try:
            self._call("startProcess", name, _WITHOUT_WAITING)
        except Fault as fault:
            if fault.faultCode != Faults.ALREADY_STARTED:
                raise UnavailableError(f"{name} cannot be started: {fault.faultString}") from fault

    def stop(self, name: str) -> None:
        """Stop a component and wait until it has ended; one that ignores the signal is killed."""
        try:
            self._call("stopProcess", name, _UNTIL_ENDED)
        except Fault as fault:
            if fault.faultCode != Faults.NOT_RUNNING:
                raise UnavailableError(f"{name} cannot be stopped: {fault.faultString}") from fault

    def kill(self, name: str) -> None:
        """Kill a component with SIGKILL; supervisord starts it again."""
        process = self.processes().get(name)
        if process and process.pid:
            os.kill(process.pid, signal.SIGKILL)

    def processes(self) -> dict[str, Process]:
        """State and pid of each component."""
        return {
            info["name"]: Process(info["statename"].lower(), info["pid"] or None)
            for info in self._call("getAllProcessInfo")
        }

    def shutdown(self) -> None:
        """End supervisord and whatever still runs under it, and wait until it has ended."""
        pid = int(self._call("getPID"))
        self._call("shutdown")
        deadline = time.monotonic() + 2 * _GRACE_SECONDS
        while _exists(pid) and time.monotonic() < deadline:
            time.sleep(0.05)

    def _call(self, method: str, *arguments: Any) -> Any:
        transport = SupervisorTransport(None, None, f"unix://{self._socket}")
        try:
            with ServerProxy("http://127.0.0.1", transport=transport) as proxy:
                return getattr(proxy.supervisor, method)(*arguments)
        except OSError as error:
            raise UnavailableError("the stack is not running") from error


def _escape(text: object) -> str:
    return str(text).replace("%", "%%")


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # A zombie that nobody has waited for has ended, too.
    stat = Path(f"/proc/{pid}/stat")
    return not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] != "Z"
