//! Values of each meaning.

use super::Meaning::{self, self as M};
use crate::fake::{format, text, words};
use crate::random::Random;

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
