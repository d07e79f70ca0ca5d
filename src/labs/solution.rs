//! A lab's solution and its known mistakes, as `solution/` holds them for `lab verify`.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use crate::yaml;

/// What the grader saw of a lab on a cluster, beside its `lab.yaml`.
pub const RECORDED_FILE: &str = "fixtures/snapshots.yaml";
/// How many characters of a mistake's script stand for one without a name.
const MAX_NAME_CHARS: usize = 60;

/// A lab's solution, as `solution/` holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Solution {
    /// The shell script `solve.sh`, run in the toolbox with `LEARNER` and `NAMESPACE` set; it is idempotent.
    pub script: String,
    /// The known mistakes, of `mutations.yaml`.
    pub mutations: Vec<Mutation>,
    /// What the grader saw of both on a cluster, as `fixtures/snapshots.yaml` holds it.
    pub recorded: Option<String>,
}

/// A mistake that a check must find.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mutation {
    /// What the mistake is, in a few words; left out, the beginning of its script.
    pub name: Option<String>,
    /// The task that must fail.
    pub fails: String,
    /// The tasks that it cannot but fail too; every other task must still pass.
    #[serde(default)]
    pub also: BTreeSet<String>,
    /// Parts of the hints that it must lead to, by `task.check`.
    #[serde(default)]
    pub hints: BTreeMap<String, String>,
    /// Objects of another learner's solved session, which the script finds as a list in JSON in `COPIED`.
    #[serde(default)]
    pub copies: Vec<CopiedObject>,
    /// Whether the solution is graded as a learner has it graded before the mistake is made: what was passed stays passed,
    /// and the next verdicts are those of the mistake.
    #[serde(default)]
    pub graded_first: bool,
    /// The shell script that makes the mistake, run after the solution.
    pub run: String,
    /// The shell script that undoes what the solution leaves alone, run before the solution is run again.
    pub undo: Option<String>,
}

/// An object that one learner copies from another.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CopiedObject {
    /// Its API version, such as `apps/v1`.
    pub api_version: String,
    /// Its kind.
    pub kind: String,
    /// Its name.
    pub name: String,
}

impl Mutation {
    /// What it is called in tables.
    pub fn title(&self) -> String {
        let first_line = self.run.trim().lines().next().unwrap_or_default();
        let text = self.name.as_deref().unwrap_or(first_line);
        match text.char_indices().nth(MAX_NAME_CHARS) {
            Some((end, _)) if self.name.is_none() => format!("{}…", &text[..end]),
            _ => text.to_owned(),
        }
    }

    /// Every task that it must fail.
    pub fn failing(&self) -> BTreeSet<String> {
        let mut failing = self.also.clone();
        failing.insert(self.fails.clone());
        failing
    }
}

/// Reads the solution of the lab `name` from the files of all labs; `None` when it has none.
pub(super) fn read_solution(name: &str, files: &BTreeMap<String, String>) -> anyhow::Result<Option<Solution>> {
    let Some(script) = files.get(&format!("{name}/solution/solve.sh")) else { return Ok(None) };
    let path = format!("{name}/solution/mutations.yaml");
    let mutations: Vec<Mutation> = match files.get(&path) {
        Some(source) => yaml::read_file(&format!("labs/{path}"), source)?,
        None => Vec::new(),
    };
    let mut titles = BTreeSet::new();
    for mutation in &mutations {
        let title = mutation.title();
        anyhow::ensure!(!title.is_empty(), "labs/{path}: a mistake in {} is made by no command", mutation.fails);
        anyhow::ensure!(
            !mutation.also.contains(&mutation.fails),
            "labs/{path}: {title:?} fails {}, and names it again in also",
            mutation.fails
        );
        anyhow::ensure!(
            titles.insert(title.clone()),
            "labs/{path}: two mistakes are called {title:?}; give one a name"
        );
    }
    let recorded = files.get(&format!("{name}/{RECORDED_FILE}")).cloned();
    Ok(Some(Solution { script: script.clone(), mutations, recorded }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(mutations: &str) -> Result<Vec<Mutation>, String> {
        let files = [("solve.sh", "true"), ("mutations.yaml", mutations)]
            .map(|(file, text)| (format!("demo/solution/{file}"), text.to_owned()));
        match read_solution("demo", &files.into()) {
            Ok(solution) => Ok(solution.unwrap().mutations),
            Err(fault) => Err(format!("{fault:#}")),
        }
    }

    #[test]
    fn a_mistake_is_called_by_its_name_or_by_the_beginning_of_its_script() {
        let long = format!("kubectl {}", "x".repeat(80));
        let read =
            read(&format!("- {{ fails: a, run: {long} }}\n- {{ name: A typo, fails: b, also: [c], run: 'true' }}"));
        let [one, two] = <[Mutation; 2]>::try_from(read.unwrap()).unwrap();
        assert_eq!((one.title().chars().count(), two.title().as_str()), (61, "A typo"));
        assert_eq!(two.failing(), ["b", "c"].map(str::to_owned).into());
    }

    #[test]
    fn a_mistake_that_cannot_be_told_from_another_is_refused_with_its_file() {
        for (mutations, told) in [
            ("- { fails: a, run: ' ' }", "a mistake in a is made by no command"),
            ("- { fails: a, also: [a], run: x }", "\"x\" fails a, and names it again in also"),
            ("- { fails: a, run: x }\n- { fails: b, run: x }", "two mistakes are called \"x\""),
            ("- { fails: a, run: x, copies: [{ kind: Service }] }", "missing field `apiVersion`"),
            ("- { fails: a, run: x, fail: b }", "unknown field"),
        ] {
            let fault = read(mutations).unwrap_err();
            assert!(fault.starts_with("labs/demo/solution/mutations.yaml:") && fault.contains(told), "{fault}");
        }
    }
}
