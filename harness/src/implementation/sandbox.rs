//! What the processes of an implementation may reach: for writing their own folders alone, and by TCP nothing but the harness's own listeners.
//!
//! A thread restricts itself, starts the process, which inherits the restriction, and ends.
//! So no program stands between the harness and the process, whatever uses the library has the sandbox, and a process that cannot be started is told of as ever.
//!
//! Reading and executing stay free, because a runtime loads whatever its system has, and a case runs what lies in its fixture.

use std::fmt;
use std::panic::resume_unwind;
use std::path::Path;
use std::thread;

use anyhow::Result;
use process_wrap::tokio::{ChildWrapper, CommandWrap};
use tokio::runtime::Handle;

/// The oldest Landlock that keeps all writing to some folders; to earlier ones emptying a file is no writing.
const KEEPS_WRITING: i32 = 3;

/// The oldest Landlock that refuses TCP.
const REFUSES_TCP: i32 = 4;

/// What processes are restricted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sandbox {
    /// The version of Landlock; none where it is not used.
    pub landlock: Option<i32>,
    /// Whether each process has a network of its own, in which there is nothing.
    pub namespace: bool,
}

impl Sandbox {
    /// No restriction.
    pub const NONE: Self = Self { landlock: None, namespace: false };

    /// The restrictions that this system really takes; found out by trying, so that what is said of them is so.
    pub fn here() -> Self {
        let landlock = in_a_thread(system::landlock).filter(|version| *version >= KEEPS_WRITING);
        let refuses_tcp = landlock.is_some_and(|version| version >= REFUSES_TCP);
        Self { landlock, namespace: !refuses_tcp && in_a_thread(system::enter_namespace).is_ok() }
    }

    /// Starts a process that may write to these folders, which must exist, and to nothing else, and that may come to this port by TCP, and to no other.
    ///
    /// A process that has a port may listen, too, on one that the system chooses.
    pub fn start(
        self,
        command: &mut CommandWrap,
        writable: &[&Path],
        port: Option<u16>,
    ) -> Result<Box<dyn ChildWrapper>> {
        if self == Self::NONE {
            return Ok(command.spawn()?);
        }
        let executor = Handle::current();
        in_a_thread(|| {
            let _entered = executor.enter();
            // In a network of its own nobody comes to a listener of ours.
            if self.namespace && port.is_none() {
                system::enter_namespace()?;
            }
            if let Some(version) = self.landlock {
                system::restrict(version, writable, port)?;
            }
            Ok(command.spawn()?)
        })
    }
}

impl fmt::Display for Sandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("sandbox: ")?;
        match (self.landlock, self.namespace) {
            (Some(version @ REFUSES_TCP..), _) => {
                write!(
                    f,
                    "processes write to their own folders alone and reach by TCP only the harness's own listeners, by Landlock (ABI {version})"
                )
            }
            (Some(version), true) => {
                write!(
                    f,
                    "processes write to their own folders alone, by Landlock (ABI {version}), and have no network, by an empty namespace"
                )
            }
            (Some(version), false) => {
                write!(
                    f,
                    "processes write to their own folders alone, by Landlock (ABI {version}), and have the whole network, because that needs ABI {REFUSES_TCP} or the right to make a namespace"
                )
            }
            (None, true) => {
                write!(
                    f,
                    "processes have no network, by an empty namespace, and write anywhere, because that needs Landlock (ABI {KEEPS_WRITING})"
                )
            }
            (None, false) => {
                write!(
                    f,
                    "missing, because Landlock (ABI {KEEPS_WRITING}) is not to be had here: processes write anywhere and have the whole network"
                )
            }
        }
    }
}

/// Does something in a thread that ends with it, since a restriction can never be lifted.
fn in_a_thread<T: Send>(act: impl FnOnce() -> T + Send) -> T {
    thread::scope(|scope| scope.spawn(act).join()).unwrap_or_else(|panic| resume_unwind(panic))
}

#[cfg(target_os = "linux")]
mod system {
    use std::path::Path;

    use anyhow::{Context, Result};
    use landlock::{
        ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, LandlockStatus, NetPort,
        PathBeneath, PathFd, Ruleset, RulesetAttr, RulesetCreatedAttr, path_beneath_rules,
    };
    use nix::sched::{CloneFlags, unshare};

    use super::REFUSES_TCP;

    /// The newest Landlock that the corpus was run under; whatever later ones can restrict stays free.
    const NEWEST: ABI = ABI::V7;

    /// Devices that keep nothing of what is written to them, and that programs expect to be there.
    const DEVICES: [&str; 4] = ["/dev/null", "/dev/zero", "/dev/full", "/dev/tty"];

    /// The version of Landlock that restricts this thread from now on.
    pub fn landlock() -> Option<i32> {
        let ruleset = Ruleset::default().handle_access(AccessFs::from_write(NEWEST)).ok()?;
        let restricted = ruleset.create().ok()?.restrict_self().ok()?;
        match restricted.landlock {
            LandlockStatus::Available { effective_abi, .. } => {
                Some(effective_abi.min(NEWEST) as i32)
            }
            LandlockStatus::NotEnabled | LandlockStatus::NotImplemented => None,
        }
    }

    /// Restricts this thread, and what it starts, as far as a version of Landlock can; to less it does not come.
    pub fn restrict(version: i32, writable: &[&Path], port: Option<u16>) -> Result<()> {
        let abi = ABI::from(version);
        let write = AccessFs::from_write(abi);
        let mut ruleset = Ruleset::default()
            .set_compatibility(CompatLevel::HardRequirement)
            .handle_access(write)?;
        if version >= REFUSES_TCP {
            ruleset = ruleset.handle_access(AccessNet::from_all(abi))?;
        }
        let mut ruleset = ruleset.create()?.add_rules(path_beneath_rules(DEVICES, write))?;
        for folder in writable {
            ruleset = ruleset.add_rule(PathBeneath::new(PathFd::new(folder)?, write))?;
        }
        if let Some(port) = port.filter(|_| version >= REFUSES_TCP) {
            ruleset = ruleset.add_rule(NetPort::new(port, AccessNet::ConnectTcp))?;
            ruleset = ruleset.add_rule(NetPort::new(0, AccessNet::BindTcp))?;
        }
        ruleset.restrict_self()?;
        Ok(())
    }

    /// Gives this thread, and what it starts, a network in which there is nothing.
    ///
    /// That takes a privilege: a user namespace, which would give it to anybody, is open to processes of a single thread only.
    pub fn enter_namespace() -> Result<()> {
        unshare(CloneFlags::CLONE_NEWNET).context("no network namespace can be made")
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    use std::path::Path;

    use anyhow::{Result, bail};

    /// There is none here.
    pub fn landlock() -> Option<i32> {
        None
    }

    /// There is nothing here to be restricted by.
    pub fn restrict(_version: i32, _writable: &[&Path], _port: Option<u16>) -> Result<()> {
        bail!("Landlock is a part of Linux")
    }

    /// There are none here.
    pub fn enter_namespace() -> Result<()> {
        bail!("network namespaces are a part of Linux")
    }
}
