//! What SDKs for SQS and SNS are told until those are there.

use efsm_core::http::AwsScope;
use efsm_core::{Face, Service as _};

use crate::{Answer, queue, read, request};

async fn aws(service: &str, path: &str, headers: &[(&str, &str)], body: &'static str) -> Answer {
    let mut request = request("POST", path, headers, body);
    request.route.face = Face::Aws(AwsScope {
        service: service.to_owned(),
        account: "000000000000".to_owned(),
        region: "us-east-1".to_owned(),
    });
    read(queue().http(request).await).await
}

#[tokio::test]
async fn json_client_reads_the_error_as_its_own() {
    let headers = [
        ("x-amz-target", "AmazonSQS.SendMessage"),
        ("content-type", "application/x-amz-json-1.0"),
    ];
    let answer = aws("sqs", "/", &headers, "{}").await;
    assert_eq!(answer.status, 501);
    assert_eq!(answer.header("content-type"), "application/x-amz-json-1.0");
    assert_eq!(
        answer.header("x-amzn-query-error"),
        "InternalFailure;Receiver"
    );
    assert_eq!(answer.header("x-amzn-requestid").len(), 36);
    let body = answer.json();
    assert_eq!(body["__type"], "InternalFailure");
    assert_eq!(
        body["message"],
        "The API action 'SendMessage' of the service 'sqs' is not implemented"
    );
}

#[tokio::test]
async fn query_client_reads_the_error_as_its_own() {
    let form = ("content-type", "application/x-www-form-urlencoded");
    for (service, path, body, namespace) in [
        (
            "sns",
            "/",
            "Action=Publish%3C%26&Version=2010-03-31",
            "sns.amazonaws.com/doc/2010-03-31",
        ),
        (
            "sqs",
            "/?Action=Publish%3C%26",
            "",
            "queue.amazonaws.com/doc/2012-11-05",
        ),
    ] {
        let answer = aws(service, path, &[form], body).await;
        assert_eq!(answer.status, 501);
        assert_eq!(answer.header("content-type"), "text/xml");
        assert!(answer.text.contains(namespace), "{}", answer.text);
        let error = format!(
            "<Error><Type>Receiver</Type><Code>InternalFailure</Code><Message>The API action \
             'Publish&lt;&amp;' of the service '{service}' is not implemented</Message></Error>"
        );
        assert!(answer.text.contains(&error), "{}", answer.text);
        let id = answer.header("x-amzn-requestid");
        assert!(
            answer
                .text
                .contains(&format!("<RequestId>{id}</RequestId>"))
        );
    }
}
