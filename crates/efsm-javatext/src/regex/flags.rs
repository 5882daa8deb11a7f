/// The match flags of `java.util.regex.Pattern` that can be given outside the pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
#[allow(clippy::struct_excessive_bools)] // Eight independent switches of Java's API.
pub struct Flags {
    /// `(?d)`: only `\n` ends a line.
    pub unix_lines: bool,
    /// `(?i)`: ASCII letters match in both cases, all letters together with `unicode_case`.
    pub case_insensitive: bool,
    /// `(?x)`: white space and `#` comments are ignored.
    pub comments: bool,
    /// `(?m)`: `^` and `$` match at line ends.
    pub multiline: bool,
    /// `(?s)`: `.` matches line terminators.
    pub dotall: bool,
    /// `(?u)`: case is ignored by Unicode's rules.
    pub unicode_case: bool,
    /// `(?U)`: `\w`, `\d`, `\s`, `\b` and the POSIX classes are Unicode's.
    pub unicode_character_class: bool,
    /// The pattern is plain text (`Pattern.LITERAL`).
    pub literal: bool,
}

impl Flags {
    /// The switch of an inline flag letter.
    pub(super) fn switch(&mut self, letter: char) -> Option<&mut bool> {
        Some(match letter {
            'd' => &mut self.unix_lines,
            'i' => &mut self.case_insensitive,
            'x' => &mut self.comments,
            'm' => &mut self.multiline,
            's' => &mut self.dotall,
            'u' => &mut self.unicode_case,
            'U' => &mut self.unicode_character_class,
            _ => return None,
        })
    }

    /// Whether case is ignored beyond ASCII.
    pub(super) fn folds_unicode(self) -> bool {
        self.case_insensitive && (self.unicode_case || self.unicode_character_class)
    }
}
