//! `efsm init`: an efsm.yaml to begin with.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::process::ExitCode;

use crate::args::Init;
use crate::failure::Failure;

const NAME: &str = "efsm.yaml";
pub(crate) const TEXT: &str = include_str!("init/efsm.yaml");

pub(crate) fn run(init: &Init) -> Result<ExitCode, Failure> {
    let path = init.folder.join(NAME);
    let failed = |source: io::Error| Failure::Write {
        path: path.clone(),
        source,
    };
    std::fs::create_dir_all(&init.folder).map_err(failed)?;
    let mut options = OpenOptions::new();
    options.write(true);
    if init.force {
        options.create(true).truncate(true);
    } else {
        options.create_new(true);
    }
    let mut file = match options.open(&path) {
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {
            return Err(Failure::Options {
                what: format!("{} is there already", path.display()),
                hint: "--force replaces it".to_owned(),
            });
        }
        opened => opened.map_err(failed)?,
    };
    file.write_all(TEXT.as_bytes()).map_err(failed)?;
    let mut out = io::stdout().lock();
    writeln!(
        out,
        "wrote {}\nnext: efsm up {}",
        path.display(),
        init.folder.display()
    )?;
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_configuration_loads_without_a_warning() {
        let loaded = efsm_config::parse(NAME, TEXT, "").unwrap();
        assert!(loaded.warnings.is_empty(), "{:?}", loaded.warnings);
        assert_eq!(loaded.config.name.as_deref(), Some("my-app"));
    }
}
