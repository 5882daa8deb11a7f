//! Offsets from UTC in their written forms.

use jiff::tz::Offset;

#[derive(Clone, Copy, PartialEq)]
pub(super) enum Part {
    Needed,
    Allowed,
    Absent,
}

/// How an offset is written.
pub(super) struct OffsetForm {
    pub(super) colon: bool,
    pub(super) minutes: Part,
    pub(super) seconds: Part,
    /// Whether `Z` is zero.
    pub(super) zulu: bool,
}

impl OffsetForm {
    pub(super) fn read(&self, text: &str) -> Option<(Offset, usize)> {
        if self.zulu && text.starts_with('Z') {
            return Some((Offset::UTC, 1));
        }
        let negative = match text.bytes().next()? {
            b'+' => false,
            b'-' => true,
            _ => return None,
        };
        let two_digits = |at: usize| -> Option<i32> {
            let digits = text.get(at..at + 2)?;
            digits
                .bytes()
                .all(|digit| digit.is_ascii_digit())
                .then(|| digits.parse().ok())
                .flatten()
        };
        let mut seconds = two_digits(1)? * 3600;
        let mut at = 3;
        for (part, unit) in [(self.minutes, 60), (self.seconds, 1)] {
            if part == Part::Absent {
                continue;
            }
            let digits_at = if self.colon { at + 1 } else { at };
            let separated = !self.colon || text.get(at..=at) == Some(":");
            match two_digits(digits_at).filter(|value| separated && *value < 60) {
                Some(value) => {
                    seconds += value * unit;
                    at = digits_at + 2;
                }
                None if part == Part::Needed => return None,
                None => break,
            }
        }
        let offset = Offset::from_seconds(if negative { -seconds } else { seconds }).ok()?;
        // Java's offsets end at 18 hours.
        (seconds <= 18 * 3600).then_some((offset, at))
    }
}

/// An offset in any of its forms: `+2`, `+02`, `+0200`, `+02:00`, `+02:00:00`.
pub(super) fn offset_at_start(text: &str) -> Option<(Offset, usize)> {
    let form = |colon, minutes| OffsetForm {
        colon,
        minutes,
        seconds: Part::Allowed,
        zulu: false,
    };
    let longest = [
        form(true, Part::Needed),
        form(false, Part::Needed),
        form(false, Part::Allowed),
    ]
    .iter()
    .find_map(|form| form.read(text));
    longest.or_else(|| {
        // One digit of hours, with minutes behind a colon or none.
        let sign = text.chars().next().filter(|c| matches!(c, '+' | '-'))?;
        let hour = text[1..].chars().next().filter(char::is_ascii_digit)?;
        let (offset, length) = offset_at_start(&format!("{sign}0{hour}{}", &text[2..]))?;
        Some((offset, length - 1))
    })
}

/// An offset as ISO 8601 writes it: `Z`, `+02:00`, `+02:00:00`.
pub(super) fn iso_offset_at_start(text: &str) -> Option<(Offset, usize)> {
    if text.starts_with(['Z', 'z']) {
        return Some((Offset::UTC, 1));
    }
    OffsetForm {
        colon: true,
        minutes: Part::Allowed,
        seconds: Part::Allowed,
        zulu: false,
    }
    .read(text)
}
