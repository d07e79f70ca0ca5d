//! The picture of the traffic: boxes in rows from the callers down to the called, and lines between them. No I/O.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::edge::{Edge, OUTSIDE};

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

/// A box of the picture.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Node {
    /// The workload.
    pub name: String,
    /// What of its name fits.
    pub label: String,
    /// Whether it is none of the namespace.
    pub is_outside: bool,
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

/// What is drawn of the traffic.
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
    pub(super) fn draw(edges: &[Edge]) -> Self {
        let rows = find_rows(edges);
        let mut in_row: BTreeMap<usize, Vec<&String>> = BTreeMap::new();
        for (name, row) in &rows {
            in_row.entry(*row).or_default().push(name);
        }
        let most = in_row.values().map(Vec::len).max().unwrap_or_default();
        let mut places: BTreeMap<&String, Place> = BTreeMap::new();
        for (row, names) in &in_row {
            let indent = (most - names.len()) * COLUMN_WIDTH / 2;
            for (column, name) in names.iter().enumerate() {
                places.insert(*name, (indent + column * COLUMN_WIDTH, row * ROW_HEIGHT + 2));
            }
        }
        let right = most * COLUMN_WIDTH;
        let mut lines = Vec::new();
        let mut around = 0;
        for edge in edges {
            let (Some(from), Some(to)) = (places.get(&edge.from), places.get(&edge.to)) else { continue };
            let is_shared =
                edges.iter().filter(|other| other.to == edge.to && rows[&other.from] + 1 == rows[&edge.to]).count() > 1;
            lines.push(line(edge, *from, *to, right, (around, is_shared)));
            around += usize::from(rows[&edge.from] + 1 != rows[&edge.to]);
        }
        let node = |(name, (x, y)): (&&String, &Place)| Node {
            name: (*name).clone(),
            label: shorten(name),
            is_outside: *name == OUTSIDE,
            x: *x,
            y: *y,
        };
        Self {
            nodes: places.iter().map(node).collect(),
            lines,
            width: if most == 0 { 0 } else { right + MARGIN + around * 24 },
            height: in_row.keys().max().map_or(0, |last| last * ROW_HEIGHT + BOX_HEIGHT + 8),
        }
    }
}

fn shorten(name: &str) -> String {
    if name.chars().count() <= MAX_LABEL_CHARS {
        return name.to_owned();
    }
    name.chars().take(MAX_LABEL_CHARS - 1).chain(['…']).collect()
}

/// A line between boxes at these places. `beside` is how many lines before it go around boxes on the right, and
/// `is_shared` whether other lines end at the same box.
fn line(edge: &Edge, (from_x, from_y): Place, (to_x, to_y): Place, right: usize, around: (usize, bool)) -> Line {
    let (labels, is_failing, (beside, is_shared)) = (edge.labels(), edge.is_failing, around);
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

/// Each workload's row: below all that call it, as far as calls do not go in a circle.
fn find_rows(edges: &[Edge]) -> BTreeMap<String, usize> {
    let names: BTreeSet<&String> = edges.iter().flat_map(|edge| [&edge.from, &edge.to]).collect();
    let mut rows: BTreeMap<String, usize> = names.iter().map(|name| ((*name).clone(), 0)).collect();
    // A path that does not go in a circle is shorter than there are workloads.
    for _ in 1..names.len() {
        for edge in edges.iter().filter(|edge| edge.from != edge.to) {
            let below = rows.get(&edge.from).map_or(0, |row| row + 1);
            if let Some(row) = rows.get_mut(&edge.to)
                && below > *row
                && below < names.len()
            {
                *row = below;
            }
        }
    }
    // A circle pushes its workloads apart; the rows that are left empty by that are taken out.
    let used: BTreeSet<usize> = rows.values().copied().collect();
    for row in rows.values_mut() {
        *row = used.iter().take_while(|other| **other < *row).count();
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edges(pairs: &[(&str, &str)]) -> Vec<Edge> {
        pairs.iter().map(|(from, to)| Edge::sample(from, to)).collect()
    }

    fn rows(picture: &Picture) -> Vec<(&str, usize)> {
        picture.nodes.iter().map(|node| (node.name.as_str(), node.y / ROW_HEIGHT)).collect()
    }

    #[test]
    fn who_is_called_stands_below_who_calls() {
        let picture =
            Picture::draw(&edges(&[("front", "qotm"), ("outside", "front"), ("qotm", "store"), ("front", "store")]));
        assert_eq!(rows(&picture), [("front", 1), ("outside", 0), ("qotm", 2), ("store", 3)]);
        assert!(picture.nodes.iter().find(|node| node.name == "outside").unwrap().is_outside);
        assert_eq!(picture.lines.len(), 4);
    }

    #[test]
    fn services_that_call_each_other_in_a_circle_are_drawn_within_the_picture() {
        let picture = Picture::draw(&edges(&[("a", "b"), ("b", "c"), ("c", "a"), ("c", "c")]));
        assert_eq!((picture.nodes.len(), picture.lines.len()), (3, 4));
        let places: BTreeSet<_> = picture.nodes.iter().map(|node| (node.x, node.y)).collect();
        assert_eq!(places.len(), 3);
        let fits = |node: &Node| node.x + BOX_WIDTH <= picture.width && node.y + BOX_HEIGHT <= picture.height;
        assert!(picture.nodes.iter().all(fits));
        assert_eq!(Picture::draw(&[]), Picture::default());
    }

    #[test]
    fn a_long_name_is_cut_in_its_box() {
        let picture = Picture::draw(&edges(&[("a-deployment-with-a-long-name", "b")]));
        assert_eq!(picture.nodes[0].label, "a-deployment-with…");
    }
}
