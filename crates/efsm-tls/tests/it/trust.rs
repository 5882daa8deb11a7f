//! Who trusts what, for which names, and when.

use std::sync::Arc;

use efsm_core::{Clock, SignedDuration, Timestamp};
use efsm_tls::{CertificateAuthority, Name};
use rustls::{CertificateError, Error};

use crate::handshake::{client, shake};

fn now() -> Timestamp {
    Clock::system().now()
}

fn names(hosts: &[&str]) -> Vec<Name> {
    hosts.iter().map(|host| Name::of_host(host)).collect()
}

#[track_caller]
fn assert_refused(answer: Result<Vec<u8>, Error>, expected: &str) {
    let error = answer.expect_err("a refusal");
    assert!(format!("{error:?}").contains(expected), "{error:?}");
}

#[test]
fn client_that_trusts_the_authority_accepts_the_names_and_no_others() {
    let authority = CertificateAuthority::default();
    let client = client(&authority.certificate_pem().unwrap(), None);
    let server = authority
        .server_config(
            names(&["api.example.com", "127.0.0.1", "[::1]", "under_score.test"]),
            now(),
        )
        .unwrap();
    for name in ["api.example.com", "127.0.0.1", "::1", "under_score.test"] {
        assert_eq!(shake(&client, &server, name).unwrap(), b"h2", "{name}");
    }
    for name in ["example.com", "x.api.example.com", "127.0.0.2"] {
        assert_refused(shake(&client, &server, name), "NotValidForName");
    }
}

#[test]
fn authorities_do_not_vouch_for_each_other() {
    let (ours, other) = (
        CertificateAuthority::default(),
        CertificateAuthority::default(),
    );
    let client = client(&other.certificate_pem().unwrap(), None);
    let server = ours.server_config(names(&["a.test"]), now()).unwrap();
    let refused = shake(&client, &server, "a.test");
    assert_eq!(
        refused,
        Err(Error::InvalidCertificate(CertificateError::UnknownIssuer))
    );
}

#[test]
fn clones_share_one_authority_also_when_it_is_made_later() {
    let parent = CertificateAuthority::default();
    let fork = parent.clone();
    let client = client(&fork.certificate_pem().unwrap(), None);
    let server = parent.server_config(names(&["a.test"]), now()).unwrap();
    assert!(shake(&client, &server, "a.test").is_ok());
    assert_eq!(
        parent.certificate_pem().unwrap(),
        fork.certificate_pem().unwrap()
    );
}

#[test]
fn certificate_holds_on_the_systems_clock_and_on_the_stacks() {
    let authority = CertificateAuthority::default();
    let pem = authority.certificate_pem().unwrap();
    for stack in [
        "1970-01-02T00:00:00Z",
        "2001-09-09T01:46:40Z",
        "2049-12-31T23:59:59Z",
        "2300-06-01T00:00:00Z",
    ] {
        let stack: Timestamp = stack.parse().unwrap();
        let server = authority.server_config(names(&["a.test"]), stack).unwrap();
        for at in [None, Some(stack)] {
            let answer = shake(&client(&pem, at), &server, "a.test");
            assert!(answer.is_ok(), "{stack} at {at:?}: {answer:?}");
        }
    }
}

#[test]
fn certificate_is_kept_until_a_clock_leaves_it() {
    let authority = CertificateAuthority::default();
    let pem = authority.certificate_pem().unwrap();
    let config = |at| authority.server_config(names(&["a.test"]), at).unwrap();
    let first = config(now());
    assert!(Arc::ptr_eq(&first, &config(now())));
    let later = now() + SignedDuration::from_hours(24 * 400);
    assert_refused(
        shake(&client(&pem, Some(later)), &first, "a.test"),
        "Expired",
    );
    let second = config(later);
    assert!(!Arc::ptr_eq(&first, &second));
    assert!(shake(&client(&pem, Some(later)), &second, "a.test").is_ok());
}

#[test]
fn many_hosts_are_served_and_few_are_kept() {
    let authority = CertificateAuthority::default();
    let config = |n: usize| {
        authority
            .server_config(names(&[&format!("host-{n}.test")]), now())
            .unwrap()
    };
    let first = config(0);
    for n in 1..1000 {
        config(n);
    }
    assert!(!Arc::ptr_eq(&first, &config(0)));
    assert!(Arc::ptr_eq(&config(999), &config(999)));
}

#[test]
fn host_that_no_certificate_can_name_is_an_error_with_its_name() {
    let authority = CertificateAuthority::default();
    let refused = authority.server_config(names(&["b\u{fc}cher.example"]), now());
    let message = refused.map(drop).unwrap_err().to_string();
    assert!(message.contains("`b\u{fc}cher.example`"), "{message}");
    let long = format!("{}.test", "a".repeat(200));
    assert!(authority.server_config(names(&[&long]), now()).is_ok());
}
