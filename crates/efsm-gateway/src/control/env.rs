//! `env`: the variables that clients of this stack need.

use efsm_core::{BoxFuture, Response};
use http::StatusCode;
use serde_json::{Map, Value};

use super::{Call, Operation, ok};

pub(super) const OPERATIONS: &[Operation] = &[Operation {
    method: "GET",
    path: "/env",
    summary: "Every variable that a client needs",
    query: &[(
        "format",
        "json (default), sh, dotenv, or github for $GITHUB_ENV",
    )],
    body: None,
    status: 200,
    answer: r#"{"EFSM_URL":"http://127.0.0.1:8888"}"#,
    handler: env,
}];

fn env(call: Call) -> BoxFuture<'static, Response> {
    Box::pin(async move {
        let variables = call.stack.env();
        let format = call.query("format").unwrap_or("json".into()).into_owned();
        match Format::parse(&format) {
            Some(Format::Json) => {
                let object: Map<String, Value> = variables
                    .into_iter()
                    .map(|(name, value)| (name, value.into()))
                    .collect();
                ok(&object.into())
            }
            Some(format) => efsm_wire::text(StatusCode::OK, format.write(&variables)),
            None => efsm_wire::error_with_hint(
                StatusCode::BAD_REQUEST,
                format!("no format `{format}`"),
                "use json, sh, dotenv or github",
            ),
        }
    })
}

/// How variables are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Json,
    Sh,
    Dotenv,
    Github,
}

impl Format {
    fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "json" => Self::Json,
            "sh" | "shell" => Self::Sh,
            "dotenv" => Self::Dotenv,
            "github" => Self::Github,
            _ => return None,
        })
    }

    fn write(self, variables: &[(String, String)]) -> String {
        variables
            .iter()
            .map(|(name, value)| match self {
                Self::Sh => format!("export {name}='{}'\n", value.replace('\'', r"'\''")),
                Self::Dotenv => format!(
                    "{name}=\"{}\"\n",
                    value
                        .replace('\\', r"\\")
                        .replace('"', "\\\"")
                        .replace('\n', r"\n")
                ),
                Self::Json | Self::Github => format!("{name}={value}\n"),
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_survive_each_formats_quoting() {
        let variables = [("A".to_owned(), "it's \"x\"".to_owned())];
        assert_eq!(Format::Sh.write(&variables), "export A='it'\\''s \"x\"'\n");
        assert_eq!(Format::Dotenv.write(&variables), "A=\"it's \\\"x\\\"\"\n");
        assert_eq!(Format::Github.write(&variables), "A=it's \"x\"\n");
    }
}
