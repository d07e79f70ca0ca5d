//! The folders that the programme and its modules name.

use serde::Deserialize;

use crate::lessons::library::Files;

/// The folders that the programme and its modules name.
#[derive(Debug, Default)]
pub(super) struct Outline {
    pub(super) modules: Vec<String>,
    /// Each with its module's folder before it.
    pub(super) sections: Vec<String>,
}

#[derive(Default, Deserialize)]
struct NamedFolders {
    #[serde(default)]
    modules: Vec<String>,
    #[serde(default)]
    sections: Vec<String>,
}

impl Outline {
    /// As far as the files can be read; what is wrong with them is reported by the reader of the content.
    pub(super) fn read(files: &Files) -> Self {
        let named = |file: &str| files.find_text(file).and_then(|text| toml::from_str(text).ok()).unwrap_or_default();
        let NamedFolders { modules, .. } = named("programme.toml");
        let sections_of = |module: &String| {
            let NamedFolders { sections, .. } = named(&format!("{module}/module.toml"));
            sections.into_iter().map(|section| format!("{module}/{section}")).collect::<Vec<_>>()
        };
        Self { sections: modules.iter().flat_map(sections_of).collect(), modules }
    }
}
