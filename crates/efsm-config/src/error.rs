//! What is wrong with a configuration: one error a place, all of them in one value.

use std::fmt;

use miette::{Diagnostic, LabeledSpan, Severity, SourceCode, SourceSpan};

use crate::text::Origin;

/// One problem at one place.
///
/// `{}` is `key: message`, the heading of a report that draws the place itself; `{:#}` and `{:?}` are the
/// whole in one line: `file:line:column: key: message (help)`.
#[derive(Clone)]
pub struct ConfigError {
    origin: Origin,
    message: String,
    help: Option<String>,
    severity: Severity,
}

impl ConfigError {
    pub(crate) fn new(origin: Origin, message: impl Into<String>) -> Self {
        Self {
            origin,
            message: message.into(),
            help: None,
            severity: Severity::Error,
        }
    }

    /// What to try next.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    pub(crate) fn into_warning(mut self) -> Self {
        self.severity = Severity::Warning;
        self
    }

    /// Where.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// What happened, without its place.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What to try next.
    pub fn hint(&self) -> Option<&str> {
        self.help.as_deref()
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if f.alternate() {
            write!(f, "{}: ", self.origin)?;
        }
        if !self.origin.key().is_empty() {
            write!(f, "{}: ", self.origin.key())?;
        }
        f.write_str(&self.message)?;
        match &self.help {
            Some(help) if f.alternate() => write!(f, " ({help})"),
            _ => Ok(()),
        }
    }
}

impl fmt::Debug for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:#}")
    }
}

impl std::error::Error for ConfigError {}

impl Diagnostic for ConfigError {
    fn severity(&self) -> Option<Severity> {
        Some(self.severity)
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help
            .as_deref()
            .map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.is_shown().then_some(&*self.origin.source)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let span = SourceSpan::from(self.origin.span.clone());
        let label = LabeledSpan::new_primary_with_span(None, span);
        self.is_shown()
            .then(|| Box::new(std::iter::once(label)) as Box<dyn Iterator<Item = LabeledSpan>>)
    }
}

impl ConfigError {
    /// Whether there is a text in which the place can be shown.
    fn is_shown(&self) -> bool {
        !self.origin.source.text().is_empty()
    }
}

/// Everything that is wrong with a configuration, the configuration's own file first; never empty.
///
/// `{}` is one line for a heading, `{:#}` and `{:?}` are one line an error.
#[derive(Clone)]
pub struct ConfigErrors(Vec<ConfigError>);

impl ConfigErrors {
    /// Those of `errors`, or `Ok` when there are none.
    pub fn check(errors: Vec<ConfigError>) -> Result<(), Self> {
        if errors.is_empty() {
            Ok(())
        } else {
            Err(Self(errors))
        }
    }

    pub fn iter(&self) -> impl Iterator<Item = &ConfigError> {
        self.0.iter()
    }
}

impl From<ConfigError> for ConfigErrors {
    fn from(error: ConfigError) -> Self {
        Self(vec![error])
    }
}

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if f.alternate() {
            for (index, error) in self.0.iter().enumerate() {
                if index > 0 {
                    f.write_str("\n")?;
                }
                write!(f, "{error:#}")?;
            }
            return Ok(());
        }
        match &self.0[..] {
            [only] => write!(f, "{only}"),
            all => write!(f, "the configuration has {} errors", all.len()),
        }
    }
}

impl fmt::Debug for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:#}")
    }
}

impl std::error::Error for ConfigErrors {}

/// One error is reported as itself, several as related reports under one heading.
impl Diagnostic for ConfigErrors {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.only().and_then(Diagnostic::help)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.only().and_then(Diagnostic::source_code)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        self.only().and_then(Diagnostic::labels)
    }

    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn Diagnostic> + 'a>> {
        match self.only() {
            Some(_) => None,
            None => Some(Box::new(self.0.iter().map(|e| e as &dyn Diagnostic))),
        }
    }
}

impl ConfigErrors {
    fn only(&self) -> Option<&ConfigError> {
        match &self.0[..] {
            [only] => Some(only),
            _ => None,
        }
    }
}
