//! Diagrams in Mermaid, drawn as SVG when the content is read.
//!
//! Their colours are the style sheet's, so one drawing serves light, dark and print. What the drawing library makes is
//! rebuilt from elements and attributes that a diagram needs, and nothing else: inside a page, SVG can do what HTML can.

use std::borrow::Cow;

use mermaid_svg::{ParseError, Theme, parse_with_meta, render_with};
use quick_xml::escape::escape;
use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, Writer};
use sha2::{Digest as _, Sha256};

/// From this width on, in pixels, a diagram is shown at a size at which it can be read, and scrolls on a small screen.
const WIDE: f64 = 480.0;
/// Space around the drawing, whose frames may extend over its edge.
const MARGIN: f64 = 8.0;

/// The size of an arrow's head, in widths of its line.
const ARROWHEAD: &str = "7";

const ELEMENTS: &[&str] =
    &["circle", "defs", "ellipse", "g", "line", "marker", "path", "polygon", "polyline", "rect", "text", "tspan"];

const ATTRIBUTES: &[&str] = &[
    "cx",
    "cy",
    "d",
    "dominant-baseline",
    "dx",
    "dy",
    "fill",
    "fill-opacity",
    "font-size",
    "font-style",
    "font-weight",
    "height",
    "id",
    "marker-end",
    "marker-start",
    "markerHeight",
    "markerUnits",
    "markerWidth",
    "opacity",
    "orient",
    "points",
    "r",
    "refX",
    "refY",
    "rx",
    "ry",
    "stroke",
    "stroke-dasharray",
    "stroke-linecap",
    "stroke-linejoin",
    "stroke-opacity",
    "stroke-width",
    "text-anchor",
    "transform",
    "viewBox",
    "width",
    "x",
    "x1",
    "x2",
    "y",
    "y1",
    "y2",
];

/// A drawn diagram.
#[derive(Debug)]
pub(super) struct Diagram {
    /// Its HTML.
    pub html: String,
    /// Its title and description, for search.
    pub words: String,
}

impl Diagram {
    /// Draws a diagram's source, which has to name it (`accTitle`) and to describe it (`accDescr`); fails with a message
    /// for the author.
    pub(super) fn draw(source: &str) -> Result<Self, String> {
        let (_, meta) = parse_with_meta(source).map_err(|fault| format_parse_error(&fault))?;
        let non_blank = |text: Option<String>| text.filter(|text| !text.trim().is_empty());
        let title = non_blank(meta.acc_title).ok_or("a diagram needs a line `accTitle: ..` that names it")?;
        let words =
            non_blank(meta.acc_descr).ok_or("a diagram needs `accDescr: ..`, which tells in words what it shows")?;
        let drawn = render_with(source, &theme()).map_err(|fault| fault.to_string())?;
        // Keeps the ids of several diagrams on one page apart; two equal diagrams can share theirs.
        let prefix = format!("diagram-{}", hex::encode(&Sha256::digest(source.as_bytes())[..4]));
        let svg = rebuild(&drawn, &prefix, &title)?;
        let (title, described) = (escape(title.trim()), escape(words.trim()));
        let html = format!(
            "<figure class=\"diagram\"><div class=\"diagram-frame\" tabindex=\"0\" role=\"group\" aria-label=\"{title}\">{svg}</div>\
             <figcaption>{title}</figcaption>\
             <details><summary>In words</summary><p>{described}</p></details></figure>\n"
        );
        Ok(Self { html, words: format!("{title}. {}", words.trim()) })
    }
}

fn format_parse_error(fault: &ParseError) -> String {
    match fault {
        // Its line is counted without the lines that name and describe the diagram.
        ParseError::Syntax { message, .. } => format!("the diagram cannot be read: {message}"),
        other => format!("the diagram cannot be read: {other}"),
    }
}

/// The colours of the style sheet.
fn theme() -> Theme {
    const TINTS: [Cow<'static, str>; 5] = [
        Cow::Borrowed("var(--surface-muted)"),
        Cow::Borrowed("var(--surface-warm)"),
        Cow::Borrowed("var(--good-tint)"),
        Cow::Borrowed("var(--accent-tint)"),
        Cow::Borrowed("var(--warn-tint)"),
    ];
    let colour = |name: &'static str| Cow::Borrowed(name);
    Theme {
        fg: colour("var(--text)"),
        fg_muted: colour("var(--text-soft)"),
        bg: colour("var(--background)"),
        actor_fill: colour("var(--surface-muted)"),
        actor_stroke: colour("var(--primary)"),
        lifeline: colour("var(--line-strong)"),
        arrow_stroke: colour("var(--text-soft)"),
        note_fill: colour("var(--surface-warm)"),
        note_stroke: colour("var(--warn)"),
        activation_fill: colour("var(--surface-strong)"),
        activation_stroke: colour("var(--primary)"),
        frame_label_fill: colour("var(--surface-strong)"),
        flow_node_fill: colour("var(--surface-muted)"),
        flow_node_stroke: colour("var(--primary)"),
        flow_edge_stroke: colour("var(--text-soft)"),
        flow_label_bg: colour("var(--background)"),
        flow_cluster_fill: colour("none"),
        flow_cluster_stroke: colour("var(--line-strong)"),
        cscale_palette: Cow::Borrowed(&TINTS),
        responsive: false,
        ..Theme::default_theme()
    }
}

