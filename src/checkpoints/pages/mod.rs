//! The pages of checkpoints and of a person's entries.

mod answers;
mod checkpoint;
mod entries;

pub use checkpoint::{CheckpointPage, checkpoint, enter};
pub use entries::{EntriesPage, EntrySummary, confirm_withdrawal, entries, withdraw};
