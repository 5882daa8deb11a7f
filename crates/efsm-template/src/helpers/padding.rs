//! Texts brought to a width.

use std::sync::Arc;

use super::java_len;
use super::texts::on_text;
use crate::render::{Call, Failure, Outcome, refuse};

pub(super) fn center(call: &mut Call<'_, '_>) -> Result<Outcome, Failure> {
    padded(call, |missing| (missing / 2, missing - missing / 2))
}

/// To the left: padding follows.
pub(super) fn ljust(call: &mut Call<'_, '_>) -> Result<Outcome, Failure> {
    padded(call, |missing| (0, missing))
}

/// To the right: padding precedes.
pub(super) fn rjust(call: &mut Call<'_, '_>) -> Result<Outcome, Failure> {
    padded(call, |missing| (missing, 0))
}

/// Pads to `size=`, by `pad=` repeated and cut; `sides` splits what is missing.
fn padded(
    call: &mut Call<'_, '_>,
    sides: impl FnOnce(usize) -> (usize, usize),
) -> Result<Outcome, Failure> {
    on_text(call, |call, text| {
        let Some(size) = call.hash_int("size")? else {
            return refuse("found 'null', expected 'size'");
        };
        let size = usize::try_from(size).unwrap_or(0);
        let pad = call.hash_string("pad")?;
        let pad = pad
            .filter(|pad| !pad.is_empty())
            .unwrap_or_else(|| Arc::from(" "));
        let Some(missing) = size.checked_sub(java_len(text)) else {
            return Ok(text.into());
        };
        call.renderer.reserve(missing.saturating_mul(4))?;
        let (before, after) = sides(missing);
        let fill = |count: usize| pad.chars().cycle().take(count);
        Ok(fill(before)
            .chain(text.chars())
            .chain(fill(after))
            .collect::<String>()
            .into())
    })
}
