//! Response sequences: an extension for stubs that answer differently each time.
//!
//! ```json
//! {"request": {"url": "/job"}, "responses": [{"status": 202}, {"status": 200}], "repeat": "last"}
//! ```

use super::document::Place;
use super::response::ResponseDefinition;
use crate::error::DocumentError;

/// The responses after the first, and what follows the last.
#[derive(Clone, Debug)]
pub struct Sequence {
    pub responses: Vec<ResponseDefinition>,
    pub repeat: Repeat,
}

/// What a stub does when its responses are used up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Repeat {
    /// The last response is given again and again.
    #[default]
    Last,
    /// From the first again.
    Cycle,
    /// A random one each time, from the first request on.
    Random,
    /// The stub does not match any more.
    Never,
}

impl Repeat {
    const NAMES: [(&'static str, Self); 4] = [
        ("last", Self::Last),
        ("cycle", Self::Cycle),
        ("random", Self::Random),
        ("never", Self::Never),
    ];

    pub(super) fn parse(field: &Place<'_>) -> Result<Self, DocumentError> {
        let text = field.text()?;
        Self::NAMES
            .iter()
            .find(|(name, _)| *name == text)
            .map(|(_, repeat)| *repeat)
            .ok_or_else(|| {
                let names = Self::NAMES.map(|(name, _)| name).join(", ");
                field.error(format!("{text:?} is none of {names}"))
            })
    }
}

impl Sequence {
    pub(super) fn parse_responses(
        field: &Place<'_>,
    ) -> Result<Vec<ResponseDefinition>, DocumentError> {
        let items = field.array("java.util.ArrayList<http.ResponseDefinition>")?;
        if items.is_empty() {
            return Err(field.error("a sequence needs one response at least"));
        }
        items
            .iter()
            .enumerate()
            .map(|(index, value)| ResponseDefinition::parse(&field.item(index, value)))
            .collect()
    }

    /// Whether a stub that answered `turn` times has an answer left.
    pub fn has_turn(&self, turn: u64) -> bool {
        self.repeat != Repeat::Never || turn < self.responses.len() as u64
    }

    /// Which response the stub gives at its `turn`, counted from 0.
    pub fn pick(&self, turn: u64, below: impl FnOnce(u64) -> u64) -> usize {
        let count = self.responses.len() as u64;
        let index = match self.repeat {
            Repeat::Last | Repeat::Never => turn.min(count - 1),
            Repeat::Cycle => turn % count,
            Repeat::Random => below(count),
        };
        index as usize
    }
}
