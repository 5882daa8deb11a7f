//! From the letters of a pattern to its items, in either of Java's two dialects.

use super::DateError;

/// Which of Java's two classes reads a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// `java.text.SimpleDateFormat`: `u` is the number of the day in the week, `SSSSSS` is padded milliseconds.
    SimpleDateFormat,
    /// `java.time.format.DateTimeFormatter`: `u` is the year, `SSSSSS` is microseconds, `[..]` is optional.
    DateTimeFormatter,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Item {
    Literal(String),
    Field(Field),
    Optional(Vec<Item>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Field {
    pub(super) letter: char,
    pub(super) count: usize,
    /// The width that it is padded to with blanks.
    pub(super) pad: usize,
    pub(super) reserved: Reserved,
}

/// How a number shares digits with the numbers directly after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reserved {
    /// It leaves so many digits to them.
    Digits(usize),
    /// It takes exactly its own width.
    Fixed,
}

/// How a number is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Width {
    pub(super) least: usize,
    pub(super) most: usize,
    pub(super) sign: Sign,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sign {
    Normal,
    NotNegative,
    ExceedsPad,
}

impl Width {
    const fn new(least: usize, most: usize, sign: Sign) -> Self {
        Self { least, most, sign }
    }

    fn is_fixed(self) -> bool {
        self.least == self.most && self.sign == Sign::NotNegative
    }
}

impl Field {
    /// The width of a field of `DateTimeFormatter` that is a number; `None` for text.
    pub(super) fn width(self) -> Option<Width> {
        let one_or_two = if self.count == 1 {
            Width::new(1, 19, Sign::Normal)
        } else {
            Width::new(2, 2, Sign::NotNegative)
        };
        match (self.letter, self.count) {
            ('y' | 'u' | 'Y', 2) => Some(Width::new(2, 2, Sign::NotNegative)),
            ('y' | 'u' | 'Y', 1 | 3) => Some(Width::new(self.count, 19, Sign::Normal)),
            ('y' | 'u' | 'Y', _) => Some(Width::new(self.count, 19, Sign::ExceedsPad)),
            ('M' | 'L' | 'Q' | 'q' | 'e' | 'c', 1 | 2)
            | ('d' | 'h' | 'H' | 'k' | 'K' | 'm' | 's' | 'w' | 'W' | 'F', _) => Some(one_or_two),
            ('D', 1) => Some(Width::new(1, 19, Sign::Normal)),
            ('D', count) => Some(Width::new(count, 3, Sign::NotNegative)),
            ('S', count) => Some(Width::new(count, count, Sign::NotNegative)),
            ('A' | 'n' | 'N', count) => Some(Width::new(count, 19, Sign::NotNegative)),
            ('g', count) => Some(Width::new(count, 19, Sign::Normal)),
            _ => None,
        }
    }
}

/// Reads a pattern in one dialect.
pub(super) fn items(pattern: &str, dialect: Dialect) -> Result<Vec<Item>, DateError> {
    let mut reader = Reader {
        pattern,
        chars: pattern.chars().collect(),
        at: 0,
        dialect,
    };
    let mut items = reader.sequence(0)?;
    match dialect {
        Dialect::DateTimeFormatter => reserve(&mut items),
        Dialect::SimpleDateFormat => fix_adjacent(&mut items),
    }
    Ok(items)
}

struct Reader<'p> {
    pattern: &'p str,
    chars: Vec<char>,
    at: usize,
    dialect: Dialect,
}

