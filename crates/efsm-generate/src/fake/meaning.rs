//! What a field's name, or a method of faker.js, stands for.

use super::{format, text, words};
use crate::random::Random;

/// A kind of value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Meaning {
    Age,
    Amount,
    Avatar,
    Boolean,
    City,
    Code,
    Color,
    Company,
    Count,
    Country,
    CountryCode,
    Currency,
    Date,
    DateTime,
    Day,
    Department,
    Digits,
    Duration,
    Email,
    Extension,
    File,
    FirstName,
    FullName,
    Gender,
    Hash,
    HexColor,
    Host,
    Hour,
    Id,
    Image,
    Ip,
    Ipv6,
    Job,
    Language,
    LastName,
    Latitude,
    Locale,
    Longitude,
    Mac,
    MediaType,
    Minute,
    Month,
    Paragraph,
    Path,
    Percent,
    Phone,
    Port,
    PostalCode,
    Rating,
    Region,
    Secret,
    Sentence,
    Size,
    Slug,
    Street,
    Time,
    TimeZone,
    Title,
    Url,
    UserAgent,
    UserName,
    Uuid,
    Version,
    Word,
    Year,
}

use Meaning as M;

/// Names of one or several words; a name means what its longest known ending means. Sorted by nothing but sense.
const NAMES: [(&[&str], Meaning); 62] = [
    (&["email", "mail", "email address", "e mail"], M::Email),
    (&["id", "key id"], M::Id),
    (
        &["uuid", "guid", "correlation id", "request id", "trace id"],
        M::Uuid,
    ),
    (
        &[
            "at",
            "on",
            "timestamp",
            "created",
            "updated",
            "modified",
            "deleted",
            "date time",
            "datetime",
            "expires",
            "expiry",
            "last login",
            "since",
            "until",
        ],
        M::DateTime,
    ),
    (
        &[
            "date",
            "day of birth",
            "birthday",
            "birthdate",
            "dob",
            "deadline",
            "due",
        ],
        M::Date,
    ),
    (&["time"], M::Time),
    (
        &[
            "url", "uri", "href", "link", "website", "homepage", "site", "webhook", "callback",
            "endpoint",
        ],
        M::Url,
    ),
    (
        &[
            "image",
            "photo",
            "picture",
            "icon",
            "logo",
            "thumbnail",
            "image url",
            "photo url",
            "picture url",
            "logo url",
            "thumbnail url",
            "icon url",
            "photo urls",
            "image urls",
        ],
        M::Image,
    ),
    (&["avatar", "avatar url"], M::Avatar),
    (
        &[
            "phone",
            "mobile",
            "telephone",
            "tel",
            "fax",
            "cell",
            "phone number",
            "mobile number",
            "fax number",
        ],
        M::Phone,
    ),
    (
        &["first name", "firstname", "given name", "forename"],
        M::FirstName,
    ),
    (
        &["last name", "lastname", "surname", "family name"],
        M::LastName,
    ),
    (
        &[
            "full name",
            "display name",
            "author",
            "owner",
            "customer",
            "contact",
            "assignee",
            "recipient",
            "employee",
            "customer name",
            "user full name",
            "contact name",
        ],
        M::FullName,
    ),
    (
        &[
            "username",
            "user name",
            "login",
            "nickname",
            "handle",
            "user",
        ],
        M::UserName,
    ),
    (
        &[
            "name", "title", "subject", "headline", "label", "product", "caption",
        ],
        M::Title,
    ),
    (
        &[
            "description",
            "summary",
            "comment",
            "message",
            "note",
            "notes",
            "bio",
            "about",
            "reason",
            "detail",
            "details",
            "text",
            "caption text",
            "instructions",
            "remark",
        ],
        M::Sentence,
    ),
    (
        &[
            "body",
            "content",
            "article",
            "biography",
            "long description",
        ],
        M::Paragraph,
    ),
    (&["country", "country name"], M::Country),
    (&["country code", "country iso"], M::CountryCode),
    (&["city", "town", "locality"], M::City),
    (
        &["region", "province", "county", "state province"],
        M::Region,
    ),
    (
        &[
            "street",
            "address",
            "street address",
            "address line",
            "line1",
            "address1",
            "location",
        ],
        M::Street,
    ),
    (
        &[
            "zip",
            "zip code",
            "zipcode",
            "postal code",
            "postcode",
            "postalcode",
        ],
        M::PostalCode,
    ),
    (&["lat", "latitude"], M::Latitude),
    (&["lng", "lon", "long", "longitude"], M::Longitude),
    (&["currency", "currency code"], M::Currency),
    (&["language", "lang", "language code"], M::Language),
    (&["locale"], M::Locale),
    (&["timezone", "time zone", "tz"], M::TimeZone),
    (&["color", "colour"], M::Color),
    (&["hex color", "color hex", "color code"], M::HexColor),
    (
        &[
            "company",
            "organization",
            "organisation",
            "employer",
            "manufacturer",
            "vendor",
            "company name",
            "brand",
            "organization name",
        ],
        M::Company,
    ),
    (
        &["job", "job title", "profession", "occupation", "position"],
        M::Job,
    ),
    (&["department", "category", "genre"], M::Department),
    (&["gender", "sex"], M::Gender),
    (&["ip", "ip address", "ipv4"], M::Ip),
    (&["ipv6"], M::Ipv6),
    (&["mac", "mac address"], M::Mac),
    (
        &[
            "host",
            "hostname",
            "domain",
            "domain name",
            "host name",
            "server",
        ],
        M::Host,
    ),
    (&["port"], M::Port),
    (
        &[
            "token",
            "secret",
            "password",
            "passwd",
            "api key",
            "access key",
            "key",
            "signature",
            "nonce",
        ],
        M::Secret,
    ),
    (
        &[
            "hash",
            "sha",
            "checksum",
            "md5",
            "sha256",
            "digest",
            "etag",
            "commit",
            "fingerprint",
        ],
        M::Hash,
    ),
    (&["slug"], M::Slug),
    (&["version", "release"], M::Version),
    (
        &[
            "sku",
            "code",
            "reference",
            "serial",
            "barcode",
            "coupon",
            "number",
            "no",
        ],
        M::Code,
    ),
    (&["file", "filename", "file name"], M::File),
    (
        &["path", "filepath", "file path", "directory", "folder"],
        M::Path,
    ),
    (&["extension", "ext"], M::Extension),
    (
        &[
            "mime",
            "mime type",
            "mimetype",
            "content type",
            "media type",
        ],
        M::MediaType,
    ),
    (&["user agent", "useragent"], M::UserAgent),
    (
        &[
            "price",
            "amount",
            "cost",
            "balance",
            "fee",
            "salary",
            "subtotal",
            "tax",
            "discount",
            "total price",
            "total amount",
            "revenue",
            "budget",
        ],
        M::Amount,
    ),
    (&["age"], M::Age),
    (&["year"], M::Year),
    (&["month"], M::Month),
    (&["day"], M::Day),
    (&["hour", "hours"], M::Hour),
    (&["minute", "minutes", "second", "seconds"], M::Minute),
    (&["percent", "percentage", "progress", "ratio"], M::Percent),
    (&["rating", "stars", "score"], M::Rating),
    (
        &[
            "quantity",
            "qty",
            "count",
            "total",
            "amount left",
            "stock",
            "limit",
            "page",
            "priority",
            "position index",
            "index",
            "offset",
            "rank",
            "level",
            "capacity",
            "followers",
            "following",
            "forks",
            "watchers",
            "issues",
        ],
        M::Count,
    ),
    (
        &[
            "size", "length", "width", "height", "weight", "bytes", "depth",
        ],
        M::Size,
    ),
    (
        &["duration", "ttl", "timeout", "elapsed", "latency"],
        M::Duration,
    ),
];

