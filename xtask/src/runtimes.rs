//! `cargo xtask runtimes`: exact versions of real runtimes, a folder each under `target/runtimes`.

use std::env::consts::{ARCH, EXE_SUFFIX, OS};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fmt, fs, io};

use crate::failure::Failure;
use crate::manifest::{self, Manifest, Package};
use crate::npm;
use crate::wanted::{Wanted, is_version};

/// Where runtimes are described, where they are kept, and what fetches them.
pub struct Runtimes {
    manifests: PathBuf,
    installed: PathBuf,
    npm: OsString,
}

/// That a runtime is installed now.
#[derive(Debug, PartialEq, Eq)]
pub enum Installed {
    /// It is new, and lies here.
    Now(Wanted, PathBuf),
    /// It was there before.
    Already(Wanted),
}

/// A runtime that is there.
#[derive(Debug, PartialEq, Eq)]
pub struct Found {
    /// The folder's name.
    pub name: String,
    /// What the binary says its version is, or why it says nothing.
    pub says: Result<String, String>,
}

impl Runtimes {
    /// Those of a checkout.
    pub fn of(root: &Path) -> Runtimes {
        Runtimes {
            manifests: root.join("fixtures").join("implementations"),
            installed: root.join("target").join("runtimes"),
            npm: npm::client(),
        }
    }

    /// Installs one, unless it is there.
    pub fn install(&self, text: &str) -> Result<Installed, Failure> {
        let wanted: Wanted = text.parse()?;
        let manifests = manifest::read(&self.manifests)?;
        let manifest = find(&manifests, &wanted.name)?;
        let place = self.installed.join(wanted.to_string());
        if place.join(binary(manifest)).exists() {
            return Ok(Installed::Already(wanted));
        }
        let package = manifest.package(&wanted.version, &format!("{OS}-{ARCH}"))?;

        fs::create_dir_all(&self.installed)
            .map_err(|error| cannot("create", &self.installed, &error))?;
        let scratch = tempfile::Builder::new()
            .prefix(".installing-")
            .tempdir_in(&self.installed)
            .map_err(|error| cannot("create a folder in", &self.installed, &error))?;
        let ready = scratch.path().join("ready");
        fs::create_dir(&ready).map_err(|error| cannot("create", &ready, &error))?;
        let program = ready.join(binary(manifest));
        match package {
            Package::Npm { npm, file, .. } => {
                eprintln!("{wanted}: fetching {npm}");
                let file = npm::fetch(&self.npm, npm, &wanted.version, scratch.path())?.join(file);
                fs::rename(&file, &program).map_err(|error| cannot("find", &file, &error))?;
            }
            Package::Cargo { cargo, .. } => {
                eprintln!("{wanted}: building {cargo}");
                let folder = self.manifests.join(&wanted.name).join(cargo);
                let file = self.build(&folder)?.join(binary(manifest));
                fs::copy(&file, &program).map_err(|error| cannot("find", &file, &error))?;
            }
        }
        make_executable(&program).map_err(|error| cannot("make executable", &program, &error))?;
        match version_of(&program) {
            Ok(version) if version == wanted.version => {}
            Ok(version) => {
                return Err(Failure::Failed(format!("the binary says that it is {version}")));
            }
            Err(why) => return Err(Failure::Failed(format!("does not run here: {why}"))),
        }
        match fs::rename(&ready, &place) {
            Ok(()) => Ok(Installed::Now(wanted, place)),
            // Somebody else was quicker, which is as good.
            Err(_) if place.join(binary(manifest)).exists() => Ok(Installed::Already(wanted)),
            Err(error) => Err(cannot("create", &place, &error)),
        }
    }

    /// Builds a package of cargo's, beside what the workspace has built of the same, and says where its programs are.
    fn build(&self, folder: &Path) -> Result<PathBuf, Failure> {
        let target = self.installed.parent().expect("it lies in the folder for what is built");
        let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        command.args(["build", "--quiet", "--locked", "--manifest-path"]);
        command.arg(folder.join("Cargo.toml")).arg("--target-dir").arg(target);
        match command.stdin(Stdio::null()).status() {
            Ok(status) if status.success() => Ok(target.join("debug")),
            Ok(_) => Err(Failure::Failed("it does not build".to_owned())),
            Err(error) => Err(cannot("run cargo in", folder, &error)),
        }
    }

    /// What is installed, by name and version.
    pub fn list(&self) -> Result<Vec<Found>, Failure> {
        let manifests = manifest::read(&self.manifests)?;
        let entries = match fs::read_dir(&self.installed) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(cannot("read", &self.installed, &error)),
        };
        let mut wanted: Vec<Wanted> =
            entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok()).collect();
        wanted.sort_by(|a, b| a.order().cmp(&b.order()));
        let found = wanted.into_iter().map(|it| {
            let says = match find(&manifests, &it.name) {
                Ok(manifest) => {
                    version_of(&self.installed.join(it.to_string()).join(binary(manifest)))
                }
                Err(why) => Err(why.to_string()),
            };
            Found { name: it.to_string(), says }
        });
        Ok(found.collect())
    }
}

fn find<'a>(manifests: &'a [Manifest], name: &str) -> Result<&'a Manifest, Failure> {
    manifests.iter().find(|manifest| manifest.name == name).ok_or_else(|| {
        let known: Vec<_> = manifests.iter().map(|manifest| manifest.name.as_str()).collect();
        Failure::Usage(format!("unknown runtime \"{name}\"; there is {}", known.join(", ")))
    })
}

fn binary(manifest: &Manifest) -> String {
    format!("{}{EXE_SUFFIX}", manifest.program)
}

