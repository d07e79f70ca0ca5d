//! Where content comes from: the files built into the program, or a folder.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use rust_embed::RustEmbed;
use serde::Deserialize;
use url::Url;

use crate::lessons::address::{compose, encode};
use crate::lessons::paths::has_extension;
use crate::settings::Faults;

#[derive(RustEmbed)]
#[folder = "content"]
#[exclude = "README.md"]
struct BuiltIn;

/// Is replaced in an address by the path of a file.
const PATH_PLACEHOLDER: &str = "{path}";

/// The `[content]` section.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ContentSettings {
    /// A folder of content to serve in place of the module that the program ships with.
    pub folder: Option<PathBuf>,
    /// Whether a change to a file of the folder is taken over while the site is served, for those who write.
    pub watch: bool,
    /// Where a lesson's file can be changed, with `{path}` in place of its path; lessons then link to it.
    pub edit_url: Option<String>,
}

impl ContentSettings {
    /// Where the file at `path` can be changed.
    pub fn edit_address(&self, path: &str) -> Option<String> {
        self.edit_url.as_ref().map(|url| url.replace(PATH_PLACEHOLDER, &encode(path)))
    }

    /// Every fault of the section, as messages for the person who wrote it.
    pub fn validate(&self) -> Vec<String> {
        let mut faults = Faults::of("content");
        if let Some(folder) = &self.folder {
            faults.existing_folder("folder", folder);
        }
        faults.expect(!self.watch || self.folder.is_some(), "watch", "needs content.folder, the folder to watch");
        if let Some(url) = &self.edit_url {
            // Readers get it, so it may hold no token of whoever wrote it.
            let is_web = |url: &Url| ["https", "http"].contains(&url.scheme()) && url.username().is_empty();
            let is_sound =
                Url::parse(url).is_ok_and(|url| is_web(&url)) && url.trim() == url && url.contains(PATH_PLACEHOLDER);
            let example = "https://git.example.org/team/course/edit/main/content/{path}";
            let message =
                format!("must be a web address with {PATH_PLACEHOLDER} in it and no user name, such as {example}");
            faults.expect(is_sound, "edit_url", message);
        }
        faults.into_list()
    }
}

/// Every file by its path below the content folder, and those that are left out.
#[derive(Debug, Default)]
pub(crate) struct Files {
    read: BTreeMap<String, Cow<'static, [u8]>>,
    ignored: BTreeMap<String, IgnoreReason>,
}

/// Why a file is neither read nor served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum IgnoreReason {
    /// Its name is that of a hidden file, or of a copy that an editor leaves.
    HiddenOrBackup,
    /// It is neither a lesson, nor a list, nor an image.
    UnknownType,
    /// It is a link to something outside of the folder, or to a file of another type.
    OutsideLink,
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
            for path in BuiltIn::iter() {
                if let (true, Some(file)) = (files.accepts(&path), BuiltIn::get(&path)) {
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

    /// The text of a file, unless it is missing or not UTF-8.
    pub(crate) fn find_text(&self, path: &str) -> Option<&str> {
        std::str::from_utf8(self.find(path)?).ok()
    }

    /// The paths of all files that are read.
    pub(crate) fn paths(&self) -> impl Iterator<Item = &str> {
        self.read.keys().map(String::as_str)
    }

    /// The paths of all files that are left out, with the reason.
    pub(crate) fn ignored(&self) -> impl Iterator<Item = (&str, IgnoreReason)> {
        self.ignored.iter().map(|(path, reason)| (path.as_str(), *reason))
    }

    /// Whether the file at `path` is read; if not, the reason is kept.
    fn accepts(&mut self, path: &str) -> bool {
        let name = path.rsplit('/').next().unwrap_or(path);
        if path == "README.md" || is_tool_file(name) {
            return false;
        }
        if is_hidden_or_backup(name) {
            self.ignored.insert(path.to_owned(), IgnoreReason::HiddenOrBackup);
            return false;
        }
        let is_known = has_extension(path, "md") || has_extension(path, "toml") || is_image(path);
        if !is_known {
            self.ignored.insert(path.to_owned(), IgnoreReason::UnknownType);
        }
        is_known
    }

    /// Reads a folder; `above` holds the folders around it, so that a link to one of them does not recurse for ever.
    fn read_folder(&mut self, root: &Path, folder: &Path, above: &mut Vec<PathBuf>) -> anyhow::Result<()> {
        for entry in std::fs::read_dir(folder).with_context(|| folder.display().to_string())? {
            let entry = entry?;
            let path = entry.path();
            let Some(name) = path.strip_prefix(root)?.to_str().map(|name| compose(name).into_owned()) else { continue };
            let target = path.canonicalize().with_context(|| path.display().to_string())?;
            let is_link = entry.file_type()?.is_symlink();
            if target.is_dir() {
                let is_hidden = is_hidden_or_backup(&entry.file_name().to_string_lossy());
                if is_link && !target.starts_with(root) {
                    self.ignored.insert(name, IgnoreReason::OutsideLink);
                } else if !is_hidden && !above.contains(&target) {
                    above.push(target);
                    self.read_folder(root, &path, above)?;
                    above.pop();
                }
                continue;
            }
            if !self.accepts(&name) {
                continue;
            }
            if self.read.contains_key(&name) {
                self.ignored.insert(name, IgnoreReason::SameName);
                continue;
            }
            // The name of a link must not turn a list of answers into an image.
            if is_link && (!target.starts_with(root) || target.extension() != path.extension()) {
                self.ignored.insert(name, IgnoreReason::OutsideLink);
                continue;
            }
            let bytes = std::fs::read(&path).with_context(|| path.display().to_string())?;
            let bytes = if is_image(&name) { bytes } else { plain_text(bytes) };
            self.read.insert(name, Cow::Owned(bytes));
        }
        Ok(())
    }
}

/// Text without the byte order mark and the line ends of some editors, in composed letters, so that the names in it are found
/// however they were typed.
fn plain_text(bytes: Vec<u8>) -> Vec<u8> {
    let Ok(text) = std::str::from_utf8(&bytes) else { return bytes };
    let plain = text.strip_prefix('\u{feff}').unwrap_or(text);
    let plain = if plain.contains('\r') { Cow::Owned(plain.replace("\r\n", "\n")) } else { Cow::Borrowed(plain) };
    match compose(&plain) {
        Cow::Borrowed(same) if same.len() == bytes.len() => bytes,
        changed => changed.into_owned().into_bytes(),
    }
}

/// The types of images, which alone are served as they are: any other file in a folder of content may hold answers.
const IMAGE_EXTENSIONS: [&str; 7] = ["avif", "gif", "jpeg", "jpg", "png", "svg", "webp"];

/// Whether a file is an image by its name.
pub(in crate::lessons) fn is_image(path: &str) -> bool {
    IMAGE_EXTENSIONS.iter().any(|extension| has_extension(path, extension))
}

/// Whether a name is that of a hidden file, or of a copy that an editor leaves.
fn is_hidden_or_backup(name: &str) -> bool {
    name.starts_with(['.', '#']) || name.ends_with(['~', '#'])
}

/// Whether a name is that of a file which belongs to version control, to an editor's settings, or to Kubernetes' own
/// way to mount files; nobody expects these to be served.
fn is_tool_file(name: &str) -> bool {
    name.starts_with(".git") || name.starts_with("..") || name == ".editorconfig"
}
