//! Security requirements: one of several, each of one or more schemes.

use crate::{header, json, mock, openapi, send};

const SCHEMES: &str = "components:
  securitySchemes:
    basic: {type: http, scheme: basic}
    bearer: {type: http, scheme: bearer}
    digest: {type: http, scheme: digest}
    header: {type: apiKey, in: header, name: X-Key}
    query: {type: apiKey, in: query, name: key}
    cookie: {type: apiKey, in: cookie, name: sid}
    oauth: {type: oauth2, flows: {}}
    oidc: {type: openIdConnect, openIdConnectUrl: http://x}
";

/// The status of a request to an operation with this requirement.
fn check(security: &str, target: &str, pairs: &[(&str, &str)], status: u16) {
    let paths = format!(
        "  /x: {{get: {{security: {security}, responses: {{'200': {{description: x}}}}}}}}\n{SCHEMES}"
    );
    let mock = mock(&openapi(&paths));
    let answer = send(&mock, &format!("GET {target}"), pairs, "");
    assert_eq!(answer.status, status, "{security} {target} {pairs:?}");
}

#[test]
fn credentials_are_looked_for_where_they_are_described() {
    let basic = [("authorization", "Basic dGVzdDp0ZXN0")];
    let bearer = [("authorization", "Bearer x")];
    check("[{basic: []}]", "/x", &basic, 200);
    check(
        "[{basic: []}]",
        "/x",
        &[("authorization", "Basic bm9jb2xvbg==")],
        401,
    );
    check("[{basic: []}]", "/x", &bearer, 401);
    check("[{basic: []}]", "/x", &[], 401);
    for scheme in ["bearer", "oauth", "oidc"] {
        check(&format!("[{{{scheme}: []}}]"), "/x", &bearer, 200);
        check(&format!("[{{{scheme}: []}}]"), "/x", &basic, 401);
    }
    let digest = "Digest username=\"a\", realm=\"b\", nonce=\"c\", uri=\"d\", response=\"e\"";
    check("[{digest: []}]", "/x", &[("authorization", digest)], 200);
    check(
        "[{digest: []}]",
        "/x",
        &[("authorization", "Digest a")],
        401,
    );
    check("[{header: []}]", "/x", &[("x-key", "1")], 200);
    check("[{header: []}]", "/x", &[], 401);
    check("[{query: []}]", "/x?key=1", &[], 200);
    check("[{query: []}]", "/x?key=", &[], 401);
    check("[{cookie: []}]", "/x", &[("cookie", "a=1; sid=2")], 200);
    check("[{cookie: []}]", "/x", &[("cookie", "sid=")], 401);
}

#[test]
fn requirements_are_alternatives_of_schemes_that_belong_together() {
    let bearer = ("authorization", "Bearer x");
    let key = ("x-key", "1");
    check("[{bearer: [], header: []}]", "/x", &[bearer, key], 200);
    check("[{bearer: [], header: []}]", "/x", &[bearer], 401);
    check("[{bearer: []}, {header: []}]", "/x", &[key], 200);
    check("[{bearer: []}, {}]", "/x", &[], 200);
    check("[]", "/x", &[], 200);
}

#[test]
fn refusal_says_what_would_do() {
    let paths = format!(
        "
  /open: {{get: {{security: [{{bearer: []}}, {{basic: []}}], responses: {{'200': {{description: x}}}}}}}}
  /described: {{get: {{security: [{{header: []}}], responses: {{'200': {{description: x}}, '401': {{description: x, content: {{application/json: {{example: {{no: 1}}}}}}}}}}}}}}
{SCHEMES}"
    );
    let mock = mock(&openapi(&paths));
    let refused = send(&mock, "GET /open", &[], "");
    assert_eq!(
        (refused.status, refused.problem),
        (401, Some("UNAUTHORIZED"))
    );
    assert_eq!(
        header(&refused, "www-authenticate"),
        Some("Bearer,Basic realm=\"*\"")
    );
    let described = send(&mock, "GET /described", &[], "");
    assert_eq!(
        (described.status, json(&described)["no"].as_u64()),
        (401, Some(1))
    );
}
