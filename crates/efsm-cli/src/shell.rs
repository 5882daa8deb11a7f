//! `efsm completions` and `efsm man`: made from the same description as the command line itself.

use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::{Command, CommandFactory as _};
use clap_mangen::Man as Page;

use crate::args::{Arguments, Completions, Man};
use crate::failure::Failure;

pub(crate) fn completions(completions: &Completions) -> Result<ExitCode, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(
        completions.shell,
        &mut Arguments::command(),
        "efsm",
        &mut script,
    );
    io::stdout().lock().write_all(&script)?;
    Ok(ExitCode::SUCCESS)
}

pub(crate) fn man(man: &Man) -> Result<ExitCode, Failure> {
    let mut command = Arguments::command();
    command.build();
    let Some(folder) = &man.dir else {
        io::stdout().lock().write_all(&page(command)?)?;
        return Ok(ExitCode::SUCCESS);
    };
    // `efsm.1`, `efsm-up.1`, `efsm-export-compose.1`, ..
    std::fs::create_dir_all(folder)
        .and_then(|()| clap_mangen::generate_to(command, folder))
        .map_err(|source| Failure::Write {
            path: folder.clone(),
            source,
        })?;
    Ok(ExitCode::SUCCESS)
}

fn page(command: Command) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    Page::new(command).render(&mut text)?;
    Ok(text)
}
