//! Landlock: the same bounds once more, kept by another part of the kernel.

use std::path::PathBuf;

use landlock::{
    ABI, Access as _, AccessFs, CompatLevel, Compatible as _, Ruleset, RulesetAttr as _,
    RulesetCreated, RulesetCreatedAttr as _, Scope, path_beneath_rules,
};

/// The newest that this crate knows; an older kernel does what it can.
const WANTED: ABI = ABI::V9;

/// The rules, and the version of the kernel's Landlock; `None` where there is none.
pub(super) fn rules(writable: &[PathBuf]) -> Result<Option<(RulesetCreated, String)>, String> {
    let Some(version) = version() else {
        return Ok(None);
    };
    let failed = |e: landlock::RulesetError| format!("Landlock: {e}");
    let readable = AccessFs::from_read(WANTED);
    let ruleset = Ruleset::default()
        .handle_access(AccessFs::from_all(WANTED))
        .map_err(failed)?
        .scope(Scope::Signal | Scope::AbstractUnixSocket)
        .map_err(failed)?
        .create()
        .map_err(failed)?
        .add_rules(path_beneath_rules(["/"], readable))
        .map_err(failed)?
        .add_rules(path_beneath_rules(writable, AccessFs::from_all(WANTED)))
        .map_err(failed)?
        .add_rules(path_beneath_rules(["/dev"], AccessFs::from_file(WANTED)))
        .map_err(failed)?;
    Ok(Some((ruleset, format!("Landlock {version}"))))
}

/// The highest version whose every right the kernel knows; those that brought no rights of this kind are left out.
fn version() -> Option<&'static str> {
    [
        (ABI::V9, "9"),
        (ABI::V6, "6"),
        (ABI::V5, "5"),
        (ABI::V3, "3"),
        (ABI::V2, "2"),
        (ABI::V1, "1"),
    ]
    .into_iter()
    .find(|(abi, _)| {
        let ruleset = Ruleset::default()
            .set_compatibility(CompatLevel::HardRequirement)
            .handle_access(AccessFs::from_all(*abi));
        let scopes = Scope::from_all(*abi);
        let ruleset = if scopes.is_empty() {
            ruleset
        } else {
            ruleset.and_then(|ruleset| ruleset.scope(scopes))
        };
        ruleset.and_then(Ruleset::create).is_ok()
    })
    .map(|(_, name)| name)
}
