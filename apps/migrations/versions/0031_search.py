"""What search reads of a product: its words, their stems in the catalogue's language, attributes.

A trigger writes them, because a generated column can neither look up the language nor the words
that say an attribute. `words` was a generated column until now.
"""

from alembic import op

revision = "0031"
down_revision = "0030"

# A category such as HDMICables is two words. Brands stand first in the names of products.
SEARCH = """
create table shop.search_language (
    language regconfig not null default 'english',
    only_row boolean primary key default true check (only_row)
);
insert into shop.search_language default values;

create table shop.synonyms (
    contract jsonb not null,
    only_row boolean primary key default true check (only_row),
    loaded_at timestamptz not null default now()
);

create table shop.attribute_words (
    attribute text not null,
    word text not null,
    value text not null,
    primary key (attribute, word)
);
insert into shop.attribute_words
select 'colour', word, coalesce(nullif(value, ''), word)
from (select split_part(entry, '=', 1), split_part(entry, '=', 2)
    from unnest(string_to_array('amber beige black blue bronze brown charcoal copper coral cream'
        ' cyan emerald gold golden=gold graphite gray=grey green grey indigo ivory khaki lavender'
        ' magenta maroon mint multicolor=multicolour multicolour navy olive orange peach pink'
        ' purple red rose sand silver tan teal turquoise violet white yellow', ' ')) as entry
) as listed (word, value);
insert into shop.attribute_words
select 'material', word, coalesce(nullif(value, ''), word)
from (select split_part(entry, '=', 1), split_part(entry, '=', 2)
    from unnest(string_to_array('acrylic alloy aluminium aluminum=aluminium bamboo brass ceramic'
        ' cork cotton denim fabric flannel foam glass leather linen marble metal microfiber'
        ' mesh nylon oak pine plastic polyester polycarbonate rubber silicone silk stainless=steel'
        ' steel titanium vinyl wood=wood wooden=wood wool', ' ')) as entry
) as listed (word, value);

create function shop.separate_words(text) returns text
    language sql immutable strict parallel safe
    return regexp_replace(
        regexp_replace($1, '([[:lower:]])([[:upper:]])', '\\1 \\2', 'g'),
        '([[:upper:]])([[:upper:]][[:lower:]])', '\\1 \\2', 'g');

alter table shop.products alter column words drop expression;
alter table shop.products
    add stems tsvector,
    add attributes text[] not null default '{}';

create function shop.prepare_for_search() returns trigger language plpgsql as $$
declare
    language regconfig := (select each.language from shop.search_language each);
    category text := shop.separate_words(new.category);
    named tsvector := to_tsvector('simple', new.product_name);
    described tsvector := to_tsvector('simple', new.about_product);
    name_words text[] := tsvector_to_array(named);
    other_words text[] := tsvector_to_array(described);
    brand text := (regexp_match(new.product_name, '^([[:alpha:]][[:alnum:]&''-]+)\\s'))[1];
begin
    new.words := setweight(named, 'A') || setweight(to_tsvector('simple', category), 'B')
        || setweight(described, 'D');
    new.stems := setweight(to_tsvector(language, new.product_name), 'A')
        || setweight(to_tsvector(language, category), 'B')
        || setweight(to_tsvector(language, new.about_product), 'D');
    new.attributes := array(
        select distinct attribute || '=' || value from shop.attribute_words
        where word = any (name_words) or attribute <> 'colour' and word = any (other_words)
        order by 1);
    if brand is not null and to_tsvector(language, brand) <> '' then
        new.attributes := new.attributes || ('brand=' || lower(brand));
    end if;
    return new;
end $$;
create trigger prepare_for_search
    before insert or update of product_name, category, about_product on shop.products
    for each row execute function shop.prepare_for_search();
update shop.products set product_name = product_name;
alter table shop.products alter column words set not null, alter column stems set not null;

-- With 50,000 texts, a graph of 16 links missed all of the nearest ones of some texts, however long
-- it was searched.
drop index ml.text_embeddings_embedding;
create index text_embeddings_embedding on ml.text_embeddings
    using hnsw (embedding halfvec_cosine_ops) with (m = 32, ef_construction = 200);

-- A function, because its settings hold behind a pooler as well. A scan goes on until it has found
-- `wanted` vectors of this encoder.
create function shop.nearest_texts(vector halfvec, encoder text, wanted integer)
    returns table (item_id text, distance double precision)
    language sql stable
    set hnsw.ef_search = 200
    set hnsw.iterative_scan = relaxed_order
    set enable_seqscan = off
    as $$
        select each.item_id, each.embedding <=> $1 from ml.text_embeddings each
        where each.encoder = $2 order by each.embedding <=> $1 limit $3
    $$;

create index products_stems on shop.products using gin (stems) with (fastupdate = off);
create index products_attributes on shop.products using gin (attributes) with (fastupdate = off);
create index products_name on shop.products (lower(product_name));
"""


def upgrade() -> None:
    op.execute(SEARCH)
