//! The conversions after `%t`.

use jiff::Zoned;

/// What one letter shows, `None` for an unknown one.
pub(super) fn show(letter: char, date: &Zoned) -> Option<String> {
    let strftime = |format: &str| date.strftime(format).to_string();
    Some(match letter {
        'H' | 'I' | 'M' | 'S' | 'B' | 'b' | 'A' | 'a' | 'Y' | 'y' | 'm' | 'd' | 'j' | 'C' => {
            strftime(&format!("%{letter}"))
        }
        'h' => strftime("%b"),
        'k' => date.hour().to_string(),
        'l' => ((date.hour() + 11) % 12 + 1).to_string(),
        'L' => format!("{:03}", date.millisecond()),
        'N' => format!("{:09}", date.subsec_nanosecond()),
        'p' => strftime("%p").to_lowercase(),
        'z' => strftime("%z"),
        'Z' => strftime("%Z"),
        's' => date.timestamp().as_second().to_string(),
        'Q' => date.timestamp().as_millisecond().to_string(),
        'e' => date.day().to_string(),
        'R' => strftime("%H:%M"),
        'T' => strftime("%H:%M:%S"),
        'r' => strftime("%I:%M:%S %p"),
        'D' => strftime("%m/%d/%y"),
        'F' => strftime("%Y-%m-%d"),
        'c' => strftime("%a %b %d %H:%M:%S %Z %Y"),
        _ => return None,
    })
}
