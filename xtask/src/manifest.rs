//! What the manifests of implementations say about installing them.

use std::fs;
use std::path::Path;

use serde::Deserialize;

use crate::failure::Failure;

/// The part of an implementation's manifest that is about installing it; the harness reads the rest.
#[derive(Debug, Deserialize)]
pub struct Manifest {
    /// The name before the `@`.
    pub name: String,
    /// What the binary is called once it is installed.
    pub program: String,
    /// Where each platform's binary comes from.
    #[serde(default, rename = "package")]
    pub packages: Vec<Package>,
}

/// Where a binary comes from.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum Package {
    /// A package of npm's that holds the binary of one platform, at every version.
    Npm {
        /// Operating system and architecture as Rust names them, such as `linux-x86_64`.
        platform: String,
        /// The package's name in the registry.
        npm: String,
        /// Where the binary is in the package.
        file: String,
    },
    /// A package of cargo's beside the manifest, which is built.
    Cargo {
        /// The version that is asked for.
        release: String,
        /// The package's folder.
        cargo: String,
    },
}

impl Manifest {
    /// The package of a version for a platform.
    pub fn package(&self, version: &str, platform: &str) -> Result<&Package, Failure> {
        let is_meant = |package: &&Package| match package {
            Package::Npm { platform: known, .. } => known == platform,
            Package::Cargo { release, .. } => release == version,
        };
        self.packages.iter().find(is_meant).ok_or_else(|| {
            let known = self.packages.iter().map(|package| match package {
                Package::Npm { platform, .. } => platform.as_str(),
                Package::Cargo { release, .. } => release.as_str(),
            });
            let known: Vec<_> = known.collect();
            let what = match self.packages.first() {
                Some(Package::Cargo { .. }) => version,
                Some(Package::Npm { .. }) | None => platform,
            };
            Failure::Failed(format!("no package for {what}; there is {}", known.join(", ")))
        })
    }
}

/// Reads the manifests of all implementations that can be installed, by name.
pub fn read(folder: &Path) -> Result<Vec<Manifest>, Failure> {
    let failed = |path: &Path, error: &dyn std::fmt::Display| {
        Failure::Failed(format!("cannot read \"{}\": {error}", path.display()))
    };
    let mut manifests = Vec::new();
    for entry in fs::read_dir(folder).map_err(|error| failed(folder, &error))? {
        let path =
            entry.map_err(|error| failed(folder, &error))?.path().join("implementation.toml");
        if !path.exists() {
            continue;
        }
        let text = fs::read_to_string(&path).map_err(|error| failed(&path, &error))?;
        let manifest: Manifest = toml::from_str(&text).map_err(|error| failed(&path, &error))?;
        if !manifest.packages.is_empty() {
            manifests.push(manifest);
        }
    }
    manifests.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(manifests)
}
