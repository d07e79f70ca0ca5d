//! Lessons: content as it is read, and the pages of the course. The module under `fixtures/harbour` proves that nothing of
//! the shipped one is built into the code.

mod anchors;
mod blocks;
mod check;
mod content;
mod glossary;
mod guide;
mod links;
mod names;
mod orders;
mod pages;
mod practice;
mod print;
mod reads;
mod search;
mod watch;

use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::support::TestApp;

pub(crate) use content::with_file;

/// The small module of these tests.
pub(crate) fn harbour() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/harbour")
}

async fn spawn() -> TestApp {
    TestApp::spawn_with(|config| config.content.folder = Some(harbour())).await
}

/// The harbour module, with the shipped lab in its first section.
pub(crate) fn harbour_with_lab() -> TempDir {
    let section = "title = \"First watch\"\nsummary = \"Eight to midnight.\"\nlab = \"service-annotations\"\n";
    with_file("watch/01-first-watch/section.toml", section)
}
