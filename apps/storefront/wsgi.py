"""What gunicorn serves: an app and a relay a worker.

Not to be preloaded: neither the relay's thread nor the producer survives a fork.
"""

from apps.storefront.app import create_app
from apps.storefront.services import Services

app = create_app()
with app.app_context():
    Services.of_this_app().relay.start()
