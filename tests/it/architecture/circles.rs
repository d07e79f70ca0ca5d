//! Circles between the files of a folder, read from the paths that they use.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::{first_word, sources};

/// The file of a folder in which its own items are.
const MOD: &str = "mod.rs";

/// Folders in which files add methods to a type of their `mod.rs`, which uses these files in turn; between the files
/// themselves there is no circle.
const WITH_METHODS_APART: &[&str] = &[
    "accounts",
    "admin",
    "checkpoints",
    "cli",
    "cluster",
    "config",
    "credentials",
    "db",
    "games",
    "id",
    "jobs",
    "mail",
    "prizes",
    "reviews",
    "text",
    "view",
];

/// Folders whose files may still use each other in a circle; a folder leaves this list once it has none.
const WITH_CIRCLES: &[&str] = &["web"];

/// So that a file can be understood from those that it uses, without the ones that use it.
#[test]
fn the_files_of_a_folder_use_each_other_in_one_direction() {
    let sources = sources();
    let folders = folders(&sources);
    let mut breaches = Vec::new();
    for (folder, entries) in &folders {
        let name = folder.join("/");
        if WITH_CIRCLES.contains(&name.as_str()) {
            continue;
        }
        let mut edges: BTreeSet<(String, String)> = BTreeSet::new();
        for (file, source) in &sources {
            let module = module_of(file);
            let Some(own) = entry_of(&module, folder, entries) else { continue };
            let paths = paths_used(source, &module, &folders);
            let targets = paths.iter().filter_map(|path| entry_of(path, folder, entries));
            edges.extend(targets.filter(|target| *target != own).map(|target| (own.clone(), target)));
        }
        if WITH_METHODS_APART.contains(&name.as_str()) {
            edges.retain(|(start, target)| start != MOD && target != MOD);
        }
        retain_circles(&mut edges);
        breaches.extend(edges.iter().map(|(start, target)| format!("src/{name}: {start} uses {target}")));
    }
    assert!(breaches.is_empty(), "these are in a circle, or between two:\n{}", breaches.join("\n"));
}

/// The module that a file is: `lessons/mod.rs` is `lessons`.
fn module_of(file: &Path) -> Vec<String> {
    let path = file.with_extension("");
    let mut module: Vec<String> = path.iter().map(|part| part.to_str().unwrap().to_owned()).collect();
    module.pop_if(|last| last == "mod");
    module
}

/// Every folder with the names of the files and folders in it, but its `mod.rs`.
fn folders(sources: &[(PathBuf, String)]) -> BTreeMap<Vec<String>, BTreeSet<String>> {
    let mut folders: BTreeMap<Vec<String>, BTreeSet<String>> = BTreeMap::new();
    for (file, _) in sources {
        let module = module_of(file);
        for depth in 1..module.len() {
            folders.entry(module[..depth].to_vec()).or_default().insert(module[depth].clone());
        }
    }
    folders
}

/// The entry of a folder in which a path of modules and items stands; what stands in none is in its `mod.rs`.
fn entry_of(path: &[String], folder: &[String], entries: &BTreeSet<String>) -> Option<String> {
    let entry = path.strip_prefix(folder)?.first().filter(|first| entries.contains(*first));
    Some(entry.cloned().unwrap_or_else(|| MOD.to_owned()))
}

/// The paths of modules and items that a file uses, its tests apart.
fn paths_used(source: &str, module: &[String], folders: &BTreeMap<Vec<String>, BTreeSet<String>>) -> Vec<Vec<String>> {
    let lines = source.lines().take_while(|line| line.trim() != "#[cfg(test)]");
    let code: String =
        lines.filter(|line| !line.trim_start().starts_with("//")).map(|line| line.trim().to_owned() + " ").collect();
    let code = code.replace("$crate::", "crate::").replace("super::super::", "super::^").replace("in crate::", "");
    let mut found = Vec::new();
    let mut add = |base: &[String], rest: &str| {
        found.extend(expand(rest).into_iter().map(|path| base.iter().cloned().chain(path).collect()));
    };
    for rest in after(&code, "crate::") {
        add(&[], rest);
    }
    let parent = module.split_last().map_or(&[][..], |(_, parent)| parent);
    for rest in after(&code, "super::") {
        match rest.strip_prefix('^') {
            Some(rest) => add(parent.split_last().map_or(&[][..], |(_, above)| above), rest),
            None => add(parent, rest),
        }
    }
    for child in folders.get(module).into_iter().flatten() {
        for rest in after(&code, &format!("{child}::")) {
            add(&[module, std::slice::from_ref(child)].concat(), rest);
        }
    }
    found
}

/// What follows each place at which `prefix` begins a path.
fn after<'c>(code: &'c str, prefix: &str) -> Vec<&'c str> {
    let begins = |at: usize| !code[..at].ends_with(|letter: char| letter.is_alphanumeric() || "_:".contains(letter));
    code.match_indices(prefix).filter(|(at, _)| begins(*at)).map(|(at, _)| &code[at + prefix.len()..]).collect()
}

/// The paths of `a::{b, c::d}`, up to the first character that is no part of them.
fn expand(rest: &str) -> Vec<Vec<String>> {
    if let Some(group) = rest.strip_prefix('{') {
        return split_group(group).into_iter().flat_map(expand).collect();
    }
    let first = first_word(rest);
    let inner = rest[first.len()..].strip_prefix("::").map_or_else(|| vec![Vec::new()], expand);
    inner.into_iter().map(|path| [vec![first.clone()], path].concat()).collect()
}

/// The items of a group whose brace is open.
fn split_group(group: &str) -> Vec<&str> {
    let (mut items, mut start, mut depth) = (Vec::new(), 0, 0);
    for (at, letter) in group.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' | '}' if depth == 0 => {
                items.push(group[start..at].trim());
                start = at + 1;
                if letter == '}' {
                    break;
                }
            }
            _ => {}
        }
    }
    items.retain(|item| !item.is_empty());
    items
}

/// Leaves the edges that are in a circle or lead from one to another.
fn retain_circles(edges: &mut BTreeSet<(String, String)>) {
    loop {
        let before = edges.len();
        let starts: BTreeSet<String> = edges.iter().map(|(start, _)| start.clone()).collect();
        let targets: BTreeSet<String> = edges.iter().map(|(_, target)| target.clone()).collect();
        edges.retain(|(start, target)| starts.contains(target) && targets.contains(start));
        if edges.len() == before {
            return;
        }
    }
}

#[test]
fn a_circle_is_found_and_what_hangs_on_it_is_not() {
    let edge = |edge: (&str, &str)| (edge.0.to_owned(), edge.1.to_owned());
    let mut edges: BTreeSet<_> = [("a", "b"), ("b", "c"), ("c", "b"), ("c", "d")].map(edge).into();
    retain_circles(&mut edges);
    assert_eq!(edges, [("b", "c"), ("c", "b")].map(edge).into());
    assert_eq!(
        expand("a::{b, c::{self, d}} x").iter().map(|path| path.join("::")).collect::<Vec<_>>(),
        ["a::b", "a::c::self", "a::c::d"]
    );
}
