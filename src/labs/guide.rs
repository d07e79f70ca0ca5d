//! The guide of a lab, with the steps that lead to its tasks.
//!
//! A heading names the tasks that it leads to in braces at its end: `## 3. Leave a trail {task=source task=chat}`. The page
//! shows their state below it, and each task links back. A guide that leads to one of its lab's tasks leads to each of them
//! once, which grading checks when it reads the tasks.

use crate::lessons::{Faults, GuideStep, Highlighter, Links, RenderedBlock, Renderer, Source};
use crate::view::Html;

/// A rendered guide.
#[derive(Clone, Debug, Default)]
pub struct Guide {
    /// The file, as faults name it.
    pub file: String,
    /// Its text, divided behind each heading that leads to tasks.
    pub parts: Vec<GuidePart>,
}

/// A part of a guide.
#[derive(Clone, Debug)]
pub enum GuidePart {
    /// Text.
    Text(Html),
    /// The heading at the end of the text before it leads to tasks.
    Step(GuideStep),
}

impl Guide {
    /// Renders the text of `file`; the error names every fault with its line.
    pub(super) fn render(file: &str, text: &str, highlighter: &Highlighter) -> anyhow::Result<Self> {
        let renderer = Renderer { highlighter, links: &Links::default(), labs: &[] };
        let mut faults = Faults::default();
        let text = renderer.render(Source { file, first_line: 1, text }, &mut faults);
        faults.check_anchors(&[(file.to_owned(), text.anchors)].into());
        faults.refuse_unmarked_commands(file, &text.unmarked_commands);
        let mut parts = Vec::new();
        for block in text.blocks {
            match block {
                RenderedBlock::Html(html) => parts.push(GuidePart::Text(html)),
                RenderedBlock::Step(step) => parts.push(GuidePart::Step(step)),
                RenderedBlock::Question { .. } | RenderedBlock::Lab(_) => {
                    faults.add(file, 1, "a guide holds no question and no lab block");
                }
            }
        }
        faults.finish()?;
        Ok(Self { file: file.to_owned(), parts })
    }

    /// The headings that lead to tasks.
    pub fn steps(&self) -> impl Iterator<Item = &GuideStep> {
        self.parts.iter().filter_map(|part| match part {
            GuidePart::Step(step) => Some(step),
            GuidePart::Text(_) => None,
        })
    }

    /// The text without its steps.
    pub fn html(&self) -> String {
        let texts = self.parts.iter().filter_map(|part| match part {
            GuidePart::Text(html) => Some(html.as_str()),
            GuidePart::Step(_) => None,
        });
        texts.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn render(text: &str) -> anyhow::Result<Guide> {
        Guide::render("labs/demo/guide.md", text, &Highlighter::load())
    }

    #[test]
    fn a_heading_leads_to_the_tasks_that_it_names() {
        let guide = render("Before.\n\n## 1. Look\n\nA.\n\n## 2. *Say* it {task=owner task=chat}\n\nB.\n").unwrap();
        let steps: Vec<&GuideStep> = guide.steps().collect();
        let owned = |text: &str| text.to_owned();
        let tasks = vec![owned("owner"), owned("chat")];
        assert_eq!(steps, [&GuideStep { line: 7, anchor: owned("_2-say-it"), title: owned("2. Say it"), tasks }]);
        assert!(guide.html().contains("<em>Say</em>") && !guide.html().contains("task="), "{}", guide.html());
        let [GuidePart::Text(_), GuidePart::Step(_), GuidePart::Text(rest)] = &guide.parts[..] else {
            panic!("{:?}", guide.parts);
        };
        assert!(rest.as_str().contains("<p>B.</p>") && !rest.as_str().contains("<h2"));
    }

    #[test]
    fn what_else_stands_in_braces_is_a_fault_with_its_line() {
        for braces in ["{#here}", "{.wide}", "{task}", "{task=}", "{tasks=owner}", "{task=owner #here}"] {
            let fault = format!("{:#}", render(&format!("## A\n\n## B {braces}\n")).unwrap_err());
            assert!(fault.contains("labs/demo/guide.md:3: in braces behind a heading"), "{braces}: {fault}");
        }
    }
}
