//! From text to the fields of a date.

use jiff::tz::{Offset, TimeZone};

use super::names::{self, DAYS, MONTHS};
use super::pattern::{Dialect, Field, Item, Reserved, Sign, Width};
use super::resolve::Fields;
use super::zone_offset::{OffsetForm, Part, offset_at_start};

type Failure = String;

/// Reads a whole text by items.
pub(super) fn parse(items: &[Item], dialect: Dialect, text: &str) -> Result<Fields, Failure> {
    let mut reader = Reader {
        text,
        at: 0,
        dialect,
        fields: Fields::default(),
    };
    reader.items(items)?;
    if reader.at < text.len() {
        return Err(format!("`{}` is left over at its end", reader.rest()));
    }
    Ok(reader.fields)
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    dialect: Dialect,
    fields: Fields,
}

impl<'t> Reader<'t> {
    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn fail<T>(&self, expected: &str) -> Result<T, Failure> {
        Err(format!(
            "{expected} was expected at position {}",
            self.text[..self.at].chars().count()
        ))
    }

    fn items(&mut self, items: &[Item]) -> Result<(), Failure> {
        for item in items {
            match item {
                Item::Literal(literal) => {
                    if !self.rest().starts_with(literal.as_str()) {
                        return self.fail(&format!("`{literal}`"));
                    }
                    self.at += literal.len();
                }
                Item::Optional(inner) => {
                    let before = (self.at, self.fields.clone());
                    if self.items(inner).is_err() {
                        (self.at, self.fields) = before;
                    }
                }
                Item::Field(field) => {
                    if field.pad == 0 {
                        self.field(*field)?;
                    } else {
                        self.padded(*field)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// A field that has exactly its width, blanks before it included.
    fn padded(&mut self, field: Field) -> Result<(), Failure> {
        let end = self.at + field.pad;
        let (Some(inside), whole) = (self.text.get(..end), self.text) else {
            return self.fail(&format!("a field of {} characters", field.pad));
        };
        self.at += self.rest().len() - self.rest().trim_start_matches(' ').len();
        if self.at > end {
            return self.fail("a field");
        }
        self.text = inside;
        let read = self.field(field);
        self.text = whole;
        read?;
        if self.at < end {
            self.fail("the end of a padded field")
        } else {
            Ok(())
        }
    }

    fn field(&mut self, field: Field) -> Result<(), Failure> {
        let simple = self.dialect == Dialect::SimpleDateFormat;
        let Field { letter, count, .. } = field;
        match (letter, count) {
            ('G', _) => {
                let names = if count == 4 {
                    ["Before Christ", "Anno Domini"]
                } else {
                    ["BC", "AD"]
                };
                let names = if count == 5 { ["B", "A"] } else { names };
                let common_era = self.one_of(&names, "an era")? == 1;
                self.set('G', i64::from(common_era))
            }
            ('M' | 'L', 3..) => {
                let month = self.name(&MONTHS, count, "the name of a month")?;
                self.set('M', month as i64 + 1)
            }
            ('Q' | 'q', 3) => {
                let quarter = self.one_of(&["Q1", "Q2", "Q3", "Q4"], "a quarter such as `Q1`")?;
                self.set('Q', quarter as i64 + 1)
            }
            ('Q' | 'q', 4) => {
                let names = ["1st quarter", "2nd quarter", "3rd quarter", "4th quarter"];
                let quarter = self.one_of(&names, "a quarter such as `1st quarter`")?;
                self.set('Q', quarter as i64 + 1)
            }
            ('Q' | 'q', 5) => {
                let quarter = self.one_of(&["1", "2", "3", "4"], "the number of a quarter")?;
                self.set('Q', quarter as i64 + 1)
            }
            ('E', _) | ('e' | 'c', 3..) => {
                let day = self.name(&DAYS, count, "the name of a day")?;
                self.set('E', day as i64 + 1)
            }
            ('a', _) => {
                let half = self.one_of(&["AM", "PM"], "`AM` or `PM`")?;
                self.set('a', half as i64)
            }
            ('B', _) => {
                let names = [
                    "midnight",
                    "noon",
                    "in the morning",
                    "in the afternoon",
                    "in the evening",
                    "at night",
                ];
                let narrow = [
                    "mi",
                    "n",
                    "in the morning",
                    "in the afternoon",
                    "in the evening",
                    "at night",
                ];
                let part = self.one_of(
                    if count == 5 { &narrow } else { &names },
                    "a part of the day",
                )?;
                self.set('B', part as i64)
            }
            ('z', _) => self.zone_name(),
            ('V', _) => {
                let Some((zone, length)) = names::zone_id_at_start(self.rest()) else {
                    return self.fail("a time zone such as `Europe/Paris`");
                };
                self.at += length;
                self.fields.zone = Some(zone);
                Ok(())
            }
            ('Z', _) if simple => self.zone_name(),
            ('O', _) | ('Z', 4) => self.localized_offset(),
            ('X' | 'x' | 'Z', _) => self.offset(letter, count),
            ('u', _) if simple => self.number(
                field,
                Width {
                    least: 1,
                    most: 1,
                    sign: Sign::NotNegative,
                },
                'E',
            ),
            ('S', _) if simple => self.number(
                field,
                Width {
                    least: 1,
                    most: 9,
                    sign: Sign::NotNegative,
                },
                '.',
            ),
            ('S', _) => self.fraction(field),
            _ => match field.width() {
                Some(_) if simple => {
                    let most = if field.reserved == Reserved::Fixed {
                        count
                    } else {
                        19
                    };
                    let least = if field.reserved == Reserved::Fixed {
                        count
                    } else {
                        1
                    };
                    self.number(
                        field,
                        Width {
                            least,
                            most,
                            sign: Sign::Normal,
                        },
                        letter,
                    )
                }
                Some(width) => self.number(field, width, letter),
                None => self.fail("a field that can be read"),
            },
        }
    }

    fn set(&mut self, letter: char, value: i64) -> Result<(), Failure> {
        self.fields.set(letter, value)
    }

    /// The index of the one of `names` that stands here.
    fn one_of(&mut self, names: &[&str], expected: &str) -> Result<usize, Failure> {
        let found = names
            .iter()
            .enumerate()
            .filter(|(_, name)| self.starts_with(name))
            .max_by_key(|(_, name)| name.len());
        match found {
            Some((index, name)) => {
                self.at += name.len();
                Ok(index)
            }
            None => self.fail(expected),
        }
    }

    /// `SimpleDateFormat` takes names in either case.
    fn starts_with(&self, name: &str) -> bool {
        match self.dialect {
            Dialect::DateTimeFormatter => self.rest().starts_with(name),
            Dialect::SimpleDateFormat => self
                .rest()
                .get(..name.len())
                .is_some_and(|start| start.eq_ignore_ascii_case(name)),
        }
    }

    fn name(&mut self, names: &[&str], count: usize, expected: &str) -> Result<usize, Failure> {
        if self.dialect == Dialect::SimpleDateFormat {
            return self.one_of(names, expected).or_else(|_| {
                self.one_of(
                    &names
                        .iter()
                        .map(|name| names::short(name))
                        .collect::<Vec<_>>(),
                    expected,
                )
            });
        }
        let names: Vec<&str> = match count {
            4 => names.to_vec(),
            5 => names.iter().map(|name| &name[..1]).collect(),
            _ => names.iter().map(|name| names::short(name)).collect(),
        };
        self.one_of(&names, expected)
    }

    fn zone_name(&mut self) -> Result<(), Failure> {
        let zone = names::zone_at_start(self.rest());
        // `UTC+2` and the like are identifiers that start like a name.
        let zone = match (zone, names::zone_id_at_start(self.rest())) {
            (Some((_, short)), Some((zone, long))) if long > short => Some((zone, long)),
            (Some(zone), _) | (None, Some(zone)) => Some(zone),
            (None, None) => None,
        };
        let Some((zone, length)) = zone else {
            return self.fail("a time zone such as `PST` or `UTC`");
        };
        self.at += length;
        self.fields.zone = Some(zone);
        Ok(())
    }

    fn localized_offset(&mut self) -> Result<(), Failure> {
        if !self.rest().starts_with("GMT") {
            return self.fail("an offset such as `GMT+02:00`");
        }
        self.at += 3;
        let (offset, length) = offset_at_start(self.rest()).unwrap_or((Offset::UTC, 0));
        self.at += length;
        self.fields.zone = Some(TimeZone::fixed(offset));
        Ok(())
    }

    fn offset(&mut self, letter: char, count: usize) -> Result<(), Failure> {
        let form = match (letter, count) {
            ('Z', 5) => OffsetForm {
                colon: true,
                minutes: Part::Needed,
                seconds: Part::Allowed,
                zulu: true,
            },
            ('Z', _) => OffsetForm {
                colon: false,
                minutes: Part::Needed,
                seconds: Part::Absent,
                zulu: false,
            },
            (_, count) => OffsetForm {
                colon: matches!(count, 3 | 5),
                minutes: if count == 1 {
                    Part::Allowed
                } else {
                    Part::Needed
                },
                seconds: if count >= 4 {
                    Part::Allowed
                } else {
                    Part::Absent
                },
                zulu: letter == 'X',
            },
        };
        let Some((offset, length)) = form.read(self.rest()) else {
            return self.fail("an offset from UTC");
        };
        self.at += length;
        self.fields.zone = Some(TimeZone::fixed(offset));
        Ok(())
    }

    fn digits(&self, most: usize) -> usize {
        self.rest()
            .bytes()
            .take(most)
            .take_while(u8::is_ascii_digit)
            .count()
    }

    fn fraction(&mut self, field: Field) -> Result<(), Failure> {
        let digits = self.digits(field.count);
        if digits < field.count {
            return self.fail(&format!("a fraction of {} digits", field.count));
        }
        let fraction = &self.rest()[..digits];
        let nanosecond: i64 = format!("{fraction:0<9}")
            .parse()
            .map_err(|_| "a fraction is too long".to_owned())?;
        self.at += digits;
        self.set('n', nanosecond)
    }

    fn number(&mut self, field: Field, width: Width, target: char) -> Result<(), Failure> {
        let expected = "a number";
        let sign = self
            .rest()
            .chars()
            .next()
            .filter(|c| matches!(c, '+' | '-'));
        let allowed = matches!(
            (sign, width.sign),
            (None, _)
                | (Some('-'), Sign::Normal | Sign::ExceedsPad)
                | (Some('+'), Sign::ExceedsPad)
        );
        if !allowed {
            return self.fail(expected);
        }
        self.at += usize::from(sign.is_some());
        let reserved = match field.reserved {
            Reserved::Digits(digits) => digits,
            Reserved::Fixed => 0,
        };
        let mut digits = self.digits(width.most + reserved);
        if reserved > 0 {
            digits = width.least.max(digits.saturating_sub(reserved)).min(digits);
        }
        if digits < width.least {
            return self.fail(&format!("a number of at least {} digits", width.least));
        }
        // The sign is there exactly when there are more digits than the pattern has letters.
        if width.sign == Sign::ExceedsPad
            && sign != Some('-')
            && (sign == Some('+')) != (digits > width.least)
        {
            return self.fail(&format!("a number of {} digits", width.least));
        }
        let value: i64 = self.rest()[..digits]
            .parse()
            .map_err(|_| "a number is too large".to_owned())?;
        self.at += digits;
        let value = if sign == Some('-') { -value } else { value };
        let value = match (target, field.count) {
            // Two digits are a year of this century.
            ('y' | 'u' | 'Y', 2) if digits == 2 => 2000 + value,
            _ => value,
        };
        match target {
            '.' => self.set('n', value.saturating_mul(1_000_000)),
            target => self.set(target, value),
        }
    }
}
