//! A whole stack, reached from inside of a sandbox at the address that it has outside.

use efsm::EphemeralMockServer;
use efsm_sandbox::{Job, Policy, Tier};

use crate::support::{self, PROBE, ran};
use crate::{docker, probes};

async fn reaches_its_stack_and_no_other(policy: &Policy, probe: &str) {
    let start = || EphemeralMockServer::builder().port(0).start().unwrap();
    let (server, other) = (start(), start());
    let folder = support::writable_workspace();
    let address = |server: &EphemeralMockServer| server.stack().address().to_string();
    let mut job = Job::new(probe, folder.path()).args(["get", &address(&server), "/health"]);
    job.stacks.push(server.sandbox_port());
    let reached = ran(job.clone(), policy).await;
    assert!(
        reached.stdout.contains("\"status\":\"ok\""),
        "{}{}",
        reached.stdout,
        reached.stderr
    );
    job.args[1] = address(&other).into();
    let refused = ran(job.clone(), policy).await;
    assert!(!refused.outcome.end.is_success(), "{}", refused.stdout);
    // Two stacks at once, and each answers for itself.
    job.stacks.push(other.sandbox_port());
    let reached = ran(job, policy).await;
    assert!(reached.outcome.end.is_success(), "{}", reached.stderr);
    server.stop();
    other.stop();
}

#[tokio::test]
async fn stack_is_reached_from_its_namespaces() {
    let policy = support::policy(Tier::Namespaces);
    if probes::is_offered(&policy, Tier::Namespaces).await {
        reaches_its_stack_and_no_other(&policy, PROBE).await;
    }
}

#[tokio::test]
async fn stack_is_reached_from_a_container() {
    if let Some(policy) = docker::policy().await {
        reaches_its_stack_and_no_other(&policy, docker::PROBE_INSIDE).await;
    }
}
