//! Path templates: `/things/{id}`.

/// A path with variables, each standing for one segment; `**` stands for the rest.
#[derive(Clone, Debug)]
pub struct PathTemplate {
    text: String,
}

impl PathTemplate {
    pub fn new(text: &str) -> Self {
        Self {
            text: text.to_owned(),
        }
    }

    pub fn as_str(&self) -> &str {
        &self.text
    }

    pub fn matches(&self, path: &str) -> bool {
        let mut given = path.trim_matches('/').split('/');
        for wanted in self.text.trim_matches('/').split('/') {
            if wanted == "**" {
                return true;
            }
            let Some(segment) = given.next() else {
                return false;
            };
            if !wanted.starts_with('{') && wanted != segment {
                return false;
            }
        }
        given.next().is_none()
    }
}
