//! What a valid document would cost: depth, fields and aliases, with fragments put in where they are spread.

use std::collections::HashMap;

use crate::error::GraphQlError;
use crate::syntax::ast::Selection;

use super::Validator;

/// How far fields and fragments may lead into each other: what walks them calls itself.
const DEEPEST_WALK: usize = 400;

#[derive(Clone, Copy, Default)]
struct Cost {
    depth: usize,
    fields: usize,
    aliases: usize,
}

impl Cost {
    fn beside(self, other: Self) -> Self {
        Self {
            depth: self.depth.max(other.depth),
            fields: self.fields.saturating_add(other.fields),
            aliases: self.aliases.saturating_add(other.aliases),
        }
    }
}

impl<'d> Validator<'d> {
    /// Called for documents without cycles alone; the answer is whether every operation is within bounds.
    pub(super) fn cost(&mut self) -> bool {
        let errors = self.errors.len();
        let mut known = HashMap::new();
        for operation in &self.document.operations {
            let cost = self.cost_of(&operation.selections, DEEPEST_WALK, &mut known);
            let limits = self.limits;
            let bounds = [
                (
                    "depth",
                    cost.depth,
                    limits.depth,
                    "QUERY_TOO_DEEP",
                    "ask for less at once",
                ),
                (
                    "number of fields",
                    cost.fields,
                    limits.fields,
                    "QUERY_TOO_COMPLEX",
                    "ask for less at once",
                ),
                (
                    "number of aliases",
                    cost.aliases,
                    limits.aliases,
                    "TOO_MANY_ALIASES",
                    "send several queries",
                ),
            ];
            for (what, found, most, code, hint) in bounds {
                if found > most {
                    self.push(
                        GraphQlError::new(format!(
                            "The operation's {what} is more than {most}, which is the most allowed: {hint}, or raise the limit."
                        ))
                        .at(operation.at)
                        .with_code(code),
                    );
                }
            }
        }
        self.errors.len() == errors
    }

    fn cost_of(
        &self,
        selections: &'d [Selection],
        levels: usize,
        known: &mut HashMap<&'d str, Cost>,
    ) -> Cost {
        let Some(levels) = levels.checked_sub(1) else {
            return Cost {
                depth: usize::MAX / 2,
                ..Cost::default()
            };
        };
        let costs = selections.iter().map(|selection| match selection {
            Selection::Field(field) => {
                let inner = self.cost_of(&field.selections, levels, known);
                Cost {
                    depth: inner.depth + 1,
                    fields: inner.fields.saturating_add(1),
                    aliases: inner
                        .aliases
                        .saturating_add(usize::from(field.alias.is_some())),
                }
            }
            Selection::Inline(inline) => self.cost_of(&inline.selections, levels, known),
            Selection::Spread(spread) => {
                let name = &*spread.fragment.name;
                if let Some(cost) = known.get(name) {
                    return *cost;
                }
                let fragment = self.fragments.get(name);
                let cost = fragment.map_or_else(Cost::default, |fragment| {
                    self.cost_of(&fragment.selections, levels, known)
                });
                known.insert(name, cost);
                cost
            }
        });
        costs
            .collect::<Vec<_>>()
            .into_iter()
            .fold(Cost::default(), Cost::beside)
    }
}
