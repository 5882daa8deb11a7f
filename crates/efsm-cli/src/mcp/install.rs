//! `efsm mcp install`: an entry in a client's configuration, beside all that is there.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde_json::{Map, Value, json};
use toml_edit::{Array, DocumentMut, Item, Table, TableLike, TomlError, value};

use crate::args::{Client, Install};
use crate::failure::Failure;

const NAME: &str = "efsm";
/// The table of TOML that has a table for each server.
const TOML_SERVERS: &str = "mcp_servers";

pub(super) fn run(install: &Install) -> Result<ExitCode, Failure> {
    let path = match &install.file {
        Some(path) => path.clone(),
        None => usual_place(install.client)?,
    };
    let before = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(source) => return Err(Failure::File { path, source }),
    };
    let command = command();
    let after = if install.client == Client::Codex {
        with_table(&before, &command, install.force)
    } else {
        with_entry(&before, install.client, &command, install.force)
    };
    let after = after.map_err(|what| Failure::Options {
        what: format!("{}: {what}", path.display()),
        hint: format!(
            "nothing was written; `--print` shows the entry for {NAME}, to put in by hand"
        ),
    });
    let mut out = std::io::stdout().lock();
    if install.print {
        // What is there may be unreadable: the entry alone is always good to see.
        let text = after.or_else(|_| alone(install.client, &command))?;
        writeln!(out, "{}:", path.display())?;
        write!(out, "{text}")?;
        return Ok(ExitCode::SUCCESS);
    }
    let after = after?;
    if after == before {
        writeln!(out, "{} has it already", path.display())?;
        return Ok(ExitCode::SUCCESS);
    }
    write_whole(&path, &after).map_err(|source| Failure::File {
        path: path.clone(),
        source,
    })?;
    writeln!(
        out,
        "wrote {}; restart the client to see it",
        path.display()
    )?;
    Ok(ExitCode::SUCCESS)
}

/// `efsm` when that is found on the PATH, else this very file.
fn command() -> String {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let is_found = std::env::split_paths(&path).any(|folder| folder.join(NAME).is_file());
    match std::env::current_exe() {
        Ok(own) if !is_found => own.display().to_string(),
        _ => NAME.to_owned(),
    }
}

fn usual_place(client: Client) -> Result<PathBuf, Failure> {
    let home = || {
        std::env::home_dir().ok_or_else(|| Failure::Options {
            what: "there is no home folder to look for the client's configuration in".to_owned(),
            hint: "name the file with --file".to_owned(),
        })
    };
    let settings = || -> Result<PathBuf, Failure> {
        if cfg!(target_os = "macos") {
            return Ok(home()?.join("Library/Application Support"));
        }
        match std::env::var_os("XDG_CONFIG_HOME").filter(|path| !path.is_empty()) {
            Some(path) => Ok(PathBuf::from(path)),
            None => Ok(home()?.join(".config")),
        }
    };
    Ok(match client {
        Client::ClaudeCode => PathBuf::from(".mcp.json"),
        Client::ClaudeDesktop => settings()?.join("Claude/claude_desktop_config.json"),
        Client::Cursor => PathBuf::from(".cursor/mcp.json"),
        Client::Vscode => PathBuf::from(".vscode/mcp.json"),
        Client::Windsurf => home()?.join(".codeium/windsurf/mcp_config.json"),
        Client::Gemini => home()?.join(".gemini/settings.json"),
        Client::Codex => home()?.join(".codex/config.toml"),
        Client::Opencode => PathBuf::from("opencode.json"),
        Client::Zed => home()?.join(".config/zed/settings.json"),
    })
}

/// The key under which a client lists servers, and how it writes one.
fn entry(client: Client, command: &str) -> (&'static str, Value) {
    let usual = json!({ "command": command, "args": ["mcp"] });
    match client {
        Client::Vscode => (
            "servers",
            json!({ "type": "stdio", "command": command, "args": ["mcp"] }),
        ),
        Client::Opencode => (
            "mcp",
            json!({ "type": "local", "command": [command, "mcp"] }),
        ),
        Client::Zed => ("context_servers", usual),
        _ => ("mcpServers", usual),
    }
}

fn with_entry(before: &str, client: Client, command: &str, force: bool) -> Result<String, String> {
    let mut document: Map<String, Value> = if before.trim().is_empty() {
        Map::new()
    } else {
        serde_json::from_str(before).map_err(|error| {
            format!(
                "this is no plain JSON object (comments are not kept, so it is left alone): {error}"
            )
        })?
    };
    let (key, entry) = entry(client, command);
    let servers = document
        .entry(key)
        .or_insert_with(|| Value::Object(Map::new()));
    let Some(servers) = servers.as_object_mut() else {
        return Err(format!("`{key}` is not an object"));
    };
    match servers.get(NAME) {
        Some(there) if *there == entry => return Ok(before.to_owned()),
        Some(_) if !force => {
            return Err(another());
        }
        _ => {}
    }
    servers.insert(NAME.to_owned(), entry);
    let text = serde_json::to_string_pretty(&document).map_err(|error| error.to_string())?;
    Ok(text + "\n")
}

