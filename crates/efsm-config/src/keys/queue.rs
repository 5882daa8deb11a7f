use serde_json::Value;

use super::Named;
use crate::format::table::keys;

keys! {
    /// Topics and their messages.
    pub(crate) struct QueueKeys "queue" {
        /// Topics: a list of names, or a map of names to messages (any JSON values, oldest first).
        topics "topics": Named<Vec<Value>>;
    }
}
