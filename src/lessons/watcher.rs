//! Content that is read again when its author saves a file.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;
use notify_debouncer_full::notify::{RecommendedWatcher, RecursiveMode};
use notify_debouncer_full::{DebounceEventResult, Debouncer, RecommendedCache, new_debouncer};
use tracing::{info, warn};

use super::content_store::ContentStore;
use super::fault::ContentFaults;
use super::library::{ContentSettings, Library};
use super::markdown::Highlighter;

/// Editors write a file in several steps, which are over by then.
const DEBOUNCE: Duration = Duration::from_millis(100);

/// Keeps a content store up to date with the files, until it is dropped.
pub struct ContentWatcher {
    _debouncer: Debouncer<RecommendedWatcher, RecommendedCache>,
}

impl ContentWatcher {
    /// Watches the folder that the settings name; `labs` are the names that a lab block may use.
    pub fn start(store: &ContentStore, settings: &ContentSettings, labs: Vec<String>) -> anyhow::Result<Self> {
        let folder = settings.folder.clone().context("content.watch needs content.folder")?;
        let reloader = Reloader { store: store.clone(), settings: settings.clone(), folder: folder.clone(), labs };
        let mut debouncer =
            new_debouncer(DEBOUNCE, None, move |changes: DebounceEventResult| reloader.on_changes(changes))?;
        debouncer
            .watch(&folder, RecursiveMode::Recursive)
            .with_context(|| format!("{} cannot be watched", folder.display()))?;
        info!(folder = %folder.display(), "content watch started");
        Ok(Self { _debouncer: debouncer })
    }
}

/// What is needed to read the content again.
struct Reloader {
    store: ContentStore,
    settings: ContentSettings,
    folder: PathBuf,
    labs: Vec<String>,
}

impl Reloader {
    fn on_changes(&self, changes: DebounceEventResult) {
        match changes {
            // Reading the content opens its files, which is notified like a change.
            Ok(changes) if changes.iter().all(|change| change.kind.is_access()) => return,
            Ok(_) => {}
            Err(faults) => {
                for fault in faults {
                    warn!(error = %fault, "content change missed");
                }
                return;
            }
        }
        match self.reload() {
            Ok(()) => info!(revision = self.store.revision(), "content reloaded"),
            Err(fault) => self.log_failure(&fault),
        }
    }

    fn reload(&self) -> anyhow::Result<()> {
        self.store.replace(&Library::load(&self.settings, &self.labs, &Highlighter::load())?);
        Ok(())
    }

    fn log_failure(&self, fault: &anyhow::Error) {
        let Some(ContentFaults(faults)) = fault.downcast_ref() else {
            return warn!(error = format!("{fault:#}"), "content reload failed");
        };
        for fault in faults {
            // The author fixes these; the last good content is served until then.
            let file = self.folder.join(&fault.file);
            warn!(file = %file.display(), line = fault.line, fault = fault.text, "content fault found");
        }
        warn!(faults = faults.len(), "content reload refused");
    }
}
