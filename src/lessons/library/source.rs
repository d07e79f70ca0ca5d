//! Where content comes from: the files built into the program, or a folder.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use rust_embed::RustEmbed;
use serde::Deserialize;
use url::Url;

use super::reader::has_ending;
use crate::lessons::address::{compose, encode};
use crate::settings::Faults;

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
        self.edit_url.as_ref().map(|url| url.replace(FILE, &encode(path)))
    }

    /// Every fault of the section, worded for the person who wrote it.
    pub fn validate(&self) -> Vec<String> {
        let mut faults = Faults::of("content");
        if let Some(folder) = &self.folder {
            faults.existing_folder("folder", folder);
        }
        faults.expect(!self.watch || self.folder.is_some(), "watch", "needs content.folder, the folder to watch");
        if let Some(url) = &self.edit_url {
            // Readers get it, so it may hold no token of whoever wrote it.
            let is_web = |url: &Url| ["https", "http"].contains(&url.scheme()) && url.username().is_empty();
            let is_sound = Url::parse(url).is_ok_and(|url| is_web(&url)) && url.trim() == url && url.contains(FILE);
            let example = "https://git.example.org/team/course/edit/main/content/{path}";
            let words = format!("must be a web address with {FILE} in it and no user name, such as {example}");
            faults.expect(is_sound, "edit_url", words);
        }
        faults.into_list()
    }
}

/// Every file by its path below the content folder, and those that are left out.
#[derive(Debug, Default)]
pub(crate) struct Files {
    read: BTreeMap<String, Cow<'static, [u8]>>,
    ignored: BTreeMap<String, Ignored>,
}

/// Why a file is neither read nor served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ignored {
    /// Its name is that of a hidden file, or of a copy that an editor leaves.
    Aside,
    /// It is neither a lesson, nor a list, nor an image.
    UnknownType,
    /// It is a link to something outside of the folder, or to a file of another type.
    ForeignLink,
    /// Another file has the same name, with its letters composed another way.
    SameName,
}

impl Files {
    /// Reads all files of the folder that the settings name, or those built in.
    pub(crate) fn read(settings: &ContentSettings) -> anyhow::Result<Self> {
        let mut files = Self::default();
        if let Some(folder) = &settings.folder {
            let root = folder.canonicalize().with_context(|| format!("there is no folder {}", folder.display()))?;
            files
                .read_folder(&root, &root, &mut vec![root.clone()])
                .with_context(|| format!("the content in {} cannot be read", folder.display()))?;
        } else {
            for path in Shipped::iter() {
                if let (true, Some(file)) = (files.takes(&path), Shipped::get(&path)) {
                    files.read.insert(path.into_owned(), file.data);
                }
            }
        }
        Ok(files)
    }

    /// The bytes of a file.
    pub(crate) fn find(&self, path: &str) -> Option<&Cow<'static, [u8]>> {
        self.read.get(path)
    }

    /// The paths of all files that are read.
    pub(crate) fn paths(&self) -> impl Iterator<Item = &str> {
        self.read.keys().map(String::as_str)
    }

    /// The paths of all files that are left out, with the reason.
    pub(crate) fn ignored(&self) -> impl Iterator<Item = (&str, Ignored)> {
        self.ignored.iter().map(|(path, reason)| (path.as_str(), *reason))
    }

    /// Whether the file at `path` is read; if not, it is written down why.
    fn takes(&mut self, path: &str) -> bool {
        let name = path.rsplit('/').next().unwrap_or(path);
        if path == "README.md" || is_of_a_tool(name) {
            return false;
        }
        if is_aside(name) {
            self.ignored.insert(path.to_owned(), Ignored::Aside);
            return false;
        }
        let is_known = has_ending(path, "md") || has_ending(path, "toml") || is_image(path);
        if !is_known {
            self.ignored.insert(path.to_owned(), Ignored::UnknownType);
        }
        is_known
    }

    /// Reads a folder; `above` holds the folders that it stands in, so that a link to one of them is no endless way.
    fn read_folder(&mut self, root: &Path, folder: &Path, above: &mut Vec<PathBuf>) -> anyhow::Result<()> {
        for entry in std::fs::read_dir(folder).with_context(|| folder.display().to_string())? {
            let entry = entry?;
            let path = entry.path();
            let Some(name) = path.strip_prefix(root)?.to_str().map(|name| compose(name).into_owned()) else { continue };
            let target = path.canonicalize().with_context(|| path.display().to_string())?;
            let is_link = entry.file_type()?.is_symlink();
            if target.is_dir() {
                let is_hidden = is_aside(&entry.file_name().to_string_lossy());
                if is_link && !target.starts_with(root) {
                    self.ignored.insert(name, Ignored::ForeignLink);
                } else if !is_hidden && !above.contains(&target) {
                    above.push(target);
                    self.read_folder(root, &path, above)?;
                    above.pop();
                }
                continue;
            }
            if !self.takes(&name) {
                continue;
            }
            if self.read.contains_key(&name) {
                self.ignored.insert(name, Ignored::SameName);
                continue;
            }
            // The name of a link must not turn a list of answers into an image.
            if is_link && (!target.starts_with(root) || target.extension() != path.extension()) {
                self.ignored.insert(name, Ignored::ForeignLink);
                continue;
            }
            let bytes = std::fs::read(&path).with_context(|| path.display().to_string())?;
            let bytes = if is_image(&name) { bytes } else { composed(bytes) };
            self.read.insert(name, Cow::Owned(bytes));
        }
        Ok(())
    }
}

/// Text in composed letters, so that the names in it are found however they were typed.
fn composed(bytes: Vec<u8>) -> Vec<u8> {
    match std::str::from_utf8(&bytes).map(compose) {
        Ok(Cow::Owned(text)) => text.into_bytes(),
        Ok(Cow::Borrowed(_)) | Err(_) => bytes,
    }
}

/// The types of images, which alone are public as they are. Whatever else lies in a folder of content may hold answers.
const IMAGES: [&str; 7] = ["avif", "gif", "jpeg", "jpg", "png", "svg", "webp"];

/// Whether a file is an image by its name.
pub(in crate::lessons) fn is_image(path: &str) -> bool {
    IMAGES.iter().any(|ending| has_ending(path, ending))
}

/// Whether a name is that of a hidden file, or of a copy that an editor leaves.
fn is_aside(name: &str) -> bool {
    name.starts_with(['.', '#']) || name.ends_with(['~', '#'])
}

/// Whether a name is that of a file which belongs to version control, to an editor's settings, or to Kubernetes' own
/// way to mount files; nobody wonders why these are not served.
fn is_of_a_tool(name: &str) -> bool {
    name.starts_with(".git") || name.starts_with("..") || name == ".editorconfig"
}
