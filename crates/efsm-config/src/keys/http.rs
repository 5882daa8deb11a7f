use super::PathOr;
use crate::format::At;
use crate::format::table::keys;
use crate::format::values::{HttpPath, Name, Object, Path, Period, Url};

keys! {
    /// An HTTP collection with state.
    pub(crate) struct ResourceKeys "resource" {
        /// Where it stands; `/` and its name when missing.
        path "path": HttpPath;
        /// What it begins with: a JSON or YAML file that holds a list of objects, or the list itself.
        seed "seed": PathOr<Vec<Object>>;
    }
}

keys! {
    /// A description of an API, served where no stub matches.
    pub(crate) struct SpecKeys "spec" {
        /// OpenAPI 3.0 or 3.1, Swagger 2.0, a Postman collection or a HAR recording, in JSON or YAML; or a GraphQL
        /// schema as SDL or as an introspection result.
        path "path": At<Path>, required;
        /// How the journal calls it; its title when missing.
        name "name": Name;
        /// Generated data instead of examples.
        dynamic "dynamic": bool = "false";
        /// What generated data follows from; the stack's own seed when missing.
        seed "seed": Name;
        /// Answers 500 where an answer breaks the description.
        errors "errors": bool = "false";
        /// Lets pages of any origin read the answers.
        cors "cors": bool = "true";
        /// Generates a body even where the description has an example.
        ignore_examples "ignore_examples": bool = "false";
        /// Checks requests.
        validate_request "validate_request": bool = "true";
        /// Collections and their items keep what is sent to them.
        stateful "stateful": bool = "false";
        /// Passes requests on to this URL, and checks both ways.
        upstream "upstream": Url;
        /// Answers also what is not described, instead of leaving it to the rest of the stack.
        fallback "fallback": bool = "false";
        /// How a GraphQL schema is served.
        graphql "graphql": GraphQlKeys;
    }
}

keys! {
    /// How a GraphQL schema is served.
    pub(crate) struct GraphQlKeys "graphql" {
        /// Where it is asked.
        mount "mount": HttpPath = "/graphql";
        /// What fields and types are instead of made up: `User.name: Ada`, `User: {name: Ada}`, `DateTime: ..`.
        overrides "overrides": Object;
        /// How many items a list has; two to four when missing.
        list_length "list_length": u64;
        /// Between two events that a subscription makes up; `0s` for none but those pushed.
        event_interval "event_interval": Period = "1s";
        /// After how many events a subscription ends; it goes on when missing.
        events "events": u64;
    }
}
