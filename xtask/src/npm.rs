//! The npm client: fetches one package at one version into a folder.

use std::ffi::{OsStr, OsString};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::failure::Failure;

/// The client, as it is found on the search path.
pub fn client() -> OsString {
    if cfg!(windows) { "npm.cmd".into() } else { "npm".into() }
}

/// Fetches the package into the folder, runs none of its scripts, and says where it is.
pub fn fetch(
    client: &OsStr,
    package: &str,
    version: &str,
    folder: &Path,
) -> Result<PathBuf, Failure> {
    let output = Command::new(client)
        .args(["install", "--ignore-scripts", "--no-audit", "--no-fund", "--no-save"])
        .args(["--no-package-lock", "--no-update-notifier", "--loglevel=error"])
        // By itself npm would wait a minute and more before it says that there is no network.
        .args(["--fetch-retry-mintimeout=1000", "--fetch-retry-maxtimeout=5000"])
        .args(["--prefix", "."])
        .arg(format!("{package}@{version}"))
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| match error.kind() {
            ErrorKind::NotFound => Failure::Unavailable(
                "there is no npm on the search path; it comes with Node.js".to_owned(),
            ),
            _ => Failure::Unavailable(format!("npm cannot be run: {error}")),
        })?;
    if output.status.success() {
        Ok(folder.join("node_modules").join(package))
    } else {
        Err(understand(package, version, &String::from_utf8_lossy(&output.stderr)))
    }
}

/// Reads npm's error code, which is all of its message that stays the same from one version to the next.
fn understand(package: &str, version: &str, said: &str) -> Failure {
    let code = said.lines().find_map(|line| {
        let rest = line.strip_prefix("npm error ").or_else(|| line.strip_prefix("npm ERR! "))?;
        rest.strip_prefix("code ")
    });
    match code.map(str::trim) {
        Some("ETARGET" | "E404") => {
            Failure::Failed(format!("there is no version {version} of {package}"))
        }
        Some(
            code @ ("ENOTFOUND" | "EAI_AGAIN" | "ECONNREFUSED" | "ECONNRESET" | "ETIMEDOUT"
            | "ENETUNREACH" | "EHOSTUNREACH" | "ERR_SOCKET_TIMEOUT" | "ENOTCACHED"
            | "FETCH_ERROR"),
        ) => Failure::Unavailable(format!("npm does not reach its registry ({code})")),
        _ => Failure::Failed(format!("npm failed:\n{}", said.trim_end())),
    }
}

#[cfg(test)]
mod tests {
    use super::understand;
    use crate::failure::Failure;

    #[test]
    fn what_npm_says_is_told_apart_by_its_code() {
        let failed = |text: &str| Failure::Failed(text.to_owned());
        let unavailable = |text: &str| Failure::Unavailable(text.to_owned());
        for (said, meant) in [
            (
                "npm error code ETARGET\nnpm error notarget",
                failed("there is no version 9.9.9 of p"),
            ),
            ("npm ERR! code E404\nnpm ERR! 404", failed("there is no version 9.9.9 of p")),
            (
                "npm warn x\nnpm error code EAI_AGAIN",
                unavailable("npm does not reach its registry (EAI_AGAIN)"),
            ),
            ("npm error code EACCES\n", failed("npm failed:\nnpm error code EACCES")),
            ("Segmentation fault\n", failed("npm failed:\nSegmentation fault")),
        ] {
            assert_eq!(understand("p", "9.9.9", said), meant, "{said}");
        }
    }
}
