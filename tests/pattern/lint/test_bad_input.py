"""Wrong values are refused before anything is rendered, with a message that says where and why."""

from typing import NamedTuple

import pytest

from support.pattern.charts import template


class Bad(NamedTuple):
    """A mistake, and the words that the message must contain."""

    mistake: str
    chart: str
    setting: str
    words: tuple[str, ...]


ONE_OF_SIZES = ("/global/size", "one of", "demo", "production")
TABLE = [
    Bad("a size that does not exist", "kafka", "global.size=huge", ONE_OF_SIZES),
    Bad("a size in capitals", "storefront", "global.size=Demo", ONE_OF_SIZES),
    Bad("no size", "postgres", "global.size=", ONE_OF_SIZES),
    Bad("a number as the size", "processor", "global.size=3", ONE_OF_SIZES),
    Bad(
        "a stage that does not exist",
        "storefront",
        "chain.order[0].stage=mood",
        ("/chain/order/0/stage", "one of"),
    ),
    Bad(
        "an image by tag",
        "storefront",
        "global.images.storefront=quay.io/a/b:1.0",
        ("/global/images/storefront", "pattern"),
    ),
    Bad(
        "an image by latest",
        "processor",
        "global.images.processor=quay.io/a/b:latest",
        ("/global/images/processor", "pattern"),
    ),
    Bad(
        "a truncated digest",
        "feast",
        "global.images.pipeline=quay.io/a/b@sha256:12ab",
        ("/global/images/pipeline", "pattern"),
    ),
    Bad(
        "an image as a number",
        "connect",
        "global.images.connect=1",
        ("/global/images/connect", "string"),
    ),
    Bad(
        "a name in capitals",
        "kafka",
        "global.names.kafka=Kafka",
        ("/global/names/kafka", "pattern"),
    ),
    Bad(
        "a name with an underscore",
        "postgres",
        "global.names.database=recsys_db",
        ("/global/names/database", "pattern"),
    ),
    Bad("an empty name", "storefront", "global.names.storefront=", ("/global/names/storefront",)),
    Bad(
        "a storage class with a space",
        "postgres",
        "global.storageClass=fast ssd",
        ("/global/storageClass", "pattern"),
    ),
    Bad("a misspelt key", "kafka", "brokrs=5", ("brokrs", "not allowed")),
    Bad(
        "a misspelt key inside of a size",
        "kafka",
        "sizes.demo.broker.heep=1g",
        ("/sizes/demo/broker", "heep", "not allowed"),
    ),
    Bad(
        "an additional size",
        "processor",
        "sizes.tiny.replicas=1",
        ("/sizes", "tiny", "not allowed"),
    ),
    Bad(
        "two brokers for three replicas",
        "kafka",
        "sizes.production.brokers=2",
        ("/sizes/production/brokers", "minimum"),
    ),
    Bad("half a broker", "kafka", "sizes.demo.brokers=3.5", ("/sizes/demo/brokers", "integer")),
    Bad(
        "brokers in words", "kafka", "sizes.demo.brokers=three", ("/sizes/demo/brokers", "integer")
    ),
    Bad(
        "topics without partitions",
        "kafka",
        "global.partitions=0",
        ("/global/partitions", "minimum"),
    ),
    Bad(
        "a retention of milliseconds",
        "kafka",
        "global.channels[0].retentionMs=10",
        ("/global/channels/0/retentionMs", "minimum"),
    ),
    Bad("no topics", "kafka", "global.channels=null", ("channels",)),
    Bad(
        "a quantity in GB",
        "postgres",
        "sizes.demo.storage=10GB",
        ("/sizes/demo/storage", "pattern"),
    ),
    Bad(
        "a negative volume",
        "postgres",
        "sizes.demo.walStorage=-4Gi",
        ("/sizes/demo/walStorage", "pattern"),
    ),
    Bad(
        "no instances",
        "postgres",
        "sizes.production.instances=0",
        ("/sizes/production/instances", "minimum"),
    ),
    Bad(
        "a schedule with five fields",
        "postgres",
        "sizes.production.backup.schedule=0 2 * * *",
        ("/sizes/production/backup/schedule", "pattern"),
    ),
    Bad(
        "a retention without a unit",
        "postgres",
        "sizes.production.backup.retention=14",
        ("/sizes/production/backup/retention",),
    ),
    Bad(
        "an unknown backup method",
        "postgres",
        "sizes.production.backup.method=tape",
        ("/sizes/production/backup/method", "one of"),
    ),
    Bad(
        "yes for true",
        "postgres",
        "sizes.production.backup.enabled=yes",
        ("/sizes/production/backup/enabled", "boolean"),
    ),
    Bad("a malformed role name", "postgres", "roles[0]=Root User", ("/roles/0",)),
    Bad(
        "an unknown kind of secret store",
        "storefront",
        "secretStore.kind=Vault",
        ("/secretStore/kind", "one of"),
    ),
    Bad("no secret store", "postgres", "secretStore.name=", ("/secretStore/name",)),
    Bad(
        "a version of Kafka that is too old for the sink",
        "connect",
        "global.connect.version=4.1.1",
        ("/global/connect/version", "pattern"),
    ),
    Bad(
        "a base of no version",
        "images",
        "global.connect.base=registry.example.com/kafka",
        ("/global/connect/base", "pattern"),
    ),
    Bad("a negative number of restarts", "connect", "maxRestarts=-1", ("/maxRestarts", "minimum")),
    Bad("a heap in words", "connect", "sizes.demo.heap=big", ("/sizes/demo/heap", "pattern")),
    Bad(
        "no replicas",
        "connect",
        "sizes.production.replicas=0",
        ("/sizes/production/replicas", "minimum"),
    ),
    Bad("a deadline of zero", "images", "deadline=0", ("/deadline", "minimum")),
    Bad("a negative build history", "images", "history.failed=-1", ("/history/failed", "minimum")),
    Bad(
        "CPU in words",
        "images",
        "sizes.demo.resources.limits.cpu=much",
        ("/sizes/demo/resources/limits/cpu",),
    ),
    Bad(
        "a CPU target above 100 per cent",
        "storefront",
        "autoscaling.targetCPU=250",
        ("/autoscaling/targetCPU", "maximum"),
    ),
    Bad(
        "a host with a scheme",
        "storefront",
        "route.host=https://shop.test",
        ("/route/host", "pattern"),
    ),
    Bad(
        "workers without partitions",
        "processor",
        "global.partitions=0",
        ("/global/partitions", "minimum"),
    ),
    Bad(
        "a lag threshold of zero",
        "processor",
        "scaling.lagThreshold=0",
        ("/scaling/lagThreshold", "minimum"),
    ),
    Bad(
        "a schedule in words",
        "pipelines",
        "retrain.schedule=daily",
        ("/retrain/schedule", "pattern"),
    ),
    Bad(
        "an unknown ranker",
        "pipelines",
        "retrain.ranker=als",
        ("/retrain/ranker", "one of"),
    ),
    Bad(
        "a gate that is off",
        "pipelines",
        "retrain.gate=off",
        ("/retrain/gate", "one of"),
    ),
    Bad(
        "a share of more than one as a bound of the gate",
        "pipelines",
        "retrain.gateBounds.max_fall=2",
        ("/retrain/gateBounds/max_fall", "maximum"),
    ),
    Bad(
        "an unknown scheme",
        "pipelines",
        "global.objectStorage.scheme=ftp",
        ("/global/objectStorage/scheme", "one of"),
    ),
    Bad(
        "an unknown component",
        "openshift-ai",
        "dataScienceCluster.managed[0]=kserving",
        ("/dataScienceCluster/managed/0", "one of"),
    ),
    Bad(
        "a share of errors above 1",
        "monitoring",
        "alerts.errorRatio=2",
        ("/alerts/errorRatio", "maximum"),
    ),
    Bad("an interval without a unit", "monitoring", "interval=30", ("/interval",)),
    Bad(
        "on for true",
        "consolelinks",
        "shop.enabled=on",
        ("/shop/enabled", "boolean"),
    ),
]


@pytest.mark.parametrize("bad", TABLE, ids=lambda bad: bad.mistake)
def test_bad_input_is_refused(bad: Bad) -> None:
    done = template(bad.chart, "demo", "--set", bad.setting)
    assert done.returncode != 0, "it was accepted"
    assert not done.stdout
    message = done.stderr.lower()
    assert "values don't meet the specifications of the schema" in message, done.stderr
    assert [word for word in bad.words if word.lower() not in message] == [], done.stderr


def test_there_are_more_than_thirty_different_mistakes() -> None:
    assert len({bad.mistake for bad in TABLE}) == len(TABLE) > 30
