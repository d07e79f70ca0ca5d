//! Terms of the glossary: links of the scheme `term:`, which lead to the glossary and carry the meaning of the term.

use quick_xml::escape::escape;

use super::renderer::TextRenderer;
use crate::lessons::address::{anchor_id, decode, encode};
use crate::lessons::fault::Rule;

/// What a link to a term begins with.
pub(super) const SCHEME: &str = "term:";

/// How similar a term has to be to be proposed, from 0 to 1.
const MIN_SIMILARITY: f64 = 0.8;

impl TextRenderer<'_, '_, '_> {
    /// Opens the link to a term; its end is that of any link.
    pub(super) fn open_term(&mut self, address: &str, start: usize) {
        let slug = decode(address.strip_prefix(SCHEME).unwrap_or(address));
        let module = self.source.file.split('/').next().unwrap_or_default();
        let terms = self.renderer.links.terms.get(module);
        if let Some(means) = terms.and_then(|terms| terms.get(&slug)) {
            let (module, id, means) = (encode(module), anchor_id(&slug), escape(means));
            let html = format!("<a class=\"term\" href=\"/modules/{module}/glossary#{id}\" data-means=\"{means}\">");
            self.rendered.terms.insert(slug);
            self.push_html(html);
            return;
        }
        let known = terms.into_iter().flat_map(|terms| terms.keys());
        let similarity = |known: &String| strsim::jaro_winkler(known, &slug);
        let nearest = known.max_by(|one, other| similarity(one).total_cmp(&similarity(other)));
        let proposal = match nearest.filter(|nearest| similarity(nearest) >= MIN_SIMILARITY) {
            Some(nearest) => format!("; do you mean term:{nearest}?"),
            None => format!("; add it to {module}/glossary.toml"),
        };
        self.fault_of(Rule::Term, start, format!("the glossary has no term {slug:?}{proposal}"));
        self.push_html("<a>");
    }
}
