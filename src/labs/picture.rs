//! The picture of a graph: boxes in rows from those that need down to the needed, and lines between them. No I/O.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

const BOX_WIDTH: usize = 150;
const BOX_HEIGHT: usize = 40;
const COLUMN_WIDTH: usize = 182;
const ROW_HEIGHT: usize = 112;
/// The room that lines around boxes take on the right, with what stands at them.
const MARGIN: usize = 90;
/// How far out a line is drawn that goes around boxes, of which three quarters are reached.
const AROUND: usize = 124;
/// How many characters fit into a box.
const MAX_LABEL_CHARS: usize = 18;
/// How many boxes without a line stand side by side, where no row is longer.
const MAX_ALONE: usize = 4;

/// A box of the picture.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Node {
    /// What it stands for.
    pub name: String,
    /// What of its name fits.
    pub label: String,
    /// Whether its border is dashed.
    pub is_dashed: bool,
    /// A second line in it.
    pub note: Option<&'static str>,
    /// Its left end.
    pub x: usize,
    /// Its upper end.
    pub y: usize,
}

/// A line of the picture.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Line {
    /// Its path.
    pub path: String,
    /// The texts that stand at it, one below the other.
    pub labels: Vec<String>,
    /// Where they begin.
    pub x: usize,
    /// The base line of the first.
    pub y: usize,
    /// Whether one of a hundred requests or more fails.
    pub is_failing: bool,
}

/// A line that is to be drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrow<'a> {
    /// Where it begins.
    pub from: &'a str,
    /// Where it ends.
    pub to: &'a str,
    /// The texts that stand at it.
    pub labels: Vec<String>,
    /// Whether one of a hundred requests or more fails.
    pub is_failing: bool,
}

impl<'a> Arrow<'a> {
    /// A line without texts.
    pub fn plain(from: &'a str, to: &'a str) -> Self {
        Self { from, to, labels: Vec::new(), is_failing: false }
    }
}

/// What sets a box apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mark {
    /// Whether its border is dashed.
    pub is_dashed: bool,
    /// A second line in it.
    pub note: Option<&'static str>,
}

/// What is drawn of a graph.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Picture {
    /// The boxes.
    pub nodes: Vec<Node>,
    /// The lines.
    pub lines: Vec<Line>,
    /// The width.
    pub width: usize,
    /// The height.
    pub height: usize,
}

type Place = (usize, usize);

