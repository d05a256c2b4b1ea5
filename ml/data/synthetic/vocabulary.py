"""The vocabulary of the synthetic shop: invented categories, brands, people and reviews."""

from typing import NamedTuple

from streams.contracts.category import names


class Kind(NamedTuple):
    """A category and the products that are sold in it."""

    path: str
    """The category from the root, joined by `|`."""
    price: float
    """A usual price."""
    nouns: tuple[str, ...]
    features: tuple[str, ...]

    @property
    def department(self) -> str:
        """The root of the category's path."""
        return names(self.path)[0]


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


KINDS = (
    Kind(
        "Electronics|Audio|Headphones",
        60,
        ("Over-Ear Headphones", "In-Ear Earphones", "Wireless Earbuds"),
        ("noise cancelling", "deep bass", "foldable band", "thirty hour battery"),
    ),
    Kind(
        "Electronics|Audio|Speakers",
        80,
        ("Bluetooth Speaker", "Shelf Speaker", "Soundbar"),
        ("room filling sound", "splashproof shell", "stereo pairing", "wooden cabinet"),
    ),
    Kind(
        "Electronics|Screens|Televisions",
        420,
        ("Smart Television", "Slim Television", "Wall Television"),
        ("4K panel", "thin frame", "built-in tuner", "vivid contrast"),
    ),
    Kind(
        "Electronics|Screens|Projectors",
        260,
        ("Pocket Projector", "Home Projector", "Ceiling Projector"),
        ("bright lamp", "automatic focus", "quiet fan", "short throw"),
    ),
    Kind(
        "Computers|Components|Keyboards",
        55,
        ("Mechanical Keyboard", "Compact Keyboard", "Wireless Keyboard"),
        ("tactile switches", "backlit keys", "wrist rest", "silent typing"),
    ),
    Kind(
        "Computers|Components|Mice",
        30,
        ("Optical Mouse", "Vertical Mouse", "Travel Mouse"),
        ("ergonomic grip", "adjustable sensor", "side buttons", "rechargeable cell"),
    ),
    Kind(
        "Computers|Connections|Cables",
        12,
        ("Charging Cable", "Display Cable", "Network Cable"),
        ("braided jacket", "gold contacts", "two metre length", "strain relief"),
    ),
    Kind(
        "Computers|Connections|Routers",
        95,
        ("Mesh Router", "Travel Router", "Desk Router"),
        ("dual band", "parental controls", "four antennas", "guest network"),
    ),
    Kind(
        "Kitchen|Cooking|Cookware",
        48,
        ("Frying Pan", "Saucepan", "Casserole"),
        ("non-stick coating", "cast iron", "glass lid", "induction base"),
    ),
    Kind(
        "Kitchen|Cooking|Bakeware",
        22,
        ("Loaf Tin", "Muffin Tray", "Pie Dish"),
        ("easy release", "rolled rims", "even browning", "heavy gauge steel"),
    ),
    Kind(
        "Kitchen|Drinks|Coffee Makers",
        110,
        ("Espresso Machine", "Filter Machine", "French Press"),
        ("milk frother", "programmable timer", "steel filter", "fifteen bar pump"),
    ),
    Kind(
        "Kitchen|Drinks|Kettles",
        35,
        ("Electric Kettle", "Gooseneck Kettle", "Stove Kettle"),
        ("fast boil", "temperature display", "keep warm", "drip free spout"),
    ),
    Kind(
        "Home|Furniture|Chairs",
        120,
        ("Dining Chair", "Reading Chair", "Folding Chair"),
        ("padded seat", "oak legs", "stackable frame", "linen cover"),
    ),
    Kind(
        "Home|Furniture|Shelves",
        75,
        ("Bookcase", "Wall Shelf", "Corner Shelf"),
        ("floating mount", "solid pine", "adjustable boards", "hidden brackets"),
    ),
    Kind(
        "Home|Comfort|Bedding",
        65,
        ("Duvet", "Pillow", "Blanket"),
        ("organic cotton", "goose down", "cooling weave", "machine washable"),
    ),
    Kind(
        "Home|Comfort|Lamps",
        45,
        ("Table Lamp", "Floor Lamp", "Clip Lamp"),
        ("dimmable light", "fabric shade", "swing arm", "warm glow"),
    ),
    Kind(
        "Fashion|Clothing|Shirts",
        32,
        ("Linen Shirt", "Flannel Shirt", "Polo Shirt"),
        ("slim cut", "button collar", "soft brushed", "crease free"),
    ),
    Kind(
        "Fashion|Clothing|Jackets",
        95,
        ("Rain Jacket", "Quilted Jacket", "Denim Jacket"),
        ("taped seams", "hidden hood", "warm lining", "zip pockets"),
    ),
    Kind(
        "Fashion|Footwear|Sneakers",
        70,
        ("Running Sneakers", "Canvas Sneakers", "Court Sneakers"),
        ("cushioned sole", "breathable mesh", "vegan leather", "reflective heel"),
    ),
    Kind(
        "Fashion|Footwear|Boots",
        115,
        ("Ankle Boots", "Winter Boots", "Chelsea Boots"),
        ("rubber tread", "wool lining", "welted sole", "elastic gusset"),
    ),
    Kind(
        "Beauty|Skincare|Face Creams",
        28,
        ("Day Cream", "Night Cream", "Eye Cream"),
        ("hyaluronic acid", "no perfume", "sun filter", "shea butter"),
    ),
    Kind(
        "Beauty|Skincare|Cleansers",
        16,
        ("Cleansing Foam", "Micellar Water", "Clay Mask"),
        ("aloe vera", "gentle acids", "soap free", "oily skin"),
    ),
    Kind(
        "Beauty|Hair|Shampoos",
        14,
        ("Repair Shampoo", "Daily Shampoo", "Dry Shampoo"),
        ("argan oil", "colour safe", "no sulphates", "citrus scent"),
    ),
    Kind(
        "Beauty|Hair|Styling Tools",
        58,
        ("Hair Dryer", "Straightener", "Curling Wand"),
        ("ceramic plates", "ionic air", "heat protection", "swivel cord"),
    ),
    Kind(
        "Sports|Fitness|Yoga",
        34,
        ("Yoga Mat", "Yoga Block", "Stretch Strap"),
        ("natural rubber", "sure grip", "carry sling", "cork surface"),
    ),
    Kind(
        "Sports|Fitness|Weights",
        66,
        ("Dumbbell", "Kettlebell", "Weight Plate"),
        ("hex shape", "vinyl shell", "knurled handle", "drop proof"),
    ),
    Kind(
        "Sports|Cycling|Helmets",
        62,
        ("Road Helmet", "City Helmet", "Trail Helmet"),
        ("impact liner", "rear light", "dial fit", "air channels"),
    ),
    Kind(
        "Sports|Cycling|Bike Lights",
        26,
        ("Front Light", "Tail Light", "Light Set"),
        ("daylight flash", "tool free mount", "battery gauge", "wide beam"),
    ),
    Kind(
        "Outdoor|Camping|Tents",
        180,
        ("Dome Tent", "Tunnel Tent", "Trekking Tent"),
        ("three season", "colour coded poles", "large porch", "sealed floor"),
    ),
    Kind(
        "Outdoor|Camping|Sleeping Bags",
        85,
        ("Mummy Bag", "Summer Bag", "Double Bag"),
        ("ripstop cover", "synthetic fill", "compression sack", "draught collar"),
    ),
    Kind(
        "Outdoor|Garden|Plant Care",
        18,
        ("Watering Can", "Plant Food", "Pruning Shears"),
        ("balcony size", "slow release", "long spout", "sharp bypass"),
    ),
    Kind(
        "Outdoor|Garden|Barbecues",
        150,
        ("Charcoal Barbecue", "Gas Barbecue", "Table Barbecue"),
        ("cast grates", "ash drawer", "side burner", "lid thermometer"),
    ),
    Kind(
        "Toys|Building|Construction Sets",
        40,
        ("Brick Set", "Marble Run", "Gear Set"),
        ("two hundred pieces", "wooden parts", "space theme", "step by step plans"),
    ),
    Kind(
        "Toys|Building|Model Kits",
        44,
        ("Aircraft Kit", "Ship Kit", "Railway Kit"),
        ("true scale", "fine decals", "snap fit", "display stand"),
    ),
    Kind(
        "Toys|Tabletop|Board Games",
        30,
        ("Strategy Game", "Family Game", "Party Game"),
        ("two players", "short rounds", "painted figures", "cooperative play"),
    ),
    Kind(
        "Toys|Tabletop|Puzzles",
        20,
        ("Jigsaw Puzzle", "Cube Puzzle", "Wooden Puzzle"),
        ("thousand pieces", "landscape print", "matte finish", "brain teaser"),
    ),
    Kind(
        "Books|Stories|Novels",
        15,
        ("Crime Novel", "Historical Novel", "Fantasy Novel"),
        ("prize winning", "unexpected ending", "first volume", "large print"),
    ),
    Kind(
        "Books|Stories|Comics",
        17,
        ("Graphic Novel", "Comic Album", "Manga Volume"),
        ("full colour", "hardback edition", "collected issues", "slipcase"),
    ),
    Kind(
        "Books|Knowledge|Cookbooks",
        24,
        ("Baking Book", "Vegetarian Cookbook", "Weeknight Cookbook"),
        ("photo for each recipe", "short shopping lists", "regional dishes", "lay flat binding"),
    ),
    Kind(
        "Books|Knowledge|Travel Guides",
        19,
        ("City Guide", "Walking Guide", "Road Trip Guide"),
        ("pull out maps", "local advice", "train routes", "pocket format"),
    ),
    Kind(
        "Pets|Dogs|Dog Beds",
        52,
        ("Cushion Bed", "Orthopaedic Bed", "Travel Bed"),
        ("memory foam", "chew resistant", "washable cover", "raised edge"),
    ),
    Kind(
        "Pets|Dogs|Dog Leads",
        21,
        ("Training Lead", "Rope Lead", "Retractable Lead"),
        ("reflective stitch", "padded handle", "quick clip", "five metre reach"),
    ),
    Kind(
        "Pets|Cats|Scratching Posts",
        46,
        ("Scratching Tree", "Wall Scratcher", "Scratching Barrel"),
        ("sisal rope", "plush platform", "heavy base", "hanging ball"),
    ),
    Kind(
        "Pets|Cats|Cat Food",
        13,
        ("Dry Food", "Wet Food", "Cat Treats"),
        ("grain free", "salmon recipe", "indoor cats", "vet approved"),
    ),
    Kind(
        "Office|Writing|Pens",
        11,
        ("Fountain Pen", "Gel Pen", "Fineliner"),
        ("smooth nib", "quick drying ink", "metal barrel", "refillable"),
    ),
    Kind(
        "Office|Writing|Notebooks",
        14,
        ("Dotted Notebook", "Pocket Notebook", "Spiral Notebook"),
        ("thick paper", "hard cover", "numbered pages", "ribbon marker"),
    ),
    Kind(
        "Office|Workplace|Desks",
        240,
        ("Standing Desk", "Corner Desk", "Folding Desk"),
        ("electric lift", "cable tray", "bamboo top", "memory heights"),
    ),
    Kind(
        "Office|Workplace|Filing",
        29,
        ("Filing Box", "Document Tray", "Label Printer"),
        ("steel frame", "stacking feet", "fireproof lining", "index tabs"),
    ),
)
"""One per category: 12 departments with 2 groups of 2 each."""

