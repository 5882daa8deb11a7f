use std::collections::BTreeMap;

use serde_json::Value;

use crate::config::ServiceName;
use crate::format::table::keys;
use crate::format::values::{Fraction, Name, StatusCode};

keys! {
    /// A rule that breaks a stack on purpose.
    pub(crate) struct FaultKeys "fault" {
        /// The rule's id; given by the stack when missing.
        id "id": Name;
        /// The service; every service when missing.
        service "service": ServiceName;
        /// Names and patterns that must all fit, such as `path: /orders/*`. `*` stands for any text; case is ignored.
        matches "match": BTreeMap<Name, String>;
        /// What happens.
        effect "effect": EffectKeys, required;
        /// How often the rule is applied; always when missing.
        times "times": u64;
        /// How likely it is applied.
        probability "probability": Fraction = "1";
    }
}

keys! {
    /// What a fault rule does. `delay_ms` may stand beside each of the others, which exclude each other (`status` and
    /// `body` belong together).
    pub(crate) struct EffectKeys "effect" {
        /// Milliseconds to wait on the stack's clock first.
        delay_ms "delay_ms": u64;
        /// The status to answer with instead of the service.
        status "status": StatusCode;
        /// The body of that answer, or the message of the service's own error: text, or JSON for all else.
        body "body": Value;
        /// Resets the connection without an answer.
        reset "reset": bool = "false";
        /// Closes the connection without an answer.
        drop "drop": bool = "false";
        /// Closes the connection after this many bytes of the answer's body.
        truncate "truncate": u64;
    }
}
