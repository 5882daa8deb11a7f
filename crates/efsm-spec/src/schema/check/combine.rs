//! Keywords for values of every type: constants, and schemas put together.

use serde_json::Value;

use super::scalars::given;
use super::{Checker, Part, Seen};
use crate::document::is_nullable;
use crate::schema::{unique, words};

impl<'a> Checker<'a> {
    pub(super) fn combined(
        &mut self,
        parts: &[&'a Part],
        value: &mut Value,
        mut seen: Option<&mut Seen>,
    ) {
        for constant in given(parts, "const") {
            if !unique::equal(constant, value) {
                self.fail("const", "must be equal to constant");
            }
        }
        for allowed in given(parts, "enum").filter_map(Value::as_array) {
            if !allowed.iter().any(|one| unique::equal(one, value)) {
                self.fail("enum", words::not_in_enum(allowed));
            }
        }
        for forbidden in given(parts, "not") {
            if self.fits(forbidden, value, None) {
                self.fail("not", "must NOT be valid");
            }
        }
        for members in given(parts, "anyOf").filter_map(Value::as_array) {
            self.any_of(members, value, seen.as_deref_mut());
        }
        for members in given(parts, "oneOf").filter_map(Value::as_array) {
            self.one_of(members, value, seen.as_deref_mut());
        }
        if !self.merges() {
            for members in given(parts, "allOf").filter_map(Value::as_array) {
                for member in members {
                    self.all(&[member], value, seen.as_deref_mut());
                }
            }
        }
        for part in parts {
            if let Some(condition) = part.get("if") {
                self.conditional(part, condition, value, seen.as_deref_mut());
            }
        }
    }

    fn any_of(&mut self, members: &'a [Value], value: &mut Value, mut seen: Option<&mut Seen>) {
        let before = self.failures.len();
        let mut fits = members.is_empty();
        // Where the description says `nullable`, nobody is told that null would fit.
        let (members, is_silent) = match members {
            [one, null] if is_nullable(null) && !value.is_null() => {
                (std::slice::from_ref(one), true)
            }
            members => (members, false),
        };
        for member in members {
            let mut of_member = seen.is_some().then(Seen::default);
            let start = self.failures.len();
            if self.all(&[member], value, of_member.as_mut()) {
                fits = true;
                if let (Some(seen), Some(own)) = (seen.as_deref_mut(), of_member) {
                    seen.add(own);
                } else {
                    break;
                }
            } else if fits {
                self.failures.truncate(start);
            }
        }
        if fits {
            self.failures.truncate(before);
        } else if !is_silent {
            self.fail("anyOf", "must match a schema in anyOf");
        }
    }

    fn one_of(&mut self, members: &'a [Value], value: &mut Value, seen: Option<&mut Seen>) {
        let before = self.failures.len();
        let mut fitting = 0;
        let mut of_fitting = Seen::default();
        for member in members {
            let mut own = seen.is_some().then(Seen::default);
            if self.all(&[member], value, own.as_mut()) {
                fitting += 1;
                of_fitting = own.unwrap_or_default();
                if fitting > 1 {
                    break;
                }
            }
        }
        if fitting == 1 || members.is_empty() {
            self.failures.truncate(before);
            if let Some(seen) = seen {
                seen.add(of_fitting);
            }
        } else {
            self.fail("oneOf", "must match exactly one schema in oneOf");
        }
    }

    fn conditional(
        &mut self,
        part: &'a Part,
        condition: &'a Value,
        value: &mut Value,
        mut seen: Option<&mut Seen>,
    ) {
        let mut own = seen.is_some().then(Seen::default);
        let holds = self.fits(condition, value, own.as_mut());
        if holds && let (Some(seen), Some(own)) = (seen.as_deref_mut(), own) {
            seen.add(own);
        }
        let branch = if holds { "then" } else { "else" };
        if let Some(schema) = part.get(branch)
            && !self.all(&[schema], value, seen)
        {
            self.fail("if", format!("must match \"{branch}\" schema"));
        }
    }
}