DEPARTMENTS = tuple(dict.fromkeys(kind.department for kind in KINDS))

SECOND_PARENTS = (
    ("Bike Lights", "Outdoor"),
    ("Cookbooks", "Kitchen"),
    ("Desks", "Furniture"),
    ("Lamps", "Workplace"),
    ("Sneakers", "Fitness"),
    ("Styling Tools", "Electronics"),
    ("Travel Guides", "Camping"),
)
"""A category and a second parent of it, since the hierarchy is a graph, not a tree."""

BRANDS = _words("""
    Arvolt Belnor Brisko Caldura Cervano Corvik Dellamy Dunmar Eskarin Faldo Fennick Galtera
    Harvane Hollin Isendal Jorvell Kestana Kyrano Lindmoor Lorvex Marrick Mistelle Nordavi
    Oakson Orvanta Pellaro Quillan Ravendo Sablin Solveta Tarquil Tovano Umbrel Valdora
    Wexham Zephira
""")

LINES = _words("""
    Alder Atlas Aurora Basalt Birch Breeze Cedar Cirrus Coast Comet Dune Ember Fjord Flint
    Glade Harbor Heron Juniper Linden Lunar Maple Meadow Mistral Nova Onyx Orbit Pebble Pine
    Prairie Quartz Ridge River Slate Summit Tundra Vale Vista Willow Zenith Zinnia
""")