/// What the binary says its version is: the first word of `--version` that looks like one.
fn version_of(program: &Path) -> Result<String, String> {
    let output = Command::new(program)
        .arg("--version")
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("\"{}\": {error}", program.display()))?;
    let said = String::from_utf8_lossy(&output.stdout);
    said.split_whitespace()
        .map(|word| word.trim_start_matches('v'))
        .find(|word| is_version(word))
        .map(str::to_owned)
        .ok_or_else(|| format!("\"{}\" says no version", program.display()))
}

/// Packages whose script would have done this, and was not run, come without.
#[cfg(unix)]
fn make_executable(program: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let mode = fs::metadata(program)?.permissions().mode();
    fs::set_permissions(program, fs::Permissions::from_mode(mode | 0o755))
}

#[cfg(not(unix))]
fn make_executable(_: &Path) -> io::Result<()> {
    Ok(())
}

fn cannot(verb: &str, path: &Path, error: &io::Error) -> Failure {
    Failure::Failed(format!("cannot {verb} \"{}\": {error}", path.display()))
}

impl fmt::Display for Installed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Installed::Now(wanted, place) => {
                write!(f, "{wanted}: installed in {}", place.display())
            }
            Installed::Already(wanted) => write!(f, "{wanted}: installed already"),
        }
    }
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.says {
            Ok(version) => write!(f, "{}: says {version}", self.name),
            Err(why) => write!(f, "{}: broken, {why}", self.name),
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    /// Does what npm does, without a network; the version decides what happens.
    const NPM: &str = r#"#!/bin/sh
for package; do :; done
case $package in
  some-package@1.*) mkdir -p node_modules/some-package
    printf '#!/bin/sh\necho runtime v%s for here' "${package#*@}" >node_modules/some-package/bin ;;
  some-package@2.*) mkdir -p node_modules/some-package
    printf '#!/bin/sh\necho runtime 7.7.7' >node_modules/some-package/bin ;;
  some-package@3.*) echo "npm error code ENOTFOUND" >&2; exit 1 ;;
  *) echo "npm error code ETARGET" >&2; exit 1 ;;
esac
"#;

    fn checkout(platform: &str) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("fixtures/implementations/some");
        fs::create_dir_all(&folder).unwrap();
        let manifest = format!(
            "name = \"some\"\nprogram = \"runtime\"\nlaunch = \"arguments\"\n\
             [[package]]\nplatform = \"{platform}\"\nnpm = \"some-package\"\nfile = \"bin\"\n"
        );
        fs::write(folder.join("implementation.toml"), manifest).unwrap();
        root
    }

    #[test]
    fn every_way_an_installation_can_go() {
        let root = checkout(&format!("{OS}-{ARCH}"));
        let npm = root.path().join("npm");
        fs::write(&npm, NPM).unwrap();
        fs::set_permissions(&npm, fs::Permissions::from_mode(0o755)).unwrap();
        let runtimes = Runtimes { npm: npm.into(), ..Runtimes::of(root.path()) };
        let place = root.path().join("target/runtimes/some@1.2.3");
        let wanted = Wanted { name: "some".to_owned(), version: "1.2.3".to_owned() };
        let failed = |why: &str| Err(Failure::Failed(why.to_owned()));
        let unavailable = |why: &str| Err(Failure::Unavailable(why.to_owned()));
        let usage = |why: &str| Err(Failure::Usage(why.to_owned()));
        for (text, outcome) in [
            ("some@1.2.3", Ok(Installed::Now(wanted.clone(), place))),
            ("some@1.2.3", Ok(Installed::Already(wanted))),
            ("some@2.0.0", failed("the binary says that it is 7.7.7")),
            ("some@3.0.0", unavailable("npm does not reach its registry (ENOTFOUND)")),
            ("some@4.0.0", failed("there is no version 4.0.0 of some-package")),
            ("other@1.2.3", usage("unknown runtime \"other\"; there is some")),
            ("some", usage("expected a name and a version, as in deno@2.9.6")),
        ] {
            assert_eq!(runtimes.install(text), outcome, "{text}");
        }

        let without = Runtimes { npm: root.path().join("nothing").into(), ..runtimes };
        assert_eq!(
            without.install("some@1.0.0"),
            unavailable("there is no npm on the search path; it comes with Node.js")
        );
        let listed: Vec<_> = without.list().unwrap().iter().map(Found::to_string).collect();
        assert_eq!(listed, ["some@1.2.3: says 1.2.3"], "nothing is left of what failed");
    }

    #[test]
    fn a_platform_without_a_package_is_told_which_have_one() {
        let root = checkout("plan9-mips");
        let why = format!("no package for {OS}-{ARCH}; there is plan9-mips");
        let runtimes = Runtimes::of(root.path());
        assert_eq!(runtimes.install("some@1.2.3"), Err(Failure::Failed(why)));
        assert_eq!(runtimes.list(), Ok(Vec::new()));
    }

    #[test]
    fn the_manifests_of_this_checkout_can_be_installed_from() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let manifests = manifest::read(&Runtimes::of(root).manifests).unwrap();
        let deno = find(&manifests, "deno").unwrap();
        let package = deno.package("2.9.6", "linux-x86_64").unwrap();
        assert!(matches!(package, Package::Npm { npm, .. } if npm == "@deno/linux-x64-glibc"));
        let built = find(&manifests, "deno_permissions").unwrap();
        let package = built.package("2.9.6", "plan9-mips").unwrap();
        assert!(matches!(package, Package::Cargo { cargo, .. } if cargo == "0.119.0"));
        let why = "no package for 1.0.0; there is 2.4.4, 2.6.8, 2.9.6".to_owned();
        assert_eq!(built.package("1.0.0", "plan9-mips").unwrap_err(), Failure::Failed(why));
    }
}
