//! `java.util.Formatter`, which `String.format` uses.

use jiff::Zoned;

use super::{FormatError, Number};

mod clock;
mod show;

/// The widest field and the longest fraction; Java's own bound is the range of `int`.
const MAX_WIDTH: usize = 10_000;

/// An argument of [`string_format`].
#[derive(Debug, Clone, PartialEq)]
pub enum Argument {
    Null,
    Boolean(bool),
    Number(Number),
    Text(String),
    Date(Zoned),
}

impl std::fmt::Display for Argument {
    /// `String.valueOf`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Boolean(boolean) => boolean.fmt(f),
            Self::Number(number) => number.fmt(f),
            Self::Text(text) => f.write_str(text),
            Self::Date(date) => f.write_str(&date.strftime("%a %b %d %H:%M:%S %Z %Y").to_string()),
        }
    }
}

/// `java.lang.String.format` with `Locale.US`: `%s %S %d %,d %05d %x %o %c %b %h %e %f %g %a %t.. %n %%`,
/// with `1$` and `<` indices, the flags `- # + space 0 , (`, a width and a precision. `%n` is `\n`.
///
/// Two departures from Java: `%a` is refused, and `%e %f %g` and `%t` take whole numbers of any size, because
/// JSON does not tell `5` from `5.0`, nor an `int` from a `long`.
pub fn string_format(format: &str, arguments: &[Argument]) -> Result<String, FormatError> {
    let chars: Vec<char> = format.chars().collect();
    let mut out = String::new();
    let (mut at, mut ordinary, mut last) = (0, 0, None);
    while let Some(&c) = chars.get(at) {
        if c != '%' {
            out.push(c);
            at += 1;
            continue;
        }
        let (specifier, end) = Specifier::read(format, &chars, at)?;
        at = end;
        if matches!(specifier.conversion, 'n' | '%') {
            out.push_str(&specifier.fixed()?);
            continue;
        }
        let index = match specifier.index {
            Index::Ordinary => {
                ordinary += 1;
                Some(ordinary - 1)
            }
            Index::Previous => last,
            Index::Explicit(index) => index.checked_sub(1),
        };
        let argument = index.and_then(|index| arguments.get(index));
        let Some(argument) = argument else {
            return Err(specifier.misfit("a missing argument"));
        };
        last = index;
        out.push_str(&specifier.show(argument)?);
    }
    Ok(out)
}

#[derive(Clone, Copy)]
enum Index {
    Ordinary,
    Previous,
    Explicit(usize),
}

#[derive(Clone, Copy, Default)]
#[allow(clippy::struct_excessive_bools)] // The seven flags of Java's format specifiers.
struct Flags {
    left: bool,
    alternate: bool,
    plus: bool,
    space: bool,
    zero: bool,
    group: bool,
    parentheses: bool,
}

struct Specifier<'f> {
    format: &'f str,
    text: String,
    index: Index,
    flags: Flags,
    width: Option<usize>,
    precision: Option<usize>,
    conversion: char,
    upper: bool,
    /// The letter after `t`.
    clock: char,
}

