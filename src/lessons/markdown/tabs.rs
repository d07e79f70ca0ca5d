//! Tabs: a definition list, whose terms are the labels and whose definitions are the panels.
//!
//! They are radio buttons and need no script; the style sheet shows the panel of the selected one, and all of them
//! in print.

use pulldown_cmark::{Event, TagEnd};
use quick_xml::escape::escape;

use super::renderer::{Events, Tabs, TextRenderer};

impl TextRenderer<'_, '_, '_> {
    pub(super) fn open_tabs(&mut self, start: usize) {
        if self.tabs.is_some() {
            self.fault(start, "tabs cannot stand in a tab");
        }
        self.tabs_before += 1;
        let number = self.tabs_before;
        self.tabs = Some(Tabs { start, number, labels: Vec::new(), is_labelled: false });
        self.push_html("<div class=\"tabs\" role=\"group\" aria-label=\"Alternatives\">\n");
    }

    pub(super) fn take_tab_label(&mut self, start: usize, rest: &mut Events<'_>) {
        let mut label = String::new();
        for (event, _) in rest.by_ref() {
            match event {
                Event::End(TagEnd::DefinitionListTitle) => break,
                Event::Text(words) | Event::Code(words) => label.push_str(&words),
                Event::SoftBreak => label.push(' '),
                _ => {}
            }
        }
        self.push_text(&label);
        let Some(tabs) = &mut self.tabs else { return };
        let is_duplicate = tabs.labels.contains(&label);
        tabs.is_labelled = true;
        tabs.labels.push(label.clone());
        if is_duplicate {
            self.fault(start, format!("two tabs are called {label:?}; rename one"));
        }
    }

    pub(super) fn open_panel(&mut self, start: usize) {
        let Some(tabs) = &mut self.tabs else { return };
        if !std::mem::take(&mut tabs.is_labelled) {
            self.fault(start, "a tab has one text; indent what follows so that it belongs to it");
            return;
        }
        let (number, panel) = (tabs.number, tabs.labels.len());
        let label = escape(tabs.labels.last().map_or("", String::as_str)).into_owned();
        let checked = if panel == 1 { " checked" } else { "" };
        self.push_html(format!(
            "<input type=\"radio\" name=\"tabs-{number}\" id=\"tabs_{number}_{panel}\"{checked}>\
             <label for=\"tabs_{number}_{panel}\">{label}</label>\n<div class=\"tab-panel\">\n"
        ));
    }

    pub(super) fn close_tabs(&mut self) {
        self.push_html("</div>\n");
        if let Some(Tabs { start, labels, .. }) = self.tabs.take()
            && labels.len() < 2
        {
            self.fault(start, "one tab alone is no choice; add another, or write it as plain text");
        }
    }
}
