//! Where in the data a value is made, and what may still be spent there.

use crate::random::Random;

/// A place in the data: the chain of names and indexes that leads to it.
pub(super) struct Place<'p> {
    parent: Option<&'p Place<'p>>,
    step: Step<'p>,
    pub(super) depth: usize,
    pub(super) random: Random,
    /// The schema that is being filled here, by address, for counting recursions. 0 while it is not known.
    pub(super) schema: usize,
}

#[derive(Clone, Copy)]
enum Step<'p> {
    Root,
    Name(&'p str),
    Index(usize),
}

impl<'p> Place<'p> {
    pub(super) fn root(random: Random) -> Self {
        Self {
            parent: None,
            step: Step::Root,
            depth: 0,
            random,
            schema: 0,
        }
    }

    pub(super) fn property(&'p self, name: &'p str) -> Self {
        Self {
            parent: Some(self),
            step: Step::Name(name),
            depth: self.depth + 1,
            random: self.random.child(name),
            schema: 0,
        }
    }

    pub(super) fn item(&'p self, index: usize) -> Self {
        Self {
            parent: Some(self),
            step: Step::Index(index),
            depth: self.depth + 1,
            random: self.random.nth(index as u64),
            schema: 0,
        }
    }

    /// The same place with another draw.
    pub(super) fn again(&self, turn: u64) -> Self {
        Self {
            parent: self.parent,
            step: self.step,
            depth: self.depth,
            random: if turn == 0 {
                self.random.clone()
            } else {
                self.random.nth(turn).child("again")
            },
            schema: self.schema,
        }
    }

    /// The same place while that schema is filled.
    pub(super) fn filling(&self, schema: usize) -> Self {
        Self {
            schema,
            ..self.again(0)
        }
    }

    /// How often the schema is being filled further up.
    pub(super) fn turns(&self, schema: usize) -> usize {
        let mut above = self.parent;
        let mut turns = 0;
        while let Some(place) = above {
            turns += usize::from(place.schema == schema);
            above = place.parent;
        }
        turns
    }

    /// The name of the nearest property: items are called as their list is.
    pub(super) fn name(&self) -> &str {
        match self.step {
            Step::Name(name) => name,
            Step::Index(_) => self.parent.map_or("", Place::name),
            Step::Root => "",
        }
    }

    /// The JSON Pointer.
    pub(super) fn pointer(&self) -> String {
        let mut pointer = self.parent.map_or_else(String::new, Place::pointer);
        match self.step {
            Step::Root => {}
            Step::Name(name) => {
                pointer.push('/');
                pointer.push_str(&name.replace('~', "~0").replace('/', "~1"));
            }
            Step::Index(index) => {
                pointer.push('/');
                pointer.push_str(&index.to_string());
            }
        }
        pointer
    }
}
