//! All SQL of games.

pub(super) mod documents;
pub(super) mod entries;
pub(super) mod games;
