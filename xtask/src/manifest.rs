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

/// A package that holds the binary of one platform.
#[derive(Debug, Deserialize)]
pub struct Package {
    /// Operating system and architecture as Rust names them, such as `linux-x86_64`.
    pub platform: String,
    /// The package's name in the registry.
    pub npm: String,
    /// Where the binary is in the package.
    pub file: String,
}

impl Manifest {
    /// The package for a platform.
    pub fn package(&self, platform: &str) -> Result<&Package, Failure> {
        self.packages.iter().find(|package| package.platform == platform).ok_or_else(|| {
            let known: Vec<_> = self.packages.iter().map(|it| it.platform.as_str()).collect();
            Failure::Failed(format!("no package for {platform}; there is {}", known.join(", ")))
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