/// Methods of faker.js whose last word is not a field's name.
const METHODS: [(&str, Meaning); 27] = [
    ("find name", M::FullName),
    ("word", M::Word),
    ("words", M::Title),
    ("lines", M::Sentence),
    ("sentence", M::Sentence),
    ("sentences", M::Paragraph),
    ("paragraph", M::Paragraph),
    ("paragraphs", M::Paragraph),
    ("past", M::DateTime),
    ("future", M::DateTime),
    ("recent", M::DateTime),
    ("soon", M::DateTime),
    ("anytime", M::DateTime),
    ("boolean", M::Boolean),
    ("int", M::Count),
    ("float", M::Amount),
    ("numeric", M::Digits),
    ("product name", M::Title),
    ("state", M::Region),
    ("bs", M::Sentence),
    ("catch phrase", M::Sentence),
    ("person name", M::FullName),
    ("image url", M::Image),
    ("weekday", M::Word),
    ("company name", M::Company),
    ("state abbr", M::CountryCode),
    ("alphanumeric", M::Code),
];

/// What a field's name stands for: `createdAt`, `created_at` and `created-at` are one.
pub(crate) fn of_name(name: &str) -> Option<Meaning> {
    let spread = spread(name);
    let mut rest = spread.as_str();
    // From the longest ending to the last word.
    loop {
        for (names, meaning) in &NAMES {
            if names.contains(&rest) {
                return Some(*meaning);
            }
        }
        rest = rest.split_once(' ')?.1;
    }
}

