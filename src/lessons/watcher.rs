//! Content that is read again when its author saves a file.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, SystemTime};

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

/// How often the folder is looked at, which is watched anew when it was deleted and made again.
const LOOK_EVERY: Duration = Duration::from_millis(500);

type FolderDebouncer = Debouncer<RecommendedWatcher, RecommendedCache>;

/// Keeps a content store up to date with the files, until it is dropped.
pub struct ContentWatcher {
    /// Ends the thread that looks at the folder.
    _stop: Sender<()>,
}

impl ContentWatcher {
    /// Watches the folder that the settings name; `labs` are the names that a lab block may use.
    pub fn start(store: &ContentStore, settings: &ContentSettings, labs: Vec<String>) -> anyhow::Result<Self> {
        let folder = settings.folder.clone().context("content.watch needs content.folder")?;
        let reloader = Arc::new(Reloader {
            store: store.clone(),
            settings: settings.clone(),
            folder,
            labs,
            is_lost: AtomicBool::new(false),
        });
        let on_changes = Arc::clone(&reloader);
        let mut debouncer =
            new_debouncer(DEBOUNCE, None, move |changes: DebounceEventResult| on_changes.on_changes(changes))?;
        // Taken before the watch begins: a folder that is exchanged meanwhile is watched anew.
        let watched = identity(&reloader.folder);
        reloader.watch(&mut debouncer)?;
        info!(folder = %reloader.folder.display(), "content watch started");
        let (stop, stopped) = channel();
        std::thread::Builder::new()
            .name("content-watch".to_owned())
            .spawn(move || reloader.follow(debouncer, watched, &stopped))?;
        Ok(Self { _stop: stop })
    }
}

/// The device, the number and the birth of a folder, which tell it from another one that has its name. The number alone does
/// not: a system may give it to the next folder that is made.
type Identity = (u64, u64, Option<SystemTime>);

fn identity(folder: &Path) -> Option<Identity> {
    let metadata = folder.metadata().ok()?;
    Some((metadata.dev(), metadata.ino(), metadata.created().ok()))
}

/// What is needed to read the content again.
struct Reloader {
    store: ContentStore,
    settings: ContentSettings,
    folder: PathBuf,
    labs: Vec<String>,
    /// Whether the folder that was watched has been deleted.
    is_lost: AtomicBool,
}

impl Reloader {
    fn watch(&self, debouncer: &mut FolderDebouncer) -> anyhow::Result<()> {
        let watch = debouncer.watch(&self.folder, RecursiveMode::Recursive);
        watch.with_context(|| format!("{} cannot be watched", self.folder.display()))
    }

    /// Watches the folder anew whenever another one has its name, since the system watches a folder and not a name.
    fn follow(&self, mut debouncer: FolderDebouncer, mut watched: Option<Identity>, stopped: &Receiver<()>) {
        while stopped.recv_timeout(LOOK_EVERY) == Err(RecvTimeoutError::Timeout) {
            let present = identity(&self.folder);
            if !self.is_lost.swap(false, Ordering::SeqCst) && present == watched {
                continue;
            }
            // It fails for a folder that is gone, which is watched no more anyway.
            let _ = debouncer.unwatch(&self.folder);
            watched = None;
            if present.is_some() && self.watch(&mut debouncer).is_ok() {
                info!(folder = %self.folder.display(), "content watch restarted");
                watched = present;
                self.reload_or_log();
            }
        }
    }

    fn on_changes(&self, changes: DebounceEventResult) {
        match changes {
            // Reading the content opens its files, which is notified like a change.
            Ok(changes) if changes.iter().all(|change| change.kind.is_access()) => return,
            Ok(changes) => {
                let is_folder = |path: &PathBuf| *path == self.folder;
                if changes.iter().any(|change| change.kind.is_remove() && change.paths.iter().any(is_folder)) {
                    self.is_lost.store(true, Ordering::SeqCst);
                }
            }
            Err(faults) => {
                for fault in faults {
                    warn!(error = %fault, "content change missed");
                }
                return;
            }
        }
        self.reload_or_log();
    }

    fn reload_or_log(&self) {
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
