//! What a run costs, as ratios: seconds hold on no other machine, but what is measured beside each other in one run does.

pub mod runtime;
pub mod start;
pub mod talk;
