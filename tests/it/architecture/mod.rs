//! The order of the parts, read from the `use` lines.

mod circles;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The parts from the lowest up; parts of one line may not use each other, nor anything of a later line.
const ORDER: &[&[&str]] = &[
    &["clock", "id", "settings", "text", "view", "yaml"],
    &["db"],
    &["audit", "jobs"],
    &["mail", "web", "cluster"],
    &["ownership"],
    &["core"],
    &["accounts"],
    &["drafts"],
    &["lessons"],
    &["labs"],
    &["loads"],
    &["grading"],
    &["games"],
    &["checkpoints"],
    &["reviews"],
    &["credentials"],
    &["prizes"],
    &["admin", "home"],
    &["telemetry", "config"],
    &["app"],
    &["router"],
    &["server"],
    &["cli"],
    &["main"],
];

#[test]
fn arrows_never_turn_back() {
    let rank = ranks();
    let mut breaches = Vec::new();
    for (file, source) in sources() {
        let part = part_of(&file);
        for used in uses(&source) {
            let Some(&used_rank) = rank.get(used.as_str()) else { continue };
            let own_rank = *rank.get(part.as_str()).unwrap_or_else(|| panic!("{part} has no place in the order"));
            let allowed = used == part || used_rank < own_rank || is_agreed_exception(&part, &used);
            if !allowed {
                breaches.push(format!("{}: {part} uses {used}", file.display()));
            }
        }
    }
    assert!(breaches.is_empty(), "{}", breaches.join("\n"));
}

/// The configuration is made of the parts' own sections, and so of the log's.
fn is_agreed_exception(part: &str, used: &str) -> bool {
    matches!((part, used), ("config", "telemetry"))
}

/// Whether a file, by its path below `src`, may use a library.
type Allows = fn(&str) -> bool;

#[test]
fn each_library_is_used_in_its_parts_alone() {
    let places: &[(&str, Allows)] = &[
        ("sqlx", |path| path.starts_with("db/") || path.ends_with("store.rs") || path.contains("/store/")),
        ("rusqlite", |path| path.starts_with("db/")),
        ("deadpool", |path| path.starts_with("db/")),
        ("lettre", |path| path.starts_with("mail/")),
        ("kube", |path| path.starts_with("cluster/") || path.starts_with("grading/")),
        ("actix_web", |path| {
            path.starts_with("web/")
                || path.contains("/pages")
                || path.ends_with("guards.rs")
                || path == "router.rs"
                || path == "server.rs"
        }),
    ];
    let mut breaches = Vec::new();
    for (file, source) in sources() {
        let path = file.to_str().unwrap().replace('\\', "/");
        for (library, allowed) in places {
            let used = source.lines().any(|line| {
                let code = line.trim_start();
                !code.starts_with("//") && code.contains(&format!("{library}::"))
            });
            if used && !allowed(&path) {
                breaches.push(format!("src/{path} uses {library}"));
            }
        }
    }
    assert!(breaches.is_empty(), "{}", breaches.join("\n"));
}

#[test]
fn nothing_but_the_router_imports_pages() {
    for (file, source) in sources() {
        let path = file.to_str().unwrap();
        if path == "router.rs" || path == "app/views.rs" || path.contains("/pages") {
            continue;
        }
        let imports = source.lines().any(|line| line.trim_start().starts_with("use ") && line.contains("::pages"));
        assert!(!imports, "src/{path} imports pages");
    }
}

/// Not in a store, which takes the transaction of its caller, nor on a page, nor in a model.
#[test]
fn a_transaction_opens_in_the_files_of_a_service_alone() {
    for (file, source) in sources() {
        let path = file.to_str().unwrap();
        let opens = source.lines().any(|line| !line.trim_start().starts_with("//") && line.contains(".write().await"));
        let is_page = path.contains("/pages") || path.ends_with("guards.rs") || path == "router.rs";
        let is_lower = path.contains("/store") || path.ends_with("model.rs") || path.ends_with("mails.rs");
        let may = path.starts_with("db/") || path.starts_with("jobs/") || !(is_page || is_lower);
        assert!(!opens || may, "src/{path} opens a transaction");
    }
}

/// A store is its part's own: others call the service, whose verbs take the caller's transaction where they must.
#[test]
fn no_part_reads_another_parts_store() {
    let breaches: Vec<String> = sources().iter().flat_map(|(file, source)| list_open_stores(file, source)).collect();
    assert!(breaches.is_empty(), "{}", breaches.join("\n"));
}

#[test]
fn a_store_that_is_open_to_others_is_told() {
    for (file, source) in [
        ("prizes/mod.rs", "pub mod store;"),
        ("prizes/mod.rs", "pub(crate) mod store;"),
        ("prizes/mod.rs", "mod store;\npub use store::add_award;"),
        ("prizes/mod.rs", "pub use store::{Stored, add_award};"),
        ("labs/namespaces/mod.rs", "pub(crate) mod store;"),
        ("prizes/jobs.rs", "use crate::checkpoints::store;"),
        ("prizes/jobs.rs", "    crate::labs::namespaces::store::find(conn).await"),
        ("prizes/jobs.rs", "use crate::{accounts::store::people, db};"),
    ] {
        assert_eq!(list_open_stores(Path::new(file), source).len(), 1, "{file}: {source}");
    }
    for (file, source) in [
        ("prizes/mod.rs", "mod store;\nuse store::{NewAward, NewVoucher};"),
        ("jobs/mod.rs", "pub use store::Finish;"),
        ("labs/namespaces/mod.rs", "pub(super) mod store;"),
        ("labs/reconcile/mod.rs", "use crate::labs::store;"),
        ("accounts/store/mod.rs", "pub(super) mod people;"),
    ] {
        assert_eq!(list_open_stores(Path::new(file), source), Vec::<String>::new(), "{file}: {source}");
    }
}

