//! What the platform puts into a cluster, tried without one.

#[path = "../../cluster/acts/mod.rs"]
#[expect(dead_code, reason = "requests and their answers are for a real cluster alone")]
mod acts;
mod policies;
mod policy;
