//! Where content comes from: the files built into the program, or a folder.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use rust_embed::RustEmbed;
use serde::Deserialize;

#[derive(RustEmbed)]
#[folder = "content"]
#[exclude = "README.md"]
struct Shipped;

/// What stands in an address for the path of a file.
const FILE: &str = "{path}";

/// The `[content]` section.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ContentSettings {
    /// A folder of content to serve in place of the module that the program ships with.
    pub folder: Option<PathBuf>,
    /// Whether a change to a file of the folder is taken over while the site is served, for those who write.
    pub watch: bool,
    /// Where a lesson's file can be changed, with `{path}` in place of its path; lessons then lead there.
    pub edit_url: Option<String>,
}

impl ContentSettings {
    /// Where the file at `path` can be changed.
    pub fn edit_address(&self, path: &str) -> Option<String> {
        self.edit_url.as_ref().map(|url| url.replace(FILE, path))
    }

    /// Every fault of the section, worded for the person who wrote it.
    pub fn validate(&self) -> Vec<String> {
        let mut faults = Vec::new();
        if self.watch && self.folder.is_none() {
            faults.push("content.watch needs content.folder, the folder to watch".to_owned());
        }
        let is_web = |url: &str| url.starts_with("https://") || url.starts_with("http://");
        if self.edit_url.as_ref().is_some_and(|url| !is_web(url) || !url.contains(FILE)) {
            let example = "https://git.example.org/team/course/edit/main/content/{path}";
            faults.push(format!("content.edit_url is a web address with {FILE} in it, such as {example}"));
        }
        faults
    }
}

/// Every file by its path below the content folder.
#[derive(Debug, Default)]
pub(crate) struct Files(BTreeMap<String, Cow<'static, [u8]>>);

impl Files {
    /// Reads all files of the folder that the settings name, or those built in.
    pub(crate) fn read(settings: &ContentSettings) -> anyhow::Result<Self> {
        let mut files = BTreeMap::new();
        if let Some(folder) = &settings.folder {
            read_folder(folder, folder, &mut files)
                .with_context(|| format!("the content in {} cannot be read", folder.display()))?;
        } else {
            for path in Shipped::iter().filter(|path| !is_aside(path)) {
                if let Some(file) = Shipped::get(&path) {
                    files.insert(path.into_owned(), file.data);
                }
            }
        }
        Ok(Self(files))
    }

    /// The bytes of a file.
    pub(crate) fn find(&self, path: &str) -> Option<&Cow<'static, [u8]>> {
        self.0.get(path)
    }

    /// The paths of all files.
    pub(crate) fn paths(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

/// Whether a file is for authors and their editors: the page on writing, hidden files, and copies that editors leave.
fn is_aside(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    path == "README.md" || name.starts_with('.') || name.ends_with('~')
}

fn read_folder(root: &Path, folder: &Path, files: &mut BTreeMap<String, Cow<'static, [u8]>>) -> anyhow::Result<()> {
    for entry in std::fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        let Some(name) = path.strip_prefix(root)?.to_str() else { continue };
        if is_aside(name) {
            continue;
        }
        if path.is_dir() {
            read_folder(root, &path, files)?;
        } else {
            files.insert(name.to_owned(), Cow::Owned(std::fs::read(&path)?));
        }
    }
    Ok(())
}
