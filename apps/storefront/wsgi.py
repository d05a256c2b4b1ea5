"""What gunicorn serves: an app and a relay a worker.

Not to be preloaded: neither the relay's thread nor the producer survives a fork.
"""

from apps.storefront import metrics
from apps.storefront.app import create_app
from apps.storefront.services import Services
from apps.storefront.settings import StorefrontSettings
from streams.certificates import end_when_renewed

settings = StorefrontSettings()
end_when_renewed(settings)
app = create_app(settings)
with app.app_context():
    services = Services.of_this_app()
services.relay.start()
if settings.metrics_port:
    metrics.serve(services, settings.metrics_port)