fn with_table(before: &str, command: &str, force: bool) -> Result<String, String> {
    let mut document: DocumentMut = before.parse().map_err(|error: TomlError| {
        format!("this is no TOML: {}", error.message().replace('\n', " "))
    })?;
    let servers = document.entry(TOML_SERVERS).or_insert_with(|| {
        let mut servers = Table::new();
        // It has nothing but tables: a line of its own would say nothing.
        servers.set_implicit(true);
        servers.into()
    });
    let Some(servers) = servers.as_table_like_mut() else {
        return Err(format!("`{TOML_SERVERS}` is not a table"));
    };
    match servers.get(NAME).map(Item::as_table_like) {
        Some(Some(there)) if is_ours(there, command) => return Ok(before.to_owned()),
        Some(_) if !force => return Err(another()),
        _ => {}
    }
    let mut table = Table::new();
    table["command"] = value(command);
    table["args"] = value(Array::from_iter(["mcp"]));
    servers.insert(NAME, table.into());
    Ok(document.to_string())
}

fn is_ours(table: &dyn TableLike, command: &str) -> bool {
    let args = table.get("args").and_then(Item::as_array);
    let arg = args.filter(|args| args.len() == 1);
    let arg = arg.and_then(|args| args.get(0)?.as_str());
    table.len() == 2
        && table.get("command").and_then(Item::as_str) == Some(command)
        && arg == Some("mcp")
}

fn another() -> String {
    format!("it has another `{NAME}` already; --force replaces it")
}

fn alone(client: Client, command: &str) -> Result<String, Failure> {
    let made = if client == Client::Codex {
        with_table("", command, false)
    } else {
        with_entry("", client, command, false)
    };
    made.map_err(|what| Failure::Options {
        what,
        hint: "report this: it is a bug".to_owned(),
    })
}

/// The old file stays whole until the new one is. A link goes on to lead where it leads.
fn write_whole(path: &Path, text: &str) -> std::io::Result<()> {
    let path = &std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    std::fs::create_dir_all(folder)?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    if let Ok(there) = std::fs::metadata(path) {
        file.as_file().set_permissions(there.permissions())?;
    }
    file.write_all(text.as_bytes())?;
    file.persist(path)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_stays() {
        let before = r#"{"theme": "dark", "mcpServers": {"other": {"command": "x"}}}"#;
        let after = with_entry(before, Client::Cursor, "efsm", false).unwrap();
        let value: Value = serde_json::from_str(&after).unwrap();
        assert_eq!(value["theme"], "dark");
        assert_eq!(value["mcpServers"]["other"]["command"], "x");
        assert_eq!(
            value["mcpServers"]["efsm"],
            json!({"command": "efsm", "args": ["mcp"]})
        );
        assert_eq!(
            with_entry(&after, Client::Cursor, "efsm", false).unwrap(),
            after
        );
    }

    #[test]
    fn another_entry_is_replaced_by_force_alone() {
        let before = r#"{"servers": {"efsm": {"command": "old"}}}"#;
        assert!(with_entry(before, Client::Vscode, "efsm", false).is_err());
        let after = with_entry(before, Client::Vscode, "efsm", true).unwrap();
        assert!(after.contains("stdio") && !after.contains("old"));
    }

    #[test]
    fn what_cannot_be_read_is_left_alone() {
        for before in ["{ // comment\n}", "[]", r#"{"mcpServers": 5}"#] {
            assert!(
                with_entry(before, Client::ClaudeCode, "efsm", true).is_err(),
                "{before}"
            );
        }
    }

    #[test]
    fn a_toml_table_is_added_and_all_else_stays() {
        let before =
            "model = \"x\" # mine\n\n[mcp_servers.other]\ncommand = \"y\"\n\n[tui]\n# none\n";
        let after = with_table(before, "efsm", false).unwrap();
        let table = "[mcp_servers.efsm]\ncommand = \"efsm\"\nargs = [\"mcp\"]\n";
        assert!(after.contains(table), "{after}");
        for line in before.lines() {
            assert!(after.contains(line), "{line} is not in {after}");
        }
        assert_eq!(with_table(&after, "efsm", false).unwrap(), after);
        assert_eq!(with_table("", "efsm", false).unwrap(), table);
    }

    #[test]
    fn another_toml_table_is_replaced_by_force_alone() {
        for before in [
            "a = 1\n[mcp_servers.efsm]\ncommand = \"mine\"\n",
            "a = 1\n[ mcp_servers . \"efsm\" ]\ncommand = \"efsm\"\nargs = [\"mcp\", \"--allow-stop\"]\n",
            "a = 1\nmcp_servers = { efsm = { command = \"mine\" } }\n",
        ] {
            let refused = with_table(before, "efsm", false).unwrap_err();
            assert!(refused.contains("--force"), "{refused}");
            let after = with_table(before, "efsm", true).unwrap();
            assert!(after.starts_with("a = 1\n") && !after.contains("mine"));
            assert_eq!(with_table(&after, "efsm", false).unwrap(), after);
        }
    }

    #[test]
    fn what_is_no_toml_is_left_alone() {
        for before in [
            "[mcp_servers",
            "a = ",
            "{}",
            "mcp_servers = 5",
            "[[mcp_servers]]\n",
        ] {
            assert!(with_table(before, "efsm", true).is_err(), "{before}");
        }
    }
}