impl Picture {
    /// Draws lines and the boxes at their ends, and below them those of `names` that have no line.
    pub fn draw(arrows: &[Arrow<'_>], names: &[&str], mark: impl Fn(&str) -> Mark) -> Self {
        let rows = find_rows(arrows);
        let alone: Vec<&str> = names.iter().filter(|name| !rows.contains_key(**name)).copied().collect();
        let mut in_row: BTreeMap<usize, Vec<&str>> = BTreeMap::new();
        for (name, row) in &rows {
            in_row.entry(*row).or_default().push(name);
        }
        let most = in_row.values().map(Vec::len).max().unwrap_or_default();
        let columns = most.max(alone.len().min(MAX_ALONE));
        let below = in_row.len();
        for (index, beside) in alone.chunks(columns.max(1)).enumerate() {
            in_row.insert(below + index, beside.to_vec());
        }
        let mut places: BTreeMap<&str, Place> = BTreeMap::new();
        for (row, names) in &in_row {
            let indent = (columns - names.len()) * COLUMN_WIDTH / 2;
            for (column, name) in names.iter().enumerate() {
                places.insert(*name, (indent + column * COLUMN_WIDTH, row * ROW_HEIGHT + 2));
            }
        }
        let right = columns * COLUMN_WIDTH;
        let (lines, around) = draw_lines(arrows, (&rows, &places), right);
        let node = |(name, (x, y)): (&&str, &Place)| {
            let Mark { is_dashed, note } = mark(name);
            Node { name: (*name).to_owned(), label: shorten(name), is_dashed, note, x: *x, y: *y }
        };
        Self {
            nodes: places.iter().map(node).collect(),
            lines,
            width: if columns == 0 { 0 } else { right + MARGIN + around * 24 },
            height: in_row.keys().max().map_or(0, |last| last * ROW_HEIGHT + BOX_HEIGHT + 8),
        }
    }
}

/// The lines, and how many of them go around boxes.
fn draw_lines(
    arrows: &[Arrow<'_>],
    (rows, places): (&BTreeMap<&str, usize>, &BTreeMap<&str, Place>),
    right: usize,
) -> (Vec<Line>, usize) {
    let mut lines = Vec::new();
    let mut around = 0;
    for arrow in arrows {
        let (Some(from), Some(to)) = (places.get(arrow.from), places.get(arrow.to)) else { continue };
        let is_shared =
            arrows.iter().filter(|other| other.to == arrow.to && rows[other.from] + 1 == rows[arrow.to]).count() > 1;
        lines.push(line(arrow, *from, *to, right, (around, is_shared)));
        around += usize::from(rows[arrow.from] + 1 != rows[arrow.to]);
    }
    (lines, around)
}

fn shorten(name: &str) -> String {
    if name.chars().count() <= MAX_LABEL_CHARS {
        return name.to_owned();
    }
    name.chars().take(MAX_LABEL_CHARS - 1).chain(['…']).collect()
}

/// A line between boxes at these places. `beside` is how many lines before it go around boxes on the right, and
/// `is_shared` whether other lines end at the same box.
fn line(arrow: &Arrow<'_>, (from_x, from_y): Place, (to_x, to_y): Place, right: usize, around: (usize, bool)) -> Line {
    let (labels, is_failing, (beside, is_shared)) = (arrow.labels.clone(), arrow.is_failing, around);
    let (start, end) = (from_x + BOX_WIDTH / 2, to_x + BOX_WIDTH / 2);
    if to_y > from_y {
        let (top, bottom) = (from_y + BOX_HEIGHT, to_y - 6);
        let (bend, middle) = (usize::midpoint(top, bottom), usize::midpoint(start, end));
        if to_y - from_y > ROW_HEIGHT {
            // Around the boxes in between.
            let out = AROUND + beside * 24;
            let path = format!("M{start} {top}C{} {bend} {} {bend} {end} {bottom}", start + out, end + out);
            return Line { path, labels, x: middle + out * 3 / 4 + 5, y: bend, is_failing };
        }
        let path = format!("M{start} {top}C{start} {bend} {end} {bend} {end} {bottom}");
        // Where it is apart from others: by the end that it shares with none.
        let (x, y) = if is_shared { ((3 * start + end) / 4, top + 16) } else { ((start + 3 * end) / 4, bottom - 32) };
        return Line { path, labels, x: x + 6, y, is_failing };
    }
    // Up, across or back to itself: around on the right.
    let (top, bottom) = (to_y + BOX_HEIGHT / 2, from_y + BOX_HEIGHT / 2 + if from_y == to_y { 12 } else { 0 });
    let out = right + 20 + beside * 12;
    let path = format!("M{} {bottom}C{out} {bottom} {out} {top} {} {top}", from_x + BOX_WIDTH, to_x + BOX_WIDTH + 6);
    Line { path, labels, x: right - 10, y: usize::midpoint(top, bottom), is_failing }
}

/// Each box's row: below all that lead to it, as far as lines do not go in a circle.
fn find_rows<'a>(arrows: &[Arrow<'a>]) -> BTreeMap<&'a str, usize> {
    let names: BTreeSet<&str> = arrows.iter().flat_map(|arrow| [arrow.from, arrow.to]).collect();
    let mut rows: BTreeMap<&str, usize> = names.iter().map(|name| (*name, 0)).collect();
    // A path that does not go in a circle is shorter than there are boxes.
    for _ in 1..names.len() {
        for arrow in arrows.iter().filter(|arrow| arrow.from != arrow.to) {
            let below = rows.get(arrow.from).map_or(0, |row| row + 1);
            if let Some(row) = rows.get_mut(arrow.to)
                && below > *row
                && below < names.len()
            {
                *row = below;
            }
        }
    }
    // A circle pushes its boxes apart; the rows that are left empty by that are taken out.
    let used: BTreeSet<usize> = rows.values().copied().collect();
    for row in rows.values_mut() {
        *row = used.iter().take_while(|other| **other < *row).count();
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draw(pairs: &[(&str, &str)], names: &[&str]) -> Picture {
        let arrows: Vec<Arrow<'_>> = pairs.iter().map(|(from, to)| Arrow::plain(from, to)).collect();
        Picture::draw(&arrows, names, |name| Mark { is_dashed: name == "outside", note: None })
    }

    fn rows(picture: &Picture) -> Vec<(&str, usize)> {
        picture.nodes.iter().map(|node| (node.name.as_str(), node.y / ROW_HEIGHT)).collect()
    }

    #[test]
    fn who_is_called_stands_below_who_calls() {
        let picture =
            draw(&[("front", "qotm"), ("outside", "front"), ("qotm", "store"), ("front", "store")], &["front"]);
        assert_eq!(rows(&picture), [("front", 1), ("outside", 0), ("qotm", 2), ("store", 3)]);
        assert!(picture.nodes.iter().find(|node| node.name == "outside").unwrap().is_dashed);
        assert_eq!(picture.lines.len(), 4);
    }

    #[test]
    fn services_that_call_each_other_in_a_circle_are_drawn_within_the_picture() {
        let picture = draw(&[("a", "b"), ("b", "c"), ("c", "a"), ("c", "c")], &[]);
        assert_eq!((picture.nodes.len(), picture.lines.len()), (3, 4));
        let places: BTreeSet<_> = picture.nodes.iter().map(|node| (node.x, node.y)).collect();
        assert_eq!(places.len(), 3);
        let fits = |node: &Node| node.x + BOX_WIDTH <= picture.width && node.y + BOX_HEIGHT <= picture.height;
        assert!(picture.nodes.iter().all(fits));
        assert_eq!(draw(&[], &[]), Picture::default());
    }

    #[test]
    fn a_long_name_is_cut_in_its_box() {
        let picture = draw(&[("a-deployment-with-a-long-name", "b")], &[]);
        assert_eq!(picture.nodes[0].label, "a-deployment-with…");
    }

    #[test]
    fn boxes_without_a_line_stand_below_the_others() {
        let picture = draw(&[("a", "b")], &["a", "b", "c", "d", "e", "f", "g"]);
        assert_eq!(rows(&picture), [("a", 0), ("b", 1), ("c", 2), ("d", 2), ("e", 2), ("f", 2), ("g", 3)]);
        assert_eq!(rows(&draw(&[], &["a"])), [("a", 0)]);
    }
}
