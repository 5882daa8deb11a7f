//! `query_database`: SQL.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use efsm_database::{Args, DatabaseService, RowSet, Value as Cell};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{Call, Effect, Tool, blocking, input, output};
use crate::reply::{Failure, Reply};

pub(super) const TOOL: Tool = Tool {
    name: "query_database",
    title: "Run SQL",
    description: "Runs one SQL statement (SQLite's dialect) and returns its rows as objects. Parameters go in `params`: a list \
                  for `?`, an object for `:name`.",
    effect: Effect::Changes,
    is_open_world: false,
    input: input::<Arguments>,
    output: output::<Told>,
    call: |call| Box::pin(run(call)),
};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Arguments {
    /// The stack's name.
    stack: String,
    sql: String,
    /// A list or an object.
    #[serde(default)]
    #[schemars(schema_with = "params")]
    params: Value,
    /// Another database of the stack than its main one.
    database: Option<String>,
}

fn params(generator: &mut SchemaGenerator) -> Schema {
    json_schema!({ "anyOf": [
        super::any_json_list(generator),
        { "type": "object", "additionalProperties": true },
    ] })
}

#[derive(Serialize, JsonSchema)]
struct Told {
    columns: Vec<String>,
    /// Blobs are {"base64": ".."}, integers beyond 2^53 are text.
    rows: Vec<Map<String, Value>>,
    row_count: usize,
    /// Rows that the statement changed.
    changes: u64,
}

async fn run(call: Call) -> Result<Reply, Failure> {
    let arguments: Arguments = call.arguments()?;
    let place = call.stacks.find(&arguments.stack)?;
    let database: std::sync::Arc<DatabaseService> = place.service("database")?;
    let args = args_of(arguments.params)?;
    let rows = blocking(move || {
        let name = arguments.database.as_deref().unwrap_or("main");
        let failed = |error: efsm_database::Error| {
            Failure::new(
                error.to_string(),
                "the resource efsm://STACK/tables shows the tables and their columns",
            )
        };
        let database = database.database(name).map_err(failed)?;
        database.execute(&arguments.sql, args).map_err(failed)
    })
    .await?;
    let told = told(&rows);
    let summary = match told.row_count {
        0 => format!("{} rows changed", told.changes),
        count => format!("{count} rows: {}", told.columns.join(", ")),
    };
    Ok(Reply::new(summary, &told))
}

fn told(set: &RowSet) -> Told {
    let columns: Vec<String> = set.columns.iter().map(|c| c.name.clone()).collect();
    let rows: Vec<Map<String, Value>> = set
        .rows
        .iter()
        .map(|row| {
            let values = row.iter().map(cell);
            columns.iter().cloned().zip(values).collect()
        })
        .collect();
    Told {
        row_count: rows.len(),
        rows,
        columns,
        changes: set.outcome.changes,
    }
}

/// The largest integer that every reader of JSON has whole.
const SAFE: u64 = 1 << 53;

fn cell(value: &Cell) -> Value {
    match value {
        Cell::Null => Value::Null,
        Cell::Integer(n) if n.unsigned_abs() > SAFE => n.to_string().into(),
        Cell::Integer(n) => (*n).into(),
        Cell::Real(x) => json!(x),
        Cell::Text(text) => text.clone().into(),
        Cell::Blob(bytes) => json!({"base64": STANDARD.encode(bytes)}),
    }
}

fn args_of(params: Value) -> Result<Args, Failure> {
    match params {
        Value::Null => Ok(Args::NONE),
        Value::Array(items) => Ok(Args::positional(
            items
                .into_iter()
                .map(bound)
                .collect::<Result<Vec<_>, _>>()?,
        )),
        Value::Object(map) => Ok(Args::named(
            map.into_iter()
                .map(|(name, value)| Ok((name, bound(value)?)))
                .collect::<Result<Vec<_>, Failure>>()?,
        )),
        _ => Err(Failure::new(
            "`params` is neither a list nor an object",
            "give a list for `?`, an object for `:name`",
        )),
    }
}

fn bound(value: Value) -> Result<Cell, Failure> {
    Ok(match value {
        Value::Null => Cell::Null,
        Value::Bool(is_true) => Cell::Integer(i64::from(is_true)),
        Value::String(text) => Cell::Text(text),
        Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(n), _) => Cell::Integer(n),
            (None, Some(x)) => Cell::Real(x),
            (None, None) => Cell::Text(number.to_string()),
        },
        Value::Object(map) => {
            let text = map.get("base64").and_then(Value::as_str);
            let bytes = text.and_then(|text| STANDARD.decode(text).ok());
            Cell::Blob(bytes.ok_or_else(|| {
                Failure::new(
                    "a parameter is an object",
                    "bytes are written {\"base64\": \"..\"}; store other objects as JSON text",
                )
            })?)
        }
        Value::Array(_) => {
            return Err(Failure::new(
                "a parameter is a list",
                "store it as JSON text",
            ));
        }
    })
}
