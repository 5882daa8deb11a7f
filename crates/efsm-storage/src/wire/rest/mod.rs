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
use http::header::EXPECT;

use super::{drain, fault};
use crate::engine::{BucketName, Key};
use crate::operations::Operations;

/// What a path names.
enum Target {
    Service,
    Bucket(BucketName),
    Object(BucketName, Key),
}

pub(super) async fn answer(operations: &Operations, mut request: Request) -> Response {
    let target = match Target::of(request.path()) {
        Ok(target) => target,
        Err(refused) => {
            drain::rest(&mut request.body, operations.context().limits()).await;
            return refused;
        }
    };
    // The names under which fault rules know this operation, taken before the request is.
    let head = request.head.clone();
    let authority = request.authority();
    let operation = target.operation(&head.method);
    let named = |name: &str| -> Option<Cow<'_, str>> {
        Some(match name {
            "operation" => operation?.into(),
            "bucket" => target.bucket()?.as_str().into(),
            "key" => target.key()?.as_str().into(),
            "method" => head.method.as_str().into(),
            "path" => head.uri.path().into(),
            "query" => head.uri.query()?.into(),
            "host" => authority.as_str().into(),
            _ => return None,
        })
    };
    let answer = dispatch(operations, &target, request);
    fault::around(operations.context(), named, answer).await
}

async fn dispatch(operations: &Operations, target: &Target, mut request: Request) -> Response {
    let method = request.head.method.clone();
    let response = match (target, method.as_str()) {
        (Target::Service, "GET" | "HEAD") => bucket::list_all(operations),
        (Target::Bucket(bucket), "GET" | "HEAD") => bucket::list(operations, bucket, &request),
        (Target::Bucket(bucket), "PUT") => bucket::create(operations, bucket, &mut request).await,
        (Target::Bucket(bucket), "DELETE") => bucket::delete(operations, bucket),
        (Target::Object(bucket, key), "GET" | "HEAD") => {
            object::get(operations, bucket, key, &request.head).await
        }
        (Target::Object(bucket, key), "PUT") => {
            object::put(operations, bucket, key, &mut request).await
        }
        (Target::Object(bucket, key), "DELETE") => {
            object::delete(operations, bucket, key, &request.head).await
        }
        (target, _) => method_not_allowed(&method, target.methods()),
    };
    // To read would be to say 100 Continue to a client that has its answer without sending.
    if !request.head.headers.contains_key(EXPECT) {
        drain::rest(&mut request.body, operations.context().limits()).await;
    }
    if method == Method::HEAD {
        return headers::without_body(response);
    }
    response
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

    fn bucket(&self) -> Option<&BucketName> {
        match self {
            Self::Service => None,
            Self::Bucket(bucket) | Self::Object(bucket, _) => Some(bucket),
        }
    }

    fn key(&self) -> Option<&Key> {
        match self {
            Self::Object(_, key) => Some(key),
            _ => None,
        }
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
