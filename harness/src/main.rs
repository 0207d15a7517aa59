//! The `permscope` program.

fn main() {}
