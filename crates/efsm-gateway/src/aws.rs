//! Recognising an AWS request, without knowing any AWS service.

use efsm_core::http::AwsScope;
use http::header::{AUTHORIZATION, HOST, HeaderMap, HeaderName};
use http::request::Parts;

const NO_ACCOUNT: &str = "000000000000";
const REGION: &str = "us-east-1";

/// Known as a name, not looked up by text: the dispatch asks for it on every request.
static X_AMZ_TARGET: HeaderName = HeaderName::from_static("x-amz-target");

/// What the request says about the AWS service that it is for; `None` when it is no AWS request.
///
/// In order: the credential scope of Signature Version 4 in the `Authorization` header or the query,
/// the marks of Signature Version 2, `X-Amz-Target`, `Action` with `Version` in the query or the
/// form, and virtual hosts of S3.
pub(crate) fn scope(head: &Parts, form: Option<&[u8]>) -> Option<AwsScope> {
    let Marks {
        authorization,
        target,
        host,
    } = Marks::of(&head.headers);
    if let Some(rest) = authorization.strip_prefix("AWS4-HMAC-SHA256") {
        let credential = rest
            .split([',', ' '])
            .find_map(|part| part.trim().strip_prefix("Credential="))?;
        return Some(from_credential(credential));
    }
    if let Some(credential) = query_value(head, "X-Amz-Credential") {
        return Some(from_credential(&credential));
    }
    if let Some(rest) = authorization.strip_prefix("AWS ") {
        let key = rest.split(':').next().unwrap_or("");
        return Some(from_parts(key, "s3", REGION));
    }
    if let Some(key) = query_value(head, "AWSAccessKeyId")
        && query_value(head, "Signature").is_some()
    {
        return Some(from_parts(&key, "s3", REGION));
    }
    if let Some(target) = target {
        let service = if target.starts_with("AmazonSQS") {
            "sqs".to_owned()
        } else {
            let name = target.split(['.', '_']).next().unwrap_or("");
            name.to_ascii_lowercase()
        };
        return Some(from_parts("", &service, REGION));
    }
    if head.uri.query().is_some_and(is_query_protocol) || form.is_some_and(is_form_protocol) {
        let service = if below_queue_url(head.uri.path()) {
            "sqs"
        } else {
            "query"
        };
        return Some(from_parts("", service, REGION));
    }
    is_bucket_host(host).then(|| from_parts("", "s3", REGION))
}

/// The headers that may tell of AWS, found in one pass: most requests have few headers, and none of the first two.
#[derive(Default)]
struct Marks<'h> {
    authorization: &'h str,
    target: Option<&'h str>,
    host: &'h [u8],
}

impl<'h> Marks<'h> {
    fn of(headers: &'h HeaderMap) -> Self {
        let mut marks = Self::default();
        for (name, value) in headers {
            if *name == AUTHORIZATION && marks.authorization.is_empty() {
                marks.authorization = value.to_str().unwrap_or("");
            } else if *name == HOST && marks.host.is_empty() {
                marks.host = value.as_bytes();
            } else if *name == X_AMZ_TARGET && marks.target.is_none() {
                marks.target = value.to_str().ok();
            }
        }
        marks
    }
}

/// `bucket.s3.region.host` or `bucket.s3-region.host`.
fn is_bucket_host(host: &[u8]) -> bool {
    memchr::memchr_iter(b's', host).any(|at| {
        at > 1 && host[at - 1] == b'.' && matches!(host[at + 1..], [b'3', b'.' | b'-', ..])
    })
}

/// `AKID/20260101/eu-west-1/sqs/aws4_request`; an access key may itself contain slashes.
fn from_credential(credential: &str) -> AwsScope {
    let mut parts = credential.rsplitn(5, '/');
    let (_request, service, region, _date, key) = (
        parts.next(),
        parts.next(),
        parts.next(),
        parts.next(),
        parts.next(),
    );
    from_parts(
        key.unwrap_or(""),
        service.unwrap_or("s3"),
        region.unwrap_or(REGION),
    )
}

fn from_parts(access_key: &str, service: &str, region: &str) -> AwsScope {
    let is_account = access_key.len() == 12 && access_key.bytes().all(|b| b.is_ascii_digit());
    AwsScope {
        service: service.to_owned(),
        account: if is_account { access_key } else { NO_ACCOUNT }.to_owned(),
        region: if region.is_empty() { REGION } else { region }.to_owned(),
    }
}

/// AWS Query names an action and the API's version, which is a date; a stub's form that happens to
/// have an `Action` does not.
fn is_query_protocol(query: &str) -> bool {
    // As below: ordinary queries are not decoded.
    if !query.contains("Action=") {
        return false;
    }
    let value = |name: &str| efsm_wire::query_value(Some(query), name);
    value("Action").is_some_and(|a| !a.is_empty() && a.bytes().all(|b| b.is_ascii_alphanumeric()))
        && value("Version")
            .is_some_and(|v| v.len() == 10 && v.bytes().all(|b| b.is_ascii_digit() || b == b'-'))
}

fn is_form_protocol(form: &[u8]) -> bool {
    std::str::from_utf8(form).is_ok_and(is_query_protocol)
}

/// Whether a path is that of a queue: `/000000000000/orders`.
fn below_queue_url(path: &str) -> bool {
    let mut segments = path.rsplit('/');
    let _queue = segments.next();
    segments
        .next()
        .is_some_and(|account| account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit()))
}

fn query_value(head: &Parts, name: &str) -> Option<String> {
    let query = head.uri.query()?;
    // The plain search comes first: it spares ordinary queries the decoding.
    if !query.contains(name) {
        return None;
    }
    efsm_wire::query_value(Some(query), name).map(std::borrow::Cow::into_owned)
}
