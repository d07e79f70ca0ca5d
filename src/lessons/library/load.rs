//! From files to a programme with its modules.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::content_reader::ContentReader;
use super::files::{Files, is_image};
use super::image_size::image_size;
use super::media::Media;
use super::page_path::page_path;
use crate::lessons::fault::Rule;
use crate::lessons::markdown::{Highlighter, Links, Renderer};
use crate::lessons::model::{Module, Programme, Term};
use crate::lessons::paths::has_extension;

/// Everything read from the files.
#[derive(Debug)]
pub(in crate::lessons) struct Contents {
    pub(super) programme: Programme,
    pub(super) modules: Vec<Module>,
    pub(super) media: BTreeMap<String, Media>,
}

/// Reads every file that the programme names; fails with every fault at once.
pub(in crate::lessons) fn load(files: &Files, labs: &[String], highlighter: &Highlighter) -> anyhow::Result<Contents> {
    let mut links = find_links(files);
    // Lessons carry the meanings of terms, so the glossaries are read first.
    let (glossaries, faults) = {
        let renderer = Renderer { highlighter, links: &links, labs };
        let mut reader = ContentReader::new(files, &renderer);
        (reader.read_glossaries(), reader.faults)
    };
    let meanings = |terms: &Vec<Term>| terms.iter().map(|term| (term.slug.clone(), term.means.clone())).collect();
    links.terms = glossaries.iter().map(|(folder, terms)| (folder.clone(), meanings(terms))).collect();
    let renderer = Renderer { highlighter, links: &links, labs };
    let mut reader = ContentReader { faults, glossaries, ..ContentReader::new(files, &renderer) };
    let contents = read_contents(&mut reader);
    check_duplicates(&mut reader);
    reader.faults.check_anchors(&reader.anchors);
    reader.faults.finish()?;
    contents.ok_or_else(|| anyhow::anyhow!("the content could not be read"))
}

fn read_contents(reader: &mut ContentReader<'_>) -> Option<Contents> {
    let (programme, folders) = reader.read_programme()?;
    let modules = folders.iter().filter_map(|folder| reader.read_module(folder)).collect();
    let images = reader.renderer.links.media.keys();
    let media =
        images.filter_map(|path| Some((path.clone(), Media::new(Cow::clone(reader.files.find(path)?))))).collect();
    Some(Contents { programme, modules, media })
}

/// Adds a fault for the later one of two lessons with one address, and of two questions of a module with one id.
fn check_duplicates(reader: &mut ContentReader<'_>) {
    let mut addresses = BTreeMap::new();
    for file in reader.anchors.keys() {
        if let Some(other) = page_path(file).and_then(|address| addresses.insert(address, file)) {
            let text = format!("its address is that of {other} too; rename one of the files");
            reader.faults.add_of(Rule::Duplicate, (file, 1), text);
        }
    }
    reader.questions.sort();
    let mut ids = BTreeMap::new();
    for (file, line, id) in &reader.questions {
        let module = file.split('/').next();
        if let Some((other, above)) = ids.insert((module, id), (file, line)) {
            let text = format!("the question {id:?} has the id of one in {other}:{above}; rename one");
            reader.faults.add_of(Rule::Duplicate, (file, *line), text);
        }
    }
}

fn find_links(files: &Files) -> Links {
    let mut links = Links::default();
    for path in files.paths() {
        if has_extension(path, "md") {
            if let Some(url) = page_path(path) {
                links.lessons.insert(path.to_owned(), url);
            }
        } else if is_image(path) {
            links.media.insert(path.to_owned(), files.find(path).and_then(|bytes| image_size(path, bytes)));
        }
    }
    links
}
