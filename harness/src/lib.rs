//! The conformance suite of runtime permission models: the harness.
//!
//! A straight line: the [`corpus`] is read, [`plan`] decides which case runs on what, `run` acts the cases out on an [`implementation`], `compare` says how what was seen differs from what is promised, and `outcome` what that means in the light of what is known.

pub mod access;
pub mod bench;
pub mod bless;
pub mod broker;
pub mod carried;
pub mod command;
pub mod compare;
pub mod compared;
pub mod consistency;
pub mod corpus;
pub mod diff;
pub mod doctor;
pub mod effect;
pub mod exit;
pub mod explain;
pub mod file;
pub mod filter;
pub mod implementation;
pub mod judgement;
pub mod known;
pub mod launch;
pub mod law;
pub mod merge;
pub mod message;
pub mod observation;
pub mod operation;
pub mod outcome;
pub mod partition;
pub mod plan;
pub mod project;
pub mod record;
pub mod replay;
pub mod report;
pub mod run;
pub mod stop;
pub mod suite;
pub mod tally;
pub mod transcript;
pub mod upgrade;
pub mod wire;
