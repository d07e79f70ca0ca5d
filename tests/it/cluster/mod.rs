//! The cluster-scoped objects, tested without a cluster.

#[path = "../../cluster/acts/mod.rs"]
#[expect(dead_code, reason = "requests and their answers are for a real cluster alone")]
mod acts;
mod policies;
mod policy;
