"""What gunicorn serves: one app per worker, with the threads that send its events.

Not to be preloaded: no thread survives a fork.
"""

import atexit
import gc
import sys

from prometheus_client import REGISTRY, start_http_server

from apps.storefront.app import create_app
from apps.storefront.catalog.listed_products import ListedProducts
from apps.storefront.events.outbox_metrics import OutboxCollector
from apps.storefront.recommendations.recommendation_list import LiveModelCollector
from apps.storefront.services import Services
from apps.storefront.settings import StorefrontSettings
from streams.certificates import end_when_renewed

_ALLOCATIONS_BETWEEN_COLLECTIONS = 20_000
"""A live list makes some thousands of objects and frees them by itself. At Python's own 700 each
list would have the collector look for cycles, of which a request leaves some ten objects."""

_SECONDS_BETWEEN_THREADS = 0.0005
"""With Python's own 5 ms, a thread that comes back from a read or a search waits that long for one
that computes a list."""

settings = StorefrontSettings()
end_when_renewed(settings)
app = create_app(settings)
with app.app_context():
    services = Services.of_this_app()
    products = ListedProducts.of_this_app()
services.relay.start()
services.impressions.start()
products.start()
services.searches.start()
atexit.register(services.close)
atexit.register(products.stop)
if settings.metrics_port:
    REGISTRY.register(OutboxCollector(services.database))
    REGISTRY.register(LiveModelCollector(services.recommender))
    start_http_server(settings.metrics_port)
# What is loaded by now stays: no collection need look at it.
gc.collect()
gc.freeze()
sys.setswitchinterval(_SECONDS_BETWEEN_THREADS)
gc.set_threshold(_ALLOCATIONS_BETWEEN_COLLECTIONS, *gc.get_threshold()[1:])
