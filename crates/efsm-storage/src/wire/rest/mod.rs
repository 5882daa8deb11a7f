//! Plain REST: `/storage/`, `/storage/{bucket}`, `/storage/{bucket}/{key...}`.

mod bucket;
mod conditions;
mod headers;
mod object;
mod parts;
mod refusal;

use std::borrow::Cow;

use efsm_core::{Request, Response};
use efsm_wire::{BadInput, decode, method_not_allowed};
use http::Method;

use super::fault;
use crate::engine::{BucketName, Key};
use crate::operations::Operations;

/// What a path names.
enum Target {
    Service,
    Bucket(BucketName),
    Object(BucketName, Key),
}

pub(super) async fn answer(operations: &Operations, mut request: Request) -> Response {
    let mut response = match Target::of(request.path()) {
        Ok(target) => with_faults(operations, &target, &mut request).await,
        Err(refused) => refused,
    };
    if request.head.method == Method::HEAD {
        response = headers::without_body(response);
    }
    response
}

async fn with_faults(operations: &Operations, target: &Target, request: &mut Request) -> Response {
    let context = operations.context();
    let Some(fault) = fault::draw(context, |name| target.look_up(request, name)) else {
        return dispatch(operations, target, request).await;
    };
    efsm_wire::fault::apply(&fault, context, dispatch(operations, target, request)).await
}

async fn dispatch(operations: &Operations, target: &Target, request: &mut Request) -> Response {
    let method = request.head.method.clone();
    match (target, method.as_str()) {
        (Target::Service, "GET" | "HEAD") => bucket::list_all(operations),
        (Target::Bucket(bucket), "GET" | "HEAD") => {
            bucket::list(operations, bucket, request.query())
        }
        (Target::Bucket(bucket), "PUT") => {
            bucket::create(operations, bucket, &mut request.body).await
        }
        (Target::Bucket(bucket), "DELETE") => bucket::delete(operations, bucket),
        (Target::Object(bucket, key), "GET" | "HEAD") => {
            object::get(operations, bucket, key, &request.head).await
        }
        (Target::Object(bucket, key), "PUT") => object::put(operations, bucket, key, request).await,
        (Target::Object(bucket, key), "DELETE") => {
            object::delete(operations, bucket, key, &request.head).await
        }
        (target, _) => method_not_allowed(&method, target.methods()),
    }
}

impl Target {
    /// The key is all that follows the bucket's slash, decoded whole: `a%2Fb`, `a/b`, `//` and `..` are keys
    /// like any other. A bucket with a slash behind it and nothing more is the bucket.
    fn of(path: &str) -> Result<Self, Response> {
        let path = path.strip_prefix('/').unwrap_or(path);
        if path.is_empty() {
            return Ok(Self::Service);
        }
        let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
        let text = |raw| decode(raw).map_err(|bad: BadInput| Response::from(bad));
        let bucket = BucketName::new(&text(bucket)?).map_err(|e| refusal::of(&e))?;
        if key.is_empty() {
            return Ok(Self::Bucket(bucket));
        }
        let key = Key::new(&text(key)?).map_err(|e| refusal::of(&e))?;
        Ok(Self::Object(bucket, key))
    }

    /// What a fault rule may ask of an operation, by name.
    fn look_up<'r>(&'r self, request: &'r Request, name: &str) -> Option<Cow<'r, str>> {
        Some(match (name, self) {
            ("operation", _) => self.operation(request.method())?.into(),
            ("bucket", Self::Bucket(bucket) | Self::Object(bucket, _)) => bucket.as_str().into(),
            ("key", Self::Object(_, key)) => key.as_str().into(),
            ("method", _) => request.method().as_str().into(),
            ("path", _) => request.head.uri.path().into(),
            ("query", _) => request.query()?.into(),
            ("host", _) => request.authority().into(),
            _ => return None,
        })
    }

    fn methods(&self) -> &'static str {
        match self {
            Self::Service => "GET, HEAD",
            Self::Bucket(_) | Self::Object(..) => "GET, HEAD, PUT, DELETE",
        }
    }

    /// The operation as the journal and fault rules name it.
    fn operation(&self, method: &Method) -> Option<&'static str> {
        Some(match (self, method.as_str()) {
            (Self::Service, "GET" | "HEAD") => "list-buckets",
            (Self::Bucket(_), "GET" | "HEAD") => "list-objects",
            (Self::Bucket(_), "PUT") => "create-bucket",
            (Self::Bucket(_), "DELETE") => "delete-bucket",
            (Self::Object(..), "GET") => "get-object",
            (Self::Object(..), "HEAD") => "head-object",
            (Self::Object(..), "PUT") => "put-object",
            (Self::Object(..), "DELETE") => "delete-object",
            _ => return None,
        })
    }
}
