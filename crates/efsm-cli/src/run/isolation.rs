//! Which tier of the sandbox runs the command, found out before it runs.

use efsm_sandbox::{Choice, Container, Policy, Tier, TierReport};
use serde_json::{Value, json};

use crate::args::{RunOptions, SandboxArg};
use crate::failure::Failure;

#[derive(Debug)]
pub(super) struct Chosen {
    pub(super) policy: Policy,
    tier: Tier,
    /// Stronger tiers that would have been preferred, and why they do not work here.
    passed_over: Vec<(Tier, String)>,
    report: Option<TierReport>,
}

impl From<SandboxArg> for Choice {
    fn from(tier: SandboxArg) -> Self {
        match tier {
            SandboxArg::Auto => Self::Auto,
            SandboxArg::Docker => Self::Only(Tier::Docker),
            SandboxArg::Namespaces => Self::Only(Tier::Namespaces),
            SandboxArg::Limits => Self::Only(Tier::Limits),
        }
    }
}

pub(super) async fn choose(how: &RunOptions) -> Result<Chosen, Failure> {
    let mut policy = Policy {
        choice: how.sandbox.into(),
        require_isolation: how.require_isolation,
        container: Container {
            image: how.image.clone(),
            ..Container::default()
        },
        helper: None,
    };
    let mut passed_over = Vec::new();
    for tier in wanted(policy.choice, how.image.is_some()) {
        let report = efsm_sandbox::report(tier, &policy).await;
        if report.available && (tier.is_boundary() || !how.require_isolation) {
            policy.choice = Choice::Only(tier);
            return Ok(Chosen {
                policy,
                tier,
                passed_over,
                report: Some(report),
            });
        }
        passed_over.extend(report.why_not.map(|why| (tier, why)));
    }
    Err(Failure::Isolation {
        what: if how.require_isolation {
            "no sandbox that isolates works here, and --require-isolation asks for one".to_owned()
        } else {
            "the sandbox that was asked for does not work here".to_owned()
        },
        hint: format!(
            "{}\n`efsm doctor` says more; --sandbox limits runs the command with limits alone",
            reasons(&passed_over)
        ),
    })
}

/// Docker is among them only with an image: the command's tools are on this machine.
fn wanted(choice: Choice, has_image: bool) -> Vec<Tier> {
    match choice {
        Choice::Only(tier) => vec![tier],
        Choice::Auto => Tier::ALL
            .into_iter()
            .filter(|tier| *tier != Tier::Docker || has_image)
            .collect(),
    }
}

fn reasons(passed_over: &[(Tier, String)]) -> String {
    let lines: Vec<String> = passed_over
        .iter()
        .map(|(tier, why)| format!("{tier}: {why}"))
        .collect();
    lines.join("\n")
}

impl Chosen {
    /// `none` for limits alone.
    pub(super) fn isolation(&self) -> &'static str {
        if self.tier.is_boundary() {
            self.tier.name()
        } else {
            "none"
        }
    }

    pub(super) fn describe(&self) -> Value {
        let passed_over: Vec<Value> = self
            .passed_over
            .iter()
            .map(|(tier, why)| json!({ "tier": tier, "why": why }))
            .collect();
        json!({
            "tier": self.tier,
            "boundary": self.tier.is_boundary(),
            "enforced": self.report.as_ref().map(|report| &report.enforces),
            "lacking": self.report.as_ref().map(|report| &report.lacks),
            "passed_over": passed_over,
        })
    }

    /// Says what a person must know before trusting the run.
    pub(super) fn warn(&self) {
        for (tier, why) in &self.passed_over {
            eprintln!("note: the {tier} sandbox was not used: {why}");
        }
        if !self.tier.is_boundary() {
            eprintln!(
                "note: the command runs with limits only, which is not a security boundary: it can read and write what you can"
            );
        }
    }
}
