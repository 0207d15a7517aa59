//! Processes that left the company of the one that started them, so that they are not ended with it.
//!
//! Where the system lets a process adopt the orphans below it, they come to this one, and are ended here.
//! Elsewhere a process that leaves its group escapes.

#[cfg(target_os = "linux")]
mod linux {
    use std::fs;
    use std::path::Path;

    use rustix::process::{
        Pid, Signal, WaitOptions, getpid, kill_process, set_child_subreaper, waitpid,
    };

    /// A process as the system lists it.
    struct Process {
        parent: i32,
        /// Zero where whoever leads the session is outside of this namespace.
        session: i32,
    }

    impl Process {
        /// Reads the entry of a process, by its folder in the list; none if it has ended.
        fn read(folder: &Path) -> Option<Self> {
            let stat = fs::read_to_string(folder.join("stat")).ok()?;
            // Behind the name, which may hold anything: the state, the parent, the group, the session.
            let (_, fields) = stat.rsplit_once(')')?;
            let mut fields = fields.split_ascii_whitespace().skip(1).map(str::parse);
            let (parent, _group, session) = (fields.next()?, fields.next()?, fields.next()?);
            Some(Self { parent: parent.ok()?, session: session.ok()? })
        }
    }

    /// A process below this one.
    struct Child {
        pid: Pid,
        session: i32,
    }

    /// From now on, whatever loses its parent below this process has this one as its parent.
    pub fn adopt() {
        // A system that cannot do it leaves the orphans to its first process.
        let _ = set_child_subreaper(Some(getpid()));
    }

    /// Ends the processes that were adopted, and says how many there were; those that this process started itself lead a session, and are left to whoever started them.
    pub fn end_adopted() -> usize {
        // Read from the list, too, because the call's wrapper takes a session without a number for a fault.
        let ours = Process::read(Path::new("/proc/self")).map(|process| process.session);
        end(|child| Some(child.session) != ours && child.session != child.pid.as_raw_pid())
    }

    /// Ends every process below this one.
    pub fn end_all() {
        end(|_| true);
    }

    fn end(is_meant: impl Fn(&Child) -> bool) -> usize {
        let mut ended = 0;
        // The children of what is ended are adopted in their turn.
        loop {
            let meant: Vec<_> = children().filter(&is_meant).collect();
            if meant.is_empty() {
                return ended;
            }
            ended += meant.len();
            for child in meant {
                // One that has just ended by itself cannot be killed, and is gone all the same.
                let _ = kill_process(child.pid, Signal::KILL);
                let _ = waitpid(Some(child.pid), WaitOptions::empty());
            }
        }
    }

    /// The children of this process, as the system lists them.
    fn children() -> impl Iterator<Item = Child> {
        let parent = getpid().as_raw_pid();
        let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
        processes.filter_map(move |process| {
            let pid = process.file_name().to_str()?.parse().ok().and_then(Pid::from_raw)?;
            let Process { parent: found, session } = Process::read(&process.path())?;
            (found == parent).then_some(Child { pid, session })
        })
    }
}

#[cfg(target_os = "linux")]
pub use linux::{adopt, end_adopted, end_all};

#[cfg(not(target_os = "linux"))]
mod elsewhere {
    /// Nothing can be adopted here.
    pub fn adopt() {}

    /// Nothing was adopted here.
    pub fn end_adopted() -> usize {
        0
    }

    /// Nothing was adopted here.
    pub fn end_all() {}
}

#[cfg(not(target_os = "linux"))]
pub use elsewhere::{adopt, end_adopted, end_all};
