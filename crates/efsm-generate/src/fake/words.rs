//! The words that fakes are made of.

pub(super) const FIRST_NAMES: [&str; 24] = [
    "Ada", "Amir", "Bela", "Chloe", "Dario", "Elena", "Femi", "Greta", "Hana", "Ivan", "Jonas",
    "Kofi", "Lena", "Mateo", "Nadia", "Oskar", "Priya", "Rosa", "Sami", "Tara", "Umar", "Vera",
    "Yuki", "Zoe",
];
pub(super) const LAST_NAMES: [&str; 24] = [
    "Adler", "Bauer", "Castro", "Diaz", "Eriksen", "Fischer", "Garcia", "Haddad", "Ito", "Jensen",
    "Kowalski", "Lindt", "Moreau", "Novak", "Okafor", "Patel", "Quinn", "Rossi", "Silva", "Tanaka",
    "Ueda", "Vogel", "Weber", "Zhang",
];
/// Country, ISO 3166 code, a city, its region, its time zone, the currency.
pub(super) const PLACES: [[&str; 6]; 14] = [
    [
        "Germany",
        "DE",
        "Hamburg",
        "Hamburg",
        "Europe/Berlin",
        "EUR",
    ],
    ["France", "FR", "Lyon", "Rhône", "Europe/Paris", "EUR"],
    ["Japan", "JP", "Osaka", "Kansai", "Asia/Tokyo", "JPY"],
    [
        "Brazil",
        "BR",
        "Recife",
        "Pernambuco",
        "America/Recife",
        "BRL",
    ],
    [
        "Canada",
        "CA",
        "Toronto",
        "Ontario",
        "America/Toronto",
        "CAD",
    ],
    ["Kenya", "KE", "Nairobi", "Nairobi", "Africa/Nairobi", "KES"],
    ["Norway", "NO", "Bergen", "Vestland", "Europe/Oslo", "NOK"],
    [
        "Spain",
        "ES",
        "Valencia",
        "Valencia",
        "Europe/Madrid",
        "EUR",
    ],
    [
        "Australia",
        "AU",
        "Perth",
        "Western Australia",
        "Australia/Perth",
        "AUD",
    ],
    ["India", "IN", "Pune", "Maharashtra", "Asia/Kolkata", "INR"],
    [
        "Mexico",
        "MX",
        "Puebla",
        "Puebla",
        "America/Mexico_City",
        "MXN",
    ],
    [
        "Poland",
        "PL",
        "Gdynia",
        "Pomerania",
        "Europe/Warsaw",
        "PLN",
    ],
    ["Switzerland", "CH", "Bern", "Bern", "Europe/Zurich", "CHF"],
    [
        "United States",
        "US",
        "Portland",
        "Oregon",
        "America/Los_Angeles",
        "USD",
    ],
];
pub(super) const STREETS: [&str; 12] = [
    "Oak Street",
    "Mill Lane",
    "Station Road",
    "High Street",
    "Garden Way",
    "Harbor Road",
    "Church Lane",
    "River Street",
    "Park Avenue",
    "Market Square",
    "Hill Road",
    "Bridge Street",
];
pub(super) const ADJECTIVES: [&str; 20] = [
    "amber", "brave", "bright", "calm", "clever", "crisp", "eager", "gentle", "golden", "honest",
    "ivory", "keen", "lucky", "mellow", "nimble", "quiet", "rapid", "silver", "sturdy", "vivid",
];
pub(super) const NOUNS: [&str; 24] = [
    "anchor", "basket", "canyon", "cedar", "comet", "delta", "ember", "falcon", "garden", "harbor",
    "island", "lantern", "meadow", "orchard", "pebble", "pepper", "quartz", "raven", "saddle",
    "signal", "summit", "timber", "valley", "willow",
];
pub(super) const VERBS: [&str; 12] = [
    "carries", "crosses", "finds", "follows", "guards", "holds", "keeps", "meets", "opens",
    "paints", "reaches", "turns",
];
pub(super) const COLORS: [&str; 10] = [
    "red", "orange", "yellow", "green", "teal", "blue", "purple", "pink", "brown", "gray",
];
pub(super) const COMPANY_ENDINGS: [&str; 6] =
    ["Labs", "Group", "Systems", "Works", "Partners", "Studio"];
pub(super) const JOBS: [&str; 8] = [
    "Accountant",
    "Analyst",
    "Architect",
    "Designer",
    "Engineer",
    "Librarian",
    "Nurse",
    "Teacher",
];
pub(super) const DEPARTMENTS: [&str; 8] = [
    "Books",
    "Electronics",
    "Garden",
    "Grocery",
    "Music",
    "Outdoors",
    "Sports",
    "Toys",
];
pub(super) const LANGUAGES: [&str; 8] = ["de", "en", "es", "fr", "it", "ja", "pl", "pt"];
pub(super) const MEDIA_TYPES: [&str; 5] = [
    "application/json",
    "application/pdf",
    "image/png",
    "text/csv",
    "text/plain",
];
pub(super) const EXTENSIONS: [&str; 5] = ["csv", "json", "pdf", "png", "txt"];
