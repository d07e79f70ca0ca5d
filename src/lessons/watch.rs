//! Content that is read again when its author saves a file.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;
use notify_debouncer_full::notify::{RecommendedWatcher, RecursiveMode};
use notify_debouncer_full::{DebounceEventResult, Debouncer, RecommendedCache, new_debouncer};
use tracing::{info, warn};

use super::fault::ContentFaults;
use super::library::{ContentSettings, Library};
use super::markdown::Highlighter;
use super::shelf::Shelf;

/// Editors write a file in several steps; these are over by then.
const QUIET: Duration = Duration::from_millis(100);

/// Keeps a shelf as the files are, until it is dropped.
pub struct Watch {
    _debouncer: Debouncer<RecommendedWatcher, RecommendedCache>,
}

impl Watch {
    /// Watches the folder that the settings name; `labs` are the names that a lab block may use.
    pub fn start(shelf: &Shelf, settings: &ContentSettings, labs: Vec<String>) -> anyhow::Result<Self> {
        let folder = settings.folder.clone().context("content.watch needs content.folder")?;
        let again = Again { shelf: shelf.clone(), settings: settings.clone(), folder: folder.clone(), labs };
        let mut debouncer = new_debouncer(QUIET, None, move |changes: DebounceEventResult| again.take(changes))?;
        debouncer
            .watch(&folder, RecursiveMode::Recursive)
            .with_context(|| format!("{} cannot be watched", folder.display()))?;
        info!(folder = %folder.display(), "watching the content");
        Ok(Self { _debouncer: debouncer })
    }
}

/// What is needed to read the content again.
struct Again {
    shelf: Shelf,
    settings: ContentSettings,
    folder: PathBuf,
    labs: Vec<String>,
}

impl Again {
    fn take(&self, changes: DebounceEventResult) {
        match changes {
            // Reading the content opens its files, which is told like a change.
            Ok(changes) if changes.iter().all(|change| change.kind.is_access()) => return,
            Ok(_) => {}
            Err(faults) => {
                for fault in faults {
                    warn!(error = %fault, "a change of the content may have gone unseen");
                }
                return;
            }
        }
        match self.read() {
            Ok(()) => info!("the content was read again"),
            Err(fault) => self.tell(&fault),
        }
    }

    fn read(&self) -> anyhow::Result<()> {
        self.shelf.replace(Library::load(&self.settings, &self.labs, &Highlighter::load())?)
    }

    fn tell(&self, fault: &anyhow::Error) {
        let Some(ContentFaults(faults)) = fault.downcast_ref() else {
            return warn!(error = format!("{fault:#}"), "the content stays as it was");
        };
        for fault in faults {
            let file = self.folder.join(&fault.file);
            // The author's to mend, and no fault of the program.
            warn!("{}:{}: {}", file.display(), fault.line, fault.text);
        }
        warn!(faults = faults.len(), "the content stays as it was until this is mended");
    }
}
