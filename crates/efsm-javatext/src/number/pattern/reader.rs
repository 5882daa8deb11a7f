use std::iter::Peekable;

use super::super::{FormatError, Rounding};
use super::{Affixes, DecimalPattern, MAX_DIGITS};

/// The counts that Java derives the numeric settings from.
#[derive(Default)]
struct Counts {
    left: usize,
    zero: usize,
    right: usize,
    grouping: Option<usize>,
    point: Option<usize>,
    exponent: Option<usize>,
}

impl Counts {
    fn total(&self) -> usize {
        self.left + self.zero + self.right
    }
}

pub(super) struct Reader<'p> {
    source: &'p str,
    chars: Peekable<std::iter::Enumerate<std::str::Chars<'p>>>,
    counts: Counts,
    multiplier: i64,
}

impl<'p> Reader<'p> {
    pub(super) fn new(source: &'p str) -> Self {
        Self {
            source,
            chars: source.chars().enumerate().peekable(),
            counts: Counts::default(),
            multiplier: 1,
        }
    }

    fn refuse<T>(&self, position: usize, reason: &str) -> Result<T, FormatError> {
        Err(FormatError::Pattern {
            pattern: self.source.to_owned(),
            position,
            reason: reason.to_owned(),
        })
    }

    pub(super) fn read(mut self) -> Result<DecimalPattern, FormatError> {
        let (positive, separated) = self.part(true)?;
        let multiplier = self.multiplier;
        let negative = if separated {
            self.multiplier = 1;
            Some(self.part(false)?.0)
        } else {
            None
        };
        let negative = negative
            .filter(|negative| *negative != positive)
            .unwrap_or_else(|| Affixes {
                prefix: format!("-{}", positive.prefix),
                suffix: positive.suffix.clone(),
            });
        let end = self.source.chars().count();
        let mut counts = std::mem::take(&mut self.counts);
        if let Some(point) = counts.point
            && counts.zero == 0
            && counts.left > 0
        {
            let integer = point.max(1);
            counts.right = counts.left - integer;
            counts.left = integer - 1;
            counts.zero = 1;
        }
        let misplaced = counts
            .point
            .is_some_and(|point| point < counts.left || point > counts.left + counts.zero);
        if misplaced || (counts.point.is_none() && counts.right > 0) {
            return self.refuse(
                end,
                "the digits `0` must stand next to the point, the digits `#` outside of them",
            );
        }
        if counts.grouping == Some(0) {
            return self.refuse(end, "no digit follows the last grouping comma");
        }
        if counts.total() > MAX_DIGITS {
            return self.refuse(end, "it has more than 400 digits");
        }
        let total = counts.total();
        let min_integer = counts.point.unwrap_or(total) - counts.left;
        let empty = self.source.is_empty();
        Ok(DecimalPattern {
            source: self.source.to_owned(),
            positive,
            negative,
            multiplier,
            min_integer,
            max_integer: if counts.exponent.is_some() {
                counts.left + min_integer
            } else {
                MAX_DIGITS
            },
            min_fraction: counts
                .point
                .map_or(0, |point| (counts.left + counts.zero).saturating_sub(point)),
            max_fraction: counts
                .point
                .map_or(if empty { 340 } else { 0 }, |point| total - point),
            grouping: counts.grouping.unwrap_or(if empty { 3 } else { 0 }),
            always_point: counts
                .point
                .is_some_and(|point| point == 0 || point == total),
            exponent: counts.exponent,
            rounding: Rounding::HalfEven,
        })
    }

    /// One of the two subpatterns, and whether a `;` ended it.
    fn part(&mut self, counted: bool) -> Result<(Affixes, bool), FormatError> {
        let mut affixes = Affixes::default();
        let mut digits_seen = false;
        while let Some(&(position, c)) = self.chars.peek() {
            if matches!(c, '#' | '0' | ',' | '.') {
                digits_seen = true;
                self.digits(counted)?;
                continue;
            }
            self.chars.next();
            let affix = if digits_seen {
                &mut affixes.suffix
            } else {
                &mut affixes.prefix
            };
            match c {
                '\'' => {
                    if self.chars.next_if(|(_, next)| *next == '\'').is_some() {
                        affix.push('\'');
                    } else {
                        Self::quoted(&mut self.chars, affix)
                            .ok_or(())
                            .or_else(|()| self.refuse(position, "the quote is not closed"))?;
                    }
                }
                ';' if counted && digits_seen => return Ok((affixes, true)),
                ';' => {
                    return self.refuse(
                        position,
                        "`;` stands between two patterns only; quote it as `';'`",
                    );
                }
                '¤' if self.chars.next_if(|(_, next)| *next == '¤').is_some() => {
                    affix.push_str("USD");
                }
                '¤' => affix.push('$'),
                '%' | '‰' => {
                    affix.push(c);
                    if self.multiplier != 1 {
                        return self
                            .refuse(position, "there can be one percent or per mille sign only");
                    }
                    self.multiplier = if c == '%' { 100 } else { 1000 };
                }
                c => affix.push(c),
            }
        }
        Ok((affixes, false))
    }

    fn quoted(
        chars: &mut Peekable<impl Iterator<Item = (usize, char)>>,
        affix: &mut String,
    ) -> Option<()> {
        loop {
            match chars.next()?.1 {
                '\'' if chars.next_if(|(_, next)| *next == '\'').is_some() => affix.push('\''),
                '\'' => return Some(()),
                c => affix.push(c),
            }
        }
    }

    fn digits(&mut self, counted: bool) -> Result<(), FormatError> {
        while let Some(&(position, c)) = self.chars.peek() {
            let counts = &mut self.counts;
            match c {
                '#' | '0' | ',' | '.' | 'E' if !counted => {}
                '#' | '0' => {
                    match (c, counts.zero, counts.right) {
                        ('#', 0, _) => counts.left += 1,
                        ('#', ..) => counts.right += 1,
                        (_, _, 0) => counts.zero += 1,
                        _ => return self.refuse(position, "`0` cannot follow `#` there"),
                    }
                    if counts.point.is_none() {
                        counts.grouping = counts.grouping.map(|size| size + 1);
                    }
                }
                ',' => counts.grouping = Some(0),
                '.' if counts.point.is_some() => {
                    return self.refuse(position, "there can be one point only");
                }
                '.' => counts.point = Some(counts.total()),
                'E' => {
                    self.chars.next();
                    let mut zeros = 0;
                    while self.chars.next_if(|(_, next)| *next == '0').is_some() {
                        zeros += 1;
                    }
                    if self.counts.exponent.is_some()
                        || zeros == 0
                        || self.counts.left + self.counts.zero == 0
                    {
                        return self
                            .refuse(position, "an exponent is written `E0`, once, after digits");
                    }
                    self.counts.exponent = Some(zeros);
                    return Ok(());
                }
                _ => return Ok(()),
            }
            self.chars.next();
        }
        Ok(())
    }
}
