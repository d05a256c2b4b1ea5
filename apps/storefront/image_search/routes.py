"""The page on which a shopper searches with a picture."""

from flask import Blueprint, current_app, render_template, request
from flask.typing import ResponseReturnValue

from apps.storefront.events.impressions import note_list
from apps.storefront.forms import FormState, read_form
from apps.storefront.image_search.schemas import ImageSearchForm
from apps.storefront.image_search.search import IMAGE_WEIGHT, ImageSearch
from apps.storefront.search.schemas import MAX_TEXT
from apps.storefront.security import csrf, image_search_limit, limiter
from ml.untrusted_images.fetching import MAX_LINK_LENGTH
from ml.untrusted_images.opening import MAX_FILE_BYTES
from streams.errors import ContractError

blueprint = Blueprint("image_search", __name__, template_folder="templates")

_SHOWN = 24
_SURFACE = "image_search"
_MAX_FORM_BYTES = MAX_FILE_BYTES + (64 << 10)
_UNPROCESSABLE = 422


@blueprint.get("/search/image")
def index() -> ResponseReturnValue:
    """The form."""
    return _page(FormState())


@blueprint.post("/search/image")
@csrf.exempt  # type: ignore[untyped-decorator] # protected below: a picture is larger than a form
@limiter.limit(image_search_limit)
def search() -> ResponseReturnValue:
    """What is like the picture that was sent; a file counts before a link."""
    request.max_content_length = _MAX_FORM_BYTES
    if current_app.config["WTF_CSRF_ENABLED"]:
        csrf.protect()
    asked = read_form(ImageSearchForm, request.form)
    if isinstance(asked, FormState):
        return _page(asked), _UNPROCESSABLE
    link, text = asked.image_url, asked.text
    # A phone's form has a field for the camera beside the one for files; one of them is empty.
    uploads = (request.files.get("image"), request.files.get("photo"))
    files = [each.read() for each in uploads if each is not None]
    file = next(filter(None, files), b"")
    field = "image" if file or not link else "image_url"
    searching = ImageSearch.of_this_app()
    try:
        if not file and link:
            file = searching.fetched(link)
        results = searching.search(file or None, text, _SHOWN)
    except ContractError as error:
        sent = {"image_url": link, "text": text}
        return _page(FormState(sent, {field: str(error)})), _UNPROCESSABLE
    note_list(_SURFACE, [each.item_id for each in results.products])
    sent = {"image_url": link if field == "image_url" else "", "text": text}
    return _page(FormState(sent), results=results, has_picture=bool(file))


def _page(form: FormState, **shown: object) -> str:
    searching = ImageSearch.of_this_app()
    return render_template(
        "image_search/index.html",
        form=form,
        is_offered=searching.is_offered,
        reads_texts=searching.reads_texts,
        image_weight=IMAGE_WEIGHT,
        max_text_length=MAX_TEXT,
        surface=_SURFACE,
        max_link_length=MAX_LINK_LENGTH,
        max_megabytes=MAX_FILE_BYTES >> 20,
        **shown,
    )
