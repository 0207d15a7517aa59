//! The wish to end a run early, which keeps what was seen until then.

use std::cell::Cell;

use tokio::sync::Notify;

/// Whether somebody wants the run to end.
#[derive(Debug, Default)]
pub struct Stop {
    wanted: Cell<bool>,
    told: Notify,
}

impl Stop {
    /// Says that the run is to end.
    pub fn say(&self) {
        self.wanted.set(true);
        self.told.notify_one();
    }

    /// Whether it was said.
    pub fn was_said(&self) -> bool {
        self.wanted.get()
    }

    /// Ends when it is said.
    pub async fn heard(&self) {
        if !self.was_said() {
            self.told.notified().await;
        }
    }
}
