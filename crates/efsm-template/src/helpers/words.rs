//! Helpers that see words in a text.

use super::java_len;
use super::texts::{on_text, title_case};
use crate::Value;
use crate::render::{Call, Failure, Outcome, kind, refuse};

/// Every word behind a space with a capital; `fully=true` puts the rest into lower case.
pub(super) fn capitalize(call: &mut Call<'_, '_>) -> Result<Outcome, Failure> {
    on_text(call, |call, text| {
        let fully = call.hash_bool("fully")?.unwrap_or(false);
        let mut starts = true;
        let capitalized: String = text
            .chars()
            .map(|character| {
                let shown = if starts {
                    title_case(character)
                } else if fully {
                    character.to_lowercase().next().unwrap_or(character)
                } else {
                    character
                };
                starts = character == ' ';
                shown
            })
            .collect();
        Ok(capitalized.into())
    })
}

/// `{{abbreviate 'Handlebars rocks' 13}}`: cut to a length that includes the three dots.
pub(super) fn abbreviate(call: &mut Call<'_, '_>) -> Result<Outcome, Failure> {
    on_text(call, |call, text| {
        let width = first_int(call, "width")?;
        if width < 4 {
            return refuse("Minimum abbreviation width is 4");
        }
        let width = width as usize;
        if java_len(text) <= width {
            return Ok(text.into());
        }
        let units: Vec<u16> = text.encode_utf16().take(width - 3).collect();
        Ok(format!("{}...", String::from_utf16_lossy(&units)).into())
    })
}

/// `{{wordWrap text 20}}`: lines of at most so many characters, broken at spaces; longer words stay whole.
pub(super) fn word_wrap(call: &mut Call<'_, '_>) -> Result<Outcome, Failure> {
    on_text(call, |call, text| {
        let width = usize::try_from(first_int(call, "length")?)
            .unwrap_or(1)
            .max(1);
        let characters: Vec<char> = text.chars().collect();
        let mut out = String::with_capacity(text.len());
        let mut at = 0;
        while at < characters.len() {
            if characters[at] == ' ' {
                at += 1;
                continue;
            }
            let left = &characters[at..];
            if left.len() <= width {
                break;
            }
            // The last space that keeps the line short enough; failing that, the first one behind.
            let space = left[..=width]
                .iter()
                .rposition(|c| *c == ' ')
                .or_else(|| left.iter().position(|c| *c == ' '));
            let Some(space) = space else { break };
            out.extend(&left[..space]);
            out.push('\n');
            at += space + 1;
        }
        out.extend(&characters[at.min(characters.len())..]);
        Ok(out.into())
    })
}

fn first_int(call: &Call<'_, '_>, name: &str) -> Result<i64, Failure> {
    match call.param(0) {
        Some(Value::Int(int)) => Ok(*int),
        Some(other) => refuse(format!(
            "the {name} must be a whole number, but is {}",
            kind(other)
        )),
        None => refuse(format!("found 'null', expected '{name}'")),
    }
}