impl Reader<'_> {
    fn fail<T>(&self, position: usize, reason: impl Into<String>) -> Result<T, DateError> {
        Err(DateError::Pattern {
            pattern: self.pattern.to_owned(),
            position,
            reason: reason.into(),
        })
    }

    fn sequence(&mut self, depth: usize) -> Result<Vec<Item>, DateError> {
        let mut items: Vec<Item> = Vec::new();
        let push_text = |items: &mut Vec<Item>, text: &str| match items.last_mut() {
            Some(Item::Literal(literal)) => literal.push_str(text),
            _ => items.push(Item::Literal(text.to_owned())),
        };
        while let Some(&c) = self.chars.get(self.at) {
            let standard = self.dialect == Dialect::DateTimeFormatter;
            match c {
                'A'..='Z' | 'a'..='z' => items.push(self.field()?),
                '\'' => {
                    let text = self.quoted()?;
                    push_text(&mut items, &text);
                }
                '[' if standard => {
                    if depth >= 32 {
                        return self.fail(self.at, "optional parts are nested more than 32 deep");
                    }
                    self.at += 1;
                    items.push(Item::Optional(self.sequence(depth + 1)?));
                }
                ']' if standard && depth > 0 => {
                    self.at += 1;
                    return Ok(items);
                }
                ']' if standard => return self.fail(self.at, "a `]` has no `[`"),
                '{' | '}' | '#' if standard => {
                    return self.fail(
                        self.at,
                        format!("`{c}` is reserved; write `'{c}'` for the character"),
                    );
                }
                c => {
                    push_text(&mut items, c.encode_utf8(&mut [0; 4]));
                    self.at += 1;
                }
            }
        }
        Ok(items)
    }

    /// What stands in quotes; two of them are one, within a quotation and without.
    fn quoted(&mut self) -> Result<String, DateError> {
        let start = self.at;
        self.at += 1;
        if self.chars.get(self.at) == Some(&'\'') {
            self.at += 1;
            return Ok("'".to_owned());
        }
        let mut text = String::new();
        while let Some(&c) = self.chars.get(self.at) {
            self.at += 1;
            if c != '\'' {
                text.push(c);
            } else if self.chars.get(self.at) == Some(&'\'') {
                text.push('\'');
                self.at += 1;
            } else {
                return Ok(text);
            }
        }
        self.fail(start, "a quote is not closed")
    }

    fn run(&mut self) -> usize {
        let start = self.at;
        while self.chars.get(self.at) == self.chars.get(start) && self.at < self.chars.len() {
            self.at += 1;
        }
        self.at - start
    }

    fn field(&mut self) -> Result<Item, DateError> {
        let position = self.at;
        let mut letter = self.chars[self.at];
        let mut count = self.run();
        let mut pad = 0;
        if letter == 'p' && self.dialect == Dialect::DateTimeFormatter {
            pad = count;
            match self.chars.get(self.at) {
                Some(next) if next.is_ascii_alphabetic() => letter = *next,
                _ => return self.fail(position, "a field must follow the padding `p`"),
            }
            count = self.run();
        }
        if pad > 1_000 || count > 1_000 {
            return self.fail(
                position,
                format!("the letter `{letter}` is repeated too often"),
            );
        }
        let known = match self.dialect {
            Dialect::SimpleDateFormat => simple_allows(letter, count),
            Dialect::DateTimeFormatter => standard_allows(letter, count),
        };
        match known {
            Some(true) => Ok(Item::Field(Field {
                letter,
                count,
                pad,
                reserved: Reserved::Digits(0),
            })),
            Some(false) => self.fail(
                position,
                format!("the letter `{letter}` cannot stand {count} times"),
            ),
            None => self.fail(
                position,
                format!("the letter `{letter}` has no meaning; write `'{letter}'` for itself"),
            ),
        }
    }
}

fn simple_allows(letter: char, count: usize) -> Option<bool> {
    match letter {
        'X' => Some(count <= 3),
        'G' | 'y' | 'Y' | 'M' | 'L' | 'w' | 'W' | 'D' | 'd' | 'F' | 'E' | 'u' | 'a' | 'H' | 'k'
        | 'K' | 'h' | 'm' | 's' | 'S' | 'z' | 'Z' => Some(true),
        _ => None,
    }
}

fn standard_allows(letter: char, count: usize) -> Option<bool> {
    Some(match letter {
        'G' | 'M' | 'L' | 'Q' | 'q' | 'E' | 'e' | 'X' | 'x' | 'Z' => count <= 5,
        'c' => matches!(count, 1 | 3 | 4 | 5),
        'u' | 'y' | 'Y' | 'n' | 'N' | 'A' | 'g' => count <= 19,
        'D' => count <= 3,
        'd' | 'h' | 'H' | 'k' | 'K' | 'm' | 's' | 'w' => count <= 2,
        'F' | 'W' | 'a' => count == 1,
        'S' => count <= 9,
        'z' => count <= 4,
        'O' => matches!(count, 1 | 4),
        'B' => matches!(count, 1 | 4 | 5),
        'V' => count == 2,
        _ => return None,
    })
}

/// Numbers of fixed width directly after a number take their digits from its end: `yyyyMMdd`.
fn reserve(items: &mut [Item]) {
    let mut active: Option<usize> = None;
    for at in 0..items.len() {
        let width = match &mut items[at] {
            Item::Field(field) => field.width(),
            Item::Optional(inner) => {
                reserve(inner);
                None
            }
            Item::Literal(_) => None,
        };
        let (Some(width), Some(first)) = (width, active) else {
            active = width.map(|_| at);
            continue;
        };
        if width.is_fixed() {
            set_reserved(&mut items[first], |reserved| match reserved {
                Reserved::Digits(digits) => Reserved::Digits(digits + width.most),
                Reserved::Fixed => Reserved::Fixed,
            });
            set_reserved(&mut items[at], |_| Reserved::Fixed);
        } else {
            set_reserved(&mut items[first], |reserved| match reserved {
                Reserved::Digits(0) => Reserved::Fixed,
                reserved => reserved,
            });
            active = Some(at);
        }
    }
}

/// In `SimpleDateFormat`, a number takes its own width when another follows it, and all digits otherwise.
fn fix_adjacent(items: &mut [Item]) {
    let is_number = |item: &Item| matches!(item, Item::Field(field) if field.width().is_some() || field.letter == 'u');
    for at in 0..items.len().saturating_sub(1) {
        if is_number(&items[at]) && is_number(&items[at + 1]) {
            set_reserved(&mut items[at], |_| Reserved::Fixed);
        }
    }
}

fn set_reserved(item: &mut Item, change: impl FnOnce(Reserved) -> Reserved) {
    if let Item::Field(field) = item {
        field.reserved = change(field.reserved);
    }
}