impl<'f> Specifier<'f> {
    fn read(format: &'f str, chars: &[char], start: usize) -> Result<(Self, usize), FormatError> {
        let refuse = |end: usize, reason: &str| {
            let text = chars[start..end.min(chars.len())].iter().collect();
            Err(FormatError::Specifier {
                format: format.to_owned(),
                specifier: text,
                reason: reason.to_owned(),
            })
        };
        let number = |from: usize| -> (Option<usize>, usize) {
            let digits: String = chars[from..]
                .iter()
                .take_while(|c| c.is_ascii_digit())
                .collect();
            (digits.parse().ok(), from + digits.len())
        };
        let mut at = start + 1;
        let mut index = Index::Ordinary;
        if let (Some(explicit), end) = number(at)
            && chars.get(end) == Some(&'$')
            && chars[at] != '0'
        {
            index = Index::Explicit(explicit);
            at = end + 1;
        } else if chars.get(at) == Some(&'<') {
            index = Index::Previous;
            at += 1;
        }
        let mut flags = Flags::default();
        loop {
            let flag = match chars.get(at) {
                Some('-') => &mut flags.left,
                Some('#') => &mut flags.alternate,
                Some('+') => &mut flags.plus,
                Some(' ') => &mut flags.space,
                Some('0') => &mut flags.zero,
                Some(',') => &mut flags.group,
                Some('(') => &mut flags.parentheses,
                _ => break,
            };
            if std::mem::replace(flag, true) {
                return refuse(at + 1, "a flag is given twice");
            }
            at += 1;
        }
        let (width, end) = number(at);
        at = end;
        let mut precision = None;
        if chars.get(at) == Some(&'.') {
            let (digits, end) = number(at + 1);
            if digits.is_none() {
                return refuse(end + 1, "a number must follow the point");
            }
            (precision, at) = (digits, end);
        }
        let Some(&letter) = chars.get(at) else {
            return refuse(at, "it is cut off");
        };
        at += 1;
        let mut clock = ' ';
        if matches!(letter, 't' | 'T') {
            let Some(&suffix) = chars.get(at) else {
                return refuse(at, "a letter must follow `%t`");
            };
            clock = suffix;
            at += 1;
        }
        if width.max(precision).is_some_and(|size| size > MAX_WIDTH) {
            return refuse(at, "the width or precision is above 10000");
        }
        let upper = matches!(letter, 'B' | 'H' | 'S' | 'C' | 'X' | 'E' | 'G' | 'A' | 'T');
        let conversion = if upper {
            letter.to_ascii_lowercase()
        } else {
            letter
        };
        if !matches!(
            conversion,
            'b' | 'h' | 's' | 'c' | 'd' | 'o' | 'x' | 'e' | 'f' | 'g' | 'a' | 't' | 'n' | '%'
        ) {
            return refuse(at, "the conversion is unknown");
        }
        let text = chars[start..at].iter().collect();
        let specifier = Self {
            format,
            text,
            index,
            flags,
            width,
            precision,
            conversion,
            upper,
            clock,
        };
        specifier.check()?;
        Ok((specifier, at))
    }

    fn refuse<T>(&self, reason: &str) -> Result<T, FormatError> {
        Err(FormatError::Specifier {
            format: self.format.to_owned(),
            specifier: self.text.clone(),
            reason: reason.to_owned(),
        })
    }

    fn misfit(&self, argument: &str) -> FormatError {
        FormatError::Argument {
            format: self.format.to_owned(),
            specifier: self.text.clone(),
            argument: argument.to_owned(),
        }
    }

    fn check(&self) -> Result<(), FormatError> {
        let flags = &self.flags;
        if (flags.left || flags.zero) && self.width.is_none() && self.conversion != 'n' {
            return self.refuse("the flags `-` and `0` need a width");
        }
        if (flags.left && flags.zero) || (flags.plus && flags.space) {
            return self.refuse("`-` with `0`, and `+` with a space, contradict each other");
        }
        let signs = flags.plus || flags.space || flags.parentheses;
        let numeric = signs || flags.zero || flags.group;
        match self.conversion {
            'b' | 'c' | 't' if numeric || flags.alternate => {
                self.refuse("the flags do not fit the conversion")
            }
            'h' | 's' if numeric => self.refuse("the flags do not fit the conversion"),
            's' if flags.alternate => self.refuse("`#` is for arguments that format themselves"),
            'h' if flags.alternate => self.refuse("`#` does not fit `h`"),
            'c' | 't' | 'd' | 'o' | 'x' if self.precision.is_some() => {
                self.refuse("the conversion takes no precision")
            }
            'd' if flags.alternate => self.refuse("`#` does not fit `d`"),
            'o' | 'x' if flags.group || signs => self.refuse("the flags do not fit the conversion"),
            'e' if flags.group => self.refuse("`,` does not fit `e`"),
            'g' if flags.alternate => self.refuse("`#` does not fit `g`"),
            'a' if flags.group || flags.parentheses => self.refuse("the flags do not fit `a`"),
            'n' if self.width.is_some() => self.refuse("`%n` takes no width"),
            'n' | '%' if matches!(self.index, Index::Previous) => {
                self.refuse("it takes no argument")
            }
            'n' if numeric || flags.alternate || flags.left => self.refuse("`%n` takes no flags"),
            '%' if numeric || flags.alternate => self.refuse("`%%` takes no such flag"),
            'n' | '%' if self.precision.is_some() => self.refuse("it takes no precision"),
            _ => Ok(()),
        }
    }

    fn fixed(&self) -> Result<String, FormatError> {
        match self.conversion {
            'n' => Ok("\n".to_owned()),
            _ if self.flags.left && self.width.is_none() => {
                self.refuse("the flag `-` needs a width")
            }
            _ => Ok(self.padded("%".to_owned())),
        }
    }

    fn padded(&self, text: String) -> String {
        let missing = self
            .width
            .unwrap_or(0)
            .saturating_sub(text.encode_utf16().count());
        let spaces = " ".repeat(missing);
        if self.flags.left {
            text + &spaces
        } else {
            spaces + &text
        }
    }
}
