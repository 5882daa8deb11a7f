//! `use_storage`: objects.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use efsm::StorageService;
use efsm_storage::{ListQuery, PutOptions, StorageError};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Call, Effect, Tool, input, on_a_thread, output};
use crate::reply::{Failure, Reply};

pub(super) const TOOL: Tool = Tool {
    name: "use_storage",
    title: "List, put and get objects",
    description: "Lists buckets or the keys of a bucket, stores an object (its bucket is made), or reads one: text as text, \
                  anything else as base64.",
    effect: Effect::Changes,
    is_open_world: false,
    input: input::<Arguments>,
    output: output::<Told>,
    call: |call| on_a_thread(call, run),
};

const PAGE: usize = 1000;
const LONGEST_PAGE: usize = 10_000;
/// The longest object that is put into a result.
const LONGEST: u64 = 8 << 20;

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Action {
    List,
    Put,
    Get,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Arguments {
    /// The stack's name.
    stack: String,
    action: Action,
    bucket: Option<String>,
    key: Option<String>,
    /// For `list`: keys that begin with it.
    prefix: Option<String>,
    /// For `list`: keys that sort after this one, such as `next` of the page before.
    after: Option<String>,
    /// For `list`: how many keys; 1000 when missing.
    limit: Option<usize>,
    /// For `put`: the content as text.
    text: Option<String>,
    /// For `put`: the content as base64, in the place of `text`.
    base64: Option<String>,
    content_type: Option<String>,
}

#[derive(Default, Serialize, JsonSchema)]
struct Told {
    #[serde(skip_serializing_if = "Option::is_none")]
    buckets: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    keys: Option<Vec<String>>,
    /// There are more keys: call again with it as `after`.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    base64: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    size_bytes: Option<u64>,
}

fn run(call: &Call) -> Result<Reply, Failure> {
    let arguments: Arguments = call.arguments()?;
    let place = call.stacks.find(&arguments.stack)?;
    let storage: std::sync::Arc<StorageService> = place.service("storage")?;
    match arguments.action {
        Action::List => list(&storage, &arguments),
        Action::Put => put(&storage, &arguments),
        Action::Get => get(&storage, &arguments, &place.stack.url()),
    }
}

fn refused(error: &StorageError) -> Failure {
    Failure::new(error.to_string(), "action `list` shows what is there")
}

fn named<'a>(value: Option<&'a String>, what: &str) -> Result<&'a str, Failure> {
    value.map(String::as_str).ok_or_else(|| {
        Failure::new(
            format!("no `{what}` is named"),
            "name one; action `list` shows what is there",
        )
    })
}

fn list(storage: &StorageService, arguments: &Arguments) -> Result<Reply, Failure> {
    let Some(bucket) = &arguments.bucket else {
        let buckets = storage.list_buckets();
        let buckets: Vec<String> = buckets.iter().map(|b| b.name.as_str().to_owned()).collect();
        let summary = format!("buckets: {}", buckets.join(", "));
        return Ok(Reply::new(
            summary,
            &Told {
                buckets: Some(buckets),
                ..Told::default()
            },
        ));
    };
    let query = ListQuery {
        prefix: arguments.prefix.clone().unwrap_or_default(),
        after: arguments.after.clone(),
        limit: Some(arguments.limit.unwrap_or(PAGE).clamp(1, LONGEST_PAGE)),
        ..ListQuery::default()
    };
    let listing = storage
        .list_objects(bucket, &query)
        .map_err(|e| refused(&e))?;
    let keys: Vec<String> = listing
        .objects
        .iter()
        .map(|(key, _)| key.as_str().to_owned())
        .collect();
    let more = if listing.next.is_some() {
        ", and there are more after `next`"
    } else {
        ""
    };
    let summary = format!("{} objects in {bucket}{more}", keys.len());
    Ok(Reply::new(
        summary,
        &Told {
            keys: Some(keys),
            next: listing.next,
            ..Told::default()
        },
    ))
}

fn put(storage: &StorageService, arguments: &Arguments) -> Result<Reply, Failure> {
    let (bucket, key) = (
        named(arguments.bucket.as_ref(), "bucket")?,
        named(arguments.key.as_ref(), "key")?,
    );
    let body = match (&arguments.text, &arguments.base64) {
        (Some(text), None) => text.clone().into_bytes(),
        (None, Some(encoded)) => STANDARD.decode(encoded).map_err(|e| {
            Failure::new(format!("`base64` cannot be decoded: {e}"), "send it again")
        })?,
        _ => {
            return Err(Failure::new(
                "the content is not clear",
                "give either `text` or `base64`",
            ));
        }
    };
    let options = arguments
        .content_type
        .clone()
        .map_or_else(PutOptions::default, PutOptions::content_type);
    let object = storage
        .put_object(bucket, key, body, options)
        .map_err(|e| refused(&e))?;
    let size = object.size();
    let told = Told {
        size_bytes: Some(size),
        ..Told::default()
    };
    Ok(Reply::new(
        format!("{bucket}/{key} holds {size} bytes"),
        &told,
    ))
}

fn get(storage: &StorageService, arguments: &Arguments, url: &str) -> Result<Reply, Failure> {
    let (bucket, key) = (
        named(arguments.bucket.as_ref(), "bucket")?,
        named(arguments.key.as_ref(), "key")?,
    );
    let object = storage.get_object(bucket, key).map_err(|e| refused(&e))?;
    if object.size() > LONGEST {
        return Err(Failure::new(
            format!(
                "{bucket}/{key} has {} bytes, too many for a result",
                object.size()
            ),
            format!("read it over HTTP, where Range works: GET {url}/storage/{bucket}/{key}"),
        ));
    }
    let bytes = object.body().to_bytes();
    let mut told = Told {
        content_type: object.metadata().content_type.clone(),
        size_bytes: Some(object.size()),
        ..Told::default()
    };
    match String::from_utf8(bytes.to_vec()) {
        Ok(text) => told.text = Some(text),
        Err(_) => told.base64 = Some(STANDARD.encode(&bytes)),
    }
    Ok(Reply::new(
        format!("{bucket}/{key}: {} bytes", object.size()),
        &told,
    ))
}
