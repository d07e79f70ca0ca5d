//! The terms of a module: `glossary.toml`, beside the module's own file.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use toml::Spanned;

use super::content_reader::ContentReader;
use crate::lessons::fault::{Rule, line_of};
use crate::lessons::markdown::anchor_of;
use crate::lessons::model::Term;
use crate::text::count_visible;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GlossarySource {
    terms: Vec<Spanned<TermSource>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TermSource {
    name: String,
    #[serde(default)]
    also: Vec<String>,
    means: String,
    /// The lesson that teaches it, from the module's folder.
    lesson: Option<String>,
}

impl ContentReader<'_> {
    /// Reads every glossary that there is, by the folder of its module.
    pub(super) fn read_glossaries(&mut self) -> BTreeMap<String, Vec<Term>> {
        let folders: Vec<String> =
            self.files.paths().filter_map(|path| path.strip_suffix("/glossary.toml")).map(str::to_owned).collect();
        folders.into_iter().map(|folder| (folder.clone(), self.read_glossary(&folder))).collect()
    }

    fn read_glossary(&mut self, folder: &str) -> Vec<Term> {
        let file = format!("{folder}/glossary.toml");
        let Some(text) = self.read_text(&file) else { return Vec::new() };
        let Some(source) = self.parse_toml::<GlossarySource>(&file, &text, 1) else { return Vec::new() };
        let (mut terms, mut slugs) = (Vec::new(), BTreeSet::new());
        for spanned in source.terms {
            let line = line_of(&text, spanned.span().start);
            let TermSource { name, also, means, lesson } = spanned.into_inner();
            let slug = anchor_of(&name);
            if count_visible(&name) == 0 || count_visible(&means) == 0 {
                self.faults.add(&file, line, "a term needs a `name` and what it `means`");
            }
            if !slugs.insert(slug.clone()) {
                self.faults.add_of(Rule::Duplicate, (&file, line), format!("the term {name:?} stands here twice"));
            }
            let taught = lesson.as_ref().map(|lesson| format!("{folder}/{lesson}"));
            let taught_in = taught.as_ref().and_then(|path| self.renderer.links.lessons.get(path)).cloned();
            if let (Some(path), None) = (&taught, &taught_in) {
                let text = format!("there is no lesson content/{path}; name it from the module's folder");
                self.faults.add_of(Rule::Link, (&file, line), text);
            }
            terms.push(Term { slug, name, also, means: means.trim().to_owned(), taught_in });
        }
        terms.sort_by_cached_key(|term| term.name.to_lowercase());
        terms
    }
}
