//! Where the API is.

use crate::change::{Severity, Side};
use crate::{Comparison, pointer};

pub(crate) fn compare(comparison: &mut Comparison<'_>) {
    let urls = |description: &efsm_spec::Description| -> Vec<String> {
        description
            .root
            .value
            .get("servers")
            .and_then(|servers| servers.as_array())
            .into_iter()
            .flatten()
            .filter_map(|server| Some(server.get("url")?.as_str()?.to_owned()))
            .collect()
    };
    let (old, new) = (urls(comparison.old), urls(comparison.new));
    for (number, url) in old.iter().enumerate() {
        if !new.contains(url) {
            let number = number.to_string();
            comparison.report.add(
                "server-removed",
                Severity::Warning,
                None,
                (Side::Old, &pointer::down("", &["servers", &number])),
                format!("the server {url} is gone"),
            );
        }
    }
    // Swagger 2 has one base path for all.
    let base = |description: &efsm_spec::Description| {
        let base = description.root.value.get("basePath")?.as_str()?;
        Some(base.trim_end_matches('/').to_owned())
    };
    let (before, after) = (base(comparison.old), base(comparison.new));
    if before != after && comparison.old.root.value.get("swagger").is_some() && after.is_some() {
        comparison.report.add(
            "server-removed",
            Severity::Breaking,
            None,
            (Side::New, "/basePath"),
            format!(
                "the base path went from {} to {}",
                before.as_deref().unwrap_or("/"),
                after.as_deref().unwrap_or("/")
            ),
        );
    }
}