/// What `x-faker: internet.email` stands for.
pub(crate) fn of_faker(method: &str) -> Option<Meaning> {
    let (module, last) = method.rsplit_once('.').unwrap_or(("", method));
    let (module, last) = (spread(module), spread(last));
    let whole = format!("{module} {last}");
    METHODS
        .iter()
        .find(|(known, _)| *known == whole)
        .or_else(|| METHODS.iter().find(|(known, _)| *known == last))
        .map(|(_, meaning)| *meaning)
        .or_else(|| match whole.as_str() {
            "name name" | "person full name" => Some(M::FullName),
            _ => of_name(&last),
        })
}

/// The words of an identifier, in lower case, with single spaces.
fn spread(name: &str) -> String {
    let mut words = String::with_capacity(name.len() + 4);
    let mut was_lower = false;
    for letter in name.chars().take(64) {
        if !letter.is_alphanumeric() {
            was_lower = false;
            if !words.is_empty() && !words.ends_with(' ') {
                words.push(' ');
            }
            continue;
        }
        if letter.is_uppercase() && was_lower {
            words.push(' ');
        }
        was_lower = letter.is_lowercase() || letter.is_numeric();
        words.extend(letter.to_lowercase());
    }
    words.truncate(words.trim_end().len());
    words
}

impl Meaning {
    /// As text; `None` where another guess is better.
    pub(crate) fn string(self, random: &mut Random) -> Option<String> {
        let place = |random: &mut Random, column: usize| {
            random
                .pick(&words::PLACES.each_ref().map(|place| place[column]))
                .to_owned()
        };
        Some(match self {
            M::Email => text::email(random),
            M::Uuid | M::Id => format::uuid(random),
            M::DateTime => format::date_time(random),
            M::Date => format::date(random),
            M::Time => format!("{}Z", format::time(random)),
            M::Url => text::url(random),
            M::Image => format!("https://{}/{}.png", text::host(random), text::slug(random)),
            M::Avatar => format!(
                "https://{}/avatars/{}.png",
                text::host(random),
                random.between(1, 999)
            ),
            M::Phone => text::phone(random),
            M::FirstName => text::first_name(random).to_owned(),
            M::LastName => text::last_name(random).to_owned(),
            M::FullName => format!("{} {}", text::first_name(random), text::last_name(random)),
            M::UserName => text::user_name(random),
            M::Title => text::title(random),
            M::Sentence => text::sentence(random),
            M::Paragraph => text::paragraph(random),
            M::Country => place(random, 0),
            M::CountryCode => place(random, 1),
            M::City => place(random, 2),
            M::Region => place(random, 3),
            M::TimeZone => place(random, 4),
            M::Currency => place(random, 5),
            M::Street => text::street(random),
            M::PostalCode => text::digits(random, 5),
            M::Language => random.pick(&words::LANGUAGES).to_owned(),
            M::Locale => format!("{}-{}", random.pick(&words::LANGUAGES), place(random, 1)),
            M::Color => random.pick(&words::COLORS).to_owned(),
            M::HexColor => format!("#{}", format::hex(random, 6)),
            M::Company => text::company(random),
            M::Job => random.pick(&words::JOBS).to_owned(),
            M::Department => random.pick(&words::DEPARTMENTS).to_owned(),
            M::Gender => random.pick(&["female", "male", "other"]).to_owned(),
            M::Ip => format::ipv4(random),
            M::Ipv6 => format::ipv6(random),
            M::Mac => {
                let pairs: Vec<String> = (0..5).map(|_| format::hex(random, 2)).collect();
                format!("02:{}", pairs.join(":"))
            }
            M::Host => text::host(random),
            M::Secret => text::secret(random, 24),
            M::Hash => format::hex(random, 40),
            M::Slug => text::slug(random),
            M::Version => format!(
                "{}.{}.{}",
                random.below(10),
                random.below(20),
                random.below(20)
            ),
            M::Code => format!(
                "{}-{}",
                text::secret(random, 3).to_uppercase(),
                text::digits(random, 5)
            ),
            M::File => format!("{}.{}", text::slug(random), random.pick(&words::EXTENSIONS)),
            M::Path => format!(
                "/{}/{}.{}",
                text::noun(random),
                text::slug(random),
                random.pick(&words::EXTENSIONS)
            ),
            M::Extension => random.pick(&words::EXTENSIONS).to_owned(),
            M::MediaType => random.pick(&words::MEDIA_TYPES).to_owned(),
            M::UserAgent => format!(
                "ExampleClient/{}.{}",
                random.between(1, 9),
                random.below(20)
            ),
            M::Latitude | M::Longitude | M::Amount => format!("{}", self.number(random)?),
            M::Digits => text::digits(random, 6),
            M::Boolean => random.chance(50).to_string(),
            M::Word => text::noun(random).to_owned(),
            M::Age
            | M::Year
            | M::Month
            | M::Day
            | M::Hour
            | M::Minute
            | M::Percent
            | M::Rating
            | M::Count
            | M::Size
            | M::Duration
            | M::Port => self.integer(random)?.to_string(),
        })
    }