/// The lines of a file that open its part's store to others, or that reach for another's.
fn list_open_stores(file: &Path, source: &str) -> Vec<String> {
    let part = part_of(file);
    let is_top = file.components().count() <= 2;
    let is_breach = |line: &str| {
        let is_open = match line.split_once("mod store;").map(|(before, _)| before.trim()) {
            Some("pub(super)") => is_top,
            Some(before) => before.starts_with("pub"),
            None => false,
        };
        // A type is data; a function would be the store's own.
        let exported = line.strip_prefix("pub use store::").or(line.strip_prefix("pub(crate) use store::"));
        let is_function = |name: &str| name.trim().starts_with(char::is_lowercase);
        let exports = exported.is_some_and(|names| names.split(['{', ',', '}']).any(is_function));
        let reaches = uses(line).iter().any(|used| *used != part)
            && line.split([' ', ';', '{', '}', '(', ',']).any(|path| path.split("::").any(|name| name == "store"))
            && !line.contains(&format!("crate::{part}::"));
        is_open || exports || reaches
    };
    let code = source.lines().map(str::trim).filter(|line| !line.starts_with("//"));
    code.filter(|line| is_breach(line)).map(|line| format!("src/{}: {line}", file.display())).collect()
}

/// What a part keeps is changed by that part alone. Its tables stand in the migration of its name.
#[test]
fn a_table_is_written_by_its_own_part_alone() {
    let owners = owners_of_tables();
    let mut breaches = Vec::new();
    for (file, source) in sources() {
        let part = part_of(&file);
        for table in written_tables(&source) {
            match owners.get(&table) {
                Some(owner) if *owner == part => {}
                Some(owner) => breaches.push(format!("src/{}: {part} writes {table} of {owner}", file.display())),
                None => breaches.push(format!("src/{}: {part} writes {table}, which no migration has", file.display())),
            }
        }
    }
    assert!(breaches.is_empty(), "{}", breaches.join("\n"));
}

/// The part of each table, by the name of the migration that creates it.
fn owners_of_tables() -> BTreeMap<String, String> {
    let mut owners = BTreeMap::new();
    for entry in std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        let part = match name.split_once('_').unwrap().1 {
            // The limits on requests are kept by `web`.
            "limits" => "web",
            part => part,
        };
        for rest in std::fs::read_to_string(&path).unwrap().split("CREATE TABLE ").skip(1) {
            owners.insert(first_word(rest), part.to_owned());
        }
    }
    owners
}

/// The tables that statements in a source insert into, update or delete from.
fn written_tables(source: &str) -> Vec<String> {
    let code: Vec<&str> = source.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
    let code = code.join("\n");
    let after = |verb: &str| -> Vec<String> {
        code.split(verb).skip(1).map(first_word).filter(|name| name.starts_with(char::is_lowercase)).collect()
    };
    // `DO UPDATE SET` names no table.
    ["INSERT INTO ", "UPDATE ", "DELETE FROM "].into_iter().flat_map(after).collect()
}

#[test]
fn no_file_is_past_400_lines() {
    for (file, source) in sources() {
        assert!(source.lines().count() <= 400, "src/{} is past 400 lines", file.display());
    }
}

fn ranks() -> BTreeMap<&'static str, usize> {
    ORDER.iter().enumerate().flat_map(|(rank, parts)| parts.iter().map(move |part| (*part, rank))).collect()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// Every source file but the library's root, by its path below `src`.
fn sources() -> Vec<(PathBuf, String)> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    let mut found = Vec::new();
    walk(&root(), &mut found);
    found.sort();
    found
        .into_iter()
        .map(|path| (path.strip_prefix(root()).unwrap().to_owned(), std::fs::read_to_string(&path).unwrap()))
        .filter(|(path, _)| path != Path::new("lib.rs"))
        .collect()
}

fn part_of(file: &Path) -> String {
    let first = file.components().next().unwrap().as_os_str().to_str().unwrap();
    first.strip_suffix(".rs").unwrap_or(first).to_owned()
}

/// The parts named by `crate::<part>` and `crate::{<part>, ..}` in code.
fn uses(source: &str) -> Vec<String> {
    let code: String = source
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .map(|line| line.replace("$crate::", "crate::") + " ")
        .collect();
    let mut found = Vec::new();
    for (start, _) in code.match_indices("crate::") {
        let rest = &code[start + "crate::".len()..];
        if let Some(group) = rest.strip_prefix('{') {
            let group = group.split('}').next().unwrap();
            found.extend(group.split(',').map(|item| first_word(item.trim())));
        } else {
            found.push(first_word(rest));
        }
    }
    found
}

fn first_word(text: &str) -> String {
    text.chars().take_while(|letter| letter.is_alphanumeric() || *letter == '_').collect()
}
