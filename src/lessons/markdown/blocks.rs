//! Blocks with a meaning of their own: callouts, code, diagrams, questions, labs.

use pulldown_cmark::{BlockQuoteKind, CodeBlockKind, Event, TagEnd};
use quick_xml::escape::escape;
use serde::Deserialize;

use super::diagram::Diagram;
use super::fence::{Fence, TargetCluster};
use super::renderer::{Events, RenderedBlock, TextRenderer};
use crate::lessons::fault::Rule;

/// Stands above commands for another cluster than the lab's; pages show it where there are commands for both.
const OWN_CLUSTER: &str = "<p class=\"code-cluster\">For a cluster of your own</p>";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LabSource {
    name: String,
}

impl<'a> TextRenderer<'_, 'a, '_> {
    pub(super) fn open_callout(&mut self, kind: BlockQuoteKind) {
        let (class, title) = match kind {
            BlockQuoteKind::Note => ("note", "Note"),
            BlockQuoteKind::Tip => ("tip", "Tip"),
            BlockQuoteKind::Important => ("important", "Important"),
            BlockQuoteKind::Warning => ("warning", "Warning"),
            BlockQuoteKind::Caution => ("caution", "Caution"),
        };
        self.push_html(format!(
            "<aside class=\"callout callout-{class}\" role=\"note\" aria-label=\"{title}\"><p class=\"callout-title\">{title}</p>\n"
        ));
    }

    pub(super) fn take_code(&mut self, kind: &CodeBlockKind<'a>, start: usize, rest: &mut Events<'a>) {
        let mut code = String::new();
        for (event, _) in rest.by_ref() {
            match event {
                Event::End(TagEnd::CodeBlock) => break,
                Event::Text(text) => code.push_str(&text),
                _ => {}
            }
        }
        let info = match kind {
            CodeBlockKind::Fenced(info) => info.as_ref(),
            CodeBlockKind::Indented => "",
        };
        let fence = match Fence::parse(info) {
            Ok(fence) => fence,
            Err(fault) => return self.fault(start, fault),
        };
        match fence.language.as_str() {
            "question" => self.take_question(code, start),
            "lab" => self.take_lab(&code, start),
            "mermaid" => self.take_diagram(&code, start),
            _ => {
                self.push_text(&code);
                self.push_code(&code, &fence, start);
            }
        }
    }

    fn push_code(&mut self, code: &str, fence: &Fence, start: usize) {
        let lines = code.lines().count();
        if let Some(past) = fence.marked.iter().find(|line| **line > lines) {
            self.fault(start, format!("line {past} is to be marked, and the block has {lines}"));
        }
        let has_commands = fence.has_commands(code);
        let target = match fence.target {
            Some(target) if has_commands => {
                format!(" data-cluster=\"{}\"", target.as_str())
            }
            Some(target) => {
                let target = target.as_str();
                self.fault_of(Rule::Commands, start, format!("no command to type stands here; leave out `{target}`"));
                String::new()
            }
            None => {
                self.rendered.unmarked_commands.extend(has_commands.then(|| self.source.line(start)));
                String::new()
            }
        };
        let own = if fence.target == Some(TargetCluster::Own) { OWN_CLUSTER } else { "" };
        let inner = self.renderer.highlighter.highlight(code, &fence.language, &fence.marked);
        let (language, label) = (escape(&fence.language), escape(fence.label()));
        let title = fence.title.as_ref().map_or(String::new(), |title| {
            format!("<p class=\"code-title\" aria-hidden=\"true\">{}</p>", escape(title))
        });
        self.push_html(format!(
            "<div class=\"code\" data-language=\"{language}\"{target}>{title}{own}<pre tabindex=\"0\" role=\"group\" aria-label=\"{label}\">\
             <code>{inner}</code></pre></div>\n"
        ));
    }

    fn take_diagram(&mut self, code: &str, start: usize) {
        match Diagram::draw(code) {
            Ok(Diagram { html, words }) => {
                self.push_text(&words);
                self.push_diagram(html);
            }
            Err(fault) => self.fault(start, fault),
        }
    }

    fn take_question(&mut self, toml: String, start: usize) {
        self.refuse_in_tabs(start);
        let first_line = self.source.line(start) + 1;
        self.push_block(RenderedBlock::Question { first_line, toml });
    }

    fn take_lab(&mut self, code: &str, start: usize) {
        match toml::from_str::<LabSource>(code) {
            Err(fault) => {
                self.fault_of(Rule::Lab, start, format!("a lab block reads `name = \"..\"`: {}", fault.message()));
            }
            Ok(lab) if !self.renderer.labs.contains(&lab.name) => {
                self.fault_of(
                    Rule::Lab,
                    start,
                    format!("there is no lab {:?}; there are: {}", lab.name, self.renderer.labs.join(", ")),
                );
            }
            Ok(lab) => {
                self.refuse_in_tabs(start);
                self.push_block(RenderedBlock::Lab(lab.name));
            }
        }
    }

    pub(super) fn refuse_in_tabs(&mut self, start: usize) {
        if self.tabs.is_some() {
            self.fault(start, "a question, a lab or a step cannot stand in a tab; put it after the tabs");
        }
    }
}