    /// As a number that may have a fraction.
    pub(crate) fn number(self, random: &mut Random) -> Option<f64> {
        let mut hundredths = |low: i128, high: i128| random.between(low, high) as f64 / 100.0;
        Some(match self {
            M::Amount => hundredths(99, 99_999),
            M::Latitude => hundredths(-8_999, 8_999),
            M::Longitude => hundredths(-17_999, 17_999),
            M::Percent => hundredths(0, 10_000),
            M::Rating => hundredths(100, 500),
            _ => return self.integer(random).map(|whole| whole as f64),
        })
    }

    /// As a whole number.
    pub(crate) fn integer(self, random: &mut Random) -> Option<i64> {
        let (low, high) = match self {
            M::Id => (1, 99_999),
            M::Age => (18, 90),
            M::Year => (1990, 2025),
            M::Month => (1, 12),
            M::Day => (1, 28),
            M::Hour => (0, 23),
            M::Minute => (0, 59),
            M::Percent => (0, 100),
            M::Rating => (1, 5),
            M::Count => (1, 200),
            M::Size => (1, 2_000),
            M::Duration => (1, 3_600),
            M::Port => (1_024, 65_535),
            M::Amount => (1, 1_000),
            M::Latitude => (-89, 89),
            M::Longitude => (-179, 179),
            // Seconds since 1970, of the years 2020 to 2025.
            M::DateTime | M::Date | M::Time => (1_577_836_800, 1_767_225_599),
            _ => return None,
        };
        Some(random.between(low, high) as i64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_mean_what_their_longest_ending_means() {
        for (name, meaning) in [
            ("email", Some(M::Email)),
            ("userEmail", Some(M::Email)),
            ("created_at", Some(M::DateTime)),
            ("createdAt", Some(M::DateTime)),
            ("billing-country-code", Some(M::CountryCode)),
            ("homeCountry", Some(M::Country)),
            ("firstName", Some(M::FirstName)),
            ("unit_price", Some(M::Amount)),
            ("owner_id", Some(M::Id)),
            ("html_url", Some(M::Url)),
            ("avatar_url", Some(M::Avatar)),
            ("frobnication", None),
            ("", None),
            ("___", None),
        ] {
            assert_eq!(of_name(name), meaning, "{name}");
        }
    }

    #[test]
    fn methods_of_faker_are_known() {
        for (method, meaning) in [
            ("internet.email", Some(M::Email)),
            ("name.firstName", Some(M::FirstName)),
            ("person.lastName", Some(M::LastName)),
            ("person.fullName", Some(M::FullName)),
            ("name.findName", Some(M::FullName)),
            ("company.name", Some(M::Company)),
            ("lorem.word", Some(M::Word)),
            ("date.past", Some(M::DateTime)),
            ("string.uuid", Some(M::Uuid)),
            ("location.city", Some(M::City)),
            ("commerce.price", Some(M::Amount)),
            ("no.such", None),
        ] {
            assert_eq!(of_faker(method), meaning, "{method}");
        }
    }

    #[test]
    fn every_meaning_of_a_name_gives_text() {
        let mut random = Random::new(3);
        for (names, meaning) in &NAMES {
            let text = meaning.string(&mut random).unwrap_or_default();
            assert!(!text.is_empty(), "{names:?}");
        }
    }
}