LEVELS = ("budget", "value", "classic", "select", "premium")
"""Price levels, cheapest first."""

LEVEL_WORDS = (
    ("low price", "simple and cheap", "for a tight budget"),
    ("good value", "affordable quality", "sensible price"),
    ("a reliable standard", "the proven choice", "solid middle class"),
    ("refined details", "upgraded materials", "above the ordinary"),
    ("luxury finish", "top of the range", "handpicked materials"),
)

COLOURS = _words("""
    amber black blue brown coral cream emerald graphite green grey ivory navy olive red sand
    silver teal white
""")

FIRST_NAMES = _words("""
    Ada Amir Anouk Aisha Ben Bianca Boris Carla Chen Dana Dario Edith Elif Emil Farah Femi
    Greta Hana Hugo Ines Ivan Jana Jonas Kaya Kofi Lara Leon Lucia Malik Mara Mei Milo Nadia
    Niko Noor Olga Omar Paula Pavel Quinn Rafa Ravi Rosa Sami Selma Tara Theo Uma Viktor
    Wanda Yara Yusuf Zoe
""")

LAST_NAMES = _words("""
    Abara Alvez Bakker Berg Castel Conti Dahl Demir Eide Falk Ferro Fuchs Gomes Haas Horvat
    Ito Jansen Kamara Keller Klein Kovac Laine Lund Marin Meyer Moreau Nagy Novak Okoro
    Olsen Park Peeters Petrov Quist Reyes Rossi Sato Silva Soler Tamm Toth Urban Varga Vidal
    Weber Wolf Yildiz Zeller
""")

TITLES = (
    ("Not for me", "Disappointed", "Sending it back"),
    ("Could be better", "It is all right", "Mixed feelings"),
    ("Good", "Does its job", "Happy with it"),
    ("Love it", "Just what I wanted", "Would buy again"),
)
"""Review titles by mood, worst first."""

REVIEWS = (
    "The {noun} did not suit me: {feature} is not what I look for.",
    "An ordinary {noun}. {brand} has made better ones.",
    "A decent {noun}, {feature} works as described.",
    "My favourite {noun} so far: {feature}, and {brand} never lets me down.",
)
"""Review texts by mood, worst first."""