/// The drawing with `prefix` before its ids, and without anything that a diagram does not need.
fn rebuild(drawn: &str, prefix: &str, title: &str) -> Result<String, String> {
    let malformed = |fault: quick_xml::Error| format!("the drawing of the diagram is not whole: {fault}");
    let (mut reader, mut writer) = (Reader::from_str(drawn), Writer::new(Vec::new()));
    let mut dropped = 0_usize;
    loop {
        let event = reader.read_event().map_err(malformed)?;
        let kept = match event {
            Event::Eof => break,
            Event::Start(tag) if tag.name().as_ref() == "svg" && dropped == 0 => Event::Start(root(&tag, title)?),
            Event::Start(tag) if dropped > 0 || !is_kept(tag.name().as_ref()) => {
                dropped += 1;
                continue;
            }
            Event::Start(tag) => Event::Start(filter(&tag, prefix)),
            Event::Empty(tag) if dropped == 0 && is_kept(tag.name().as_ref()) => Event::Empty(filter(&tag, prefix)),
            Event::End(_) if dropped > 0 => {
                dropped -= 1;
                continue;
            }
            text @ (Event::End(_) | Event::Text(_) | Event::GeneralRef(_)) if dropped == 0 => text,
            _ => continue,
        };
        writer.write_event(kept).map_err(|fault| malformed(fault.into()))?;
    }
    String::from_utf8(writer.into_inner()).map_err(|fault| fault.to_string())
}

fn is_kept(element: &str) -> bool {
    ELEMENTS.contains(&element)
}

/// The attributes of a tag as names and values.
fn attributes(tag: &BytesStart<'_>) -> Vec<(String, String)> {
    tag.attributes().flatten().map(|one| (one.key.as_ref().to_owned(), one.value.into_owned())).collect()
}

fn filter(tag: &BytesStart<'_>, prefix: &str) -> BytesStart<'static> {
    let mut kept = BytesStart::new(tag.name().as_ref().to_owned());
    for (name, value) in attributes(tag) {
        if !ATTRIBUTES.contains(&name.as_str()) {
            continue;
        }
        let value = match name.as_str() {
            "id" => format!("{prefix}-{value}"),
            "markerWidth" | "markerHeight" => ARROWHEAD.to_owned(),
            _ => value.replace("url(#", &format!("url(#{prefix}-")),
        };
        kept.push_attribute((name.as_str(), value.as_str()));
    }
    kept
}

/// The outermost tag, with room around the drawing.
fn root(tag: &BytesStart<'_>, title: &str) -> Result<BytesStart<'static>, String> {
    let found = attributes(tag).into_iter().find(|(name, _)| name == "viewBox");
    let numbers: Vec<f64> =
        found.iter().flat_map(|(_, value)| value.split_whitespace()).filter_map(|number| number.parse().ok()).collect();
    let [x, y, width, height] = numbers[..] else { return Err("the drawing of the diagram has no size".to_owned()) };
    let (width, height) = (width + 2.0 * MARGIN, height + 2.0 * MARGIN);
    let class = if width > WIDE { "diagram-picture diagram-wide" } else { "diagram-picture" };
    let mut root = BytesStart::new("svg");
    root.push_attribute(("class", class));
    root.push_attribute(("role", "img"));
    root.push_attribute(("aria-label", title.trim()));
    root.push_attribute(("viewBox", format!("{} {} {width} {height}", x - MARGIN, y - MARGIN).as_str()));
    root.push_attribute(("width", format!("{width}").as_str()));
    root.push_attribute(("height", format!("{height}").as_str()));
    root.push_attribute(("font-size", "14"));
    Ok(root)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOPS: &str = "flowchart LR\n  accTitle: Hops & \"more\"\n  accDescr: A browser <b>asks</b>.\n  A[Browser] -->|\"<script>x</script>\"| B[Ingress]\n";

    #[test]
    fn a_diagram_has_a_name_and_words_and_no_style_or_script() {
        let drawn = Diagram::draw(HOPS).unwrap();
        assert!(drawn.html.contains("<figcaption>Hops &amp; &quot;more&quot;</figcaption>"), "{}", drawn.html);
        assert!(drawn.html.contains("<p>A browser &lt;b&gt;asks&lt;/b&gt;.</p>"));
        assert!(drawn.html.contains("var(--text)") && drawn.html.contains("Browser</text>"));
        for bad in ["<script", "style=", "<style", "<desc", "<b>", "id=\"arrow"] {
            assert!(!drawn.html.contains(bad), "{bad} in {}", drawn.html);
        }
    }

    #[test]
    fn what_is_missing_or_wrong_is_told() {
        let fault = |source: &str| Diagram::draw(source).unwrap_err();
        assert!(fault("flowchart LR\n A --> B\n").contains("accTitle"));
        assert!(fault("flowchart LR\n accTitle: x\n A --> B\n").contains("accDescr"));
        assert!(fault("flowhcart LR\n A --> B\n").contains("cannot be read"));
        assert!(fault("").contains("cannot be read"));
        assert!(fault("pie\n accTitle: x\n accDescr: y\n \"a\" : many\n").contains("cannot be read"));
    }

    #[test]
    fn what_the_drawing_brings_along_is_left_behind() {
        let drawn = "<svg viewBox=\"0 0 10 10\" onload=\"x()\"><title>t<b/></title><a href=\"javascript:x\"><text>in</text></a>\
                     <path id=\"p\" d=\"M0 0\" onclick=\"x\" style=\"fill:red\" marker-end=\"url(#p)\"/></svg>";
        let rebuilt = rebuild(drawn, "d", "T").unwrap();
        let path = "<path id=\"d-p\" d=\"M0 0\" marker-end=\"url(#d-p)\"/>";
        assert!(rebuilt.ends_with(&format!("font-size=\"14\">{path}</svg>")), "{rebuilt}");
    }
}
