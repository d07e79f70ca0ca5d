//! The states of a lab in which it is verified, each with the verdicts that it must get.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;
use sha2::{Digest as _, Sha256};

use crate::labs::{Mutation, Solution};

/// The title of the state before anything is done.
pub(super) const UNTOUCHED: &str = "untouched";
/// The titles of the states after the solution was run.
pub(super) const SOLVED: [&str; 2] = ["solved once", "solved twice"];
/// The hints of a state that must lead to none.
static NO_HINTS: BTreeMap<String, String> = BTreeMap::new();

/// One state of a lab.
#[derive(Clone, Debug)]
pub(super) struct State<'a> {
    /// What it is.
    pub(super) title: String,
    /// The tasks that must fail; the others must pass.
    pub(super) failing: BTreeSet<String>,
    /// Parts of the hints that it must lead to, by `task.check`.
    pub(super) hints: &'a BTreeMap<String, String>,
    /// Whether the solution was run.
    is_solved: bool,
    /// The mistake that was made.
    mutation: Option<&'a Mutation>,
}

impl<'a> State<'a> {
    /// The lab before anything is done, where `tasks` are all that it has.
    pub(super) fn untouched(tasks: &[String]) -> Self {
        let failing = tasks.iter().cloned().collect();
        Self { title: UNTOUCHED.to_owned(), failing, hints: &NO_HINTS, is_solved: false, mutation: None }
    }

    /// The lab after its solution was run.
    pub(super) fn solved(title: impl Into<String>) -> Self {
        let failing = BTreeSet::new();
        Self { title: title.into(), failing, hints: &NO_HINTS, is_solved: true, mutation: None }
    }

    /// The solved lab that is graded before a mistake is made, for a mistake that wants it.
    pub(super) fn before(mutation: &Mutation) -> Option<Self> {
        mutation.graded_first.then(|| Self::solved(format!("before: {}", mutation.title())))
    }

    /// The lab after a mistake.
    pub(super) fn mutated(mutation: &'a Mutation) -> Self {
        Self {
            title: mutation.title(),
            failing: mutation.failing(),
            hints: &mutation.hints,
            is_solved: true,
            mutation: Some(mutation),
        }
    }

    /// The hash of what makes it, by which a recording is known to be of another lab.
    pub(super) fn made_by(&self, solution: Option<&Solution>) -> String {
        let script = solution.filter(|_| self.is_solved).map(|solution| &solution.script);
        let mistake = self
            .mutation
            .map(|one| (&one.run, one.copies.iter().map(|copy| (&copy.kind, &copy.name)).collect::<Vec<_>>()));
        hash(&json!([script, mistake]).to_string())
    }
}

/// Every state of a lab, in the order in which they are made.
pub(super) fn list_states<'a>(solution: &'a Solution, tasks: &[String]) -> Vec<State<'a>> {
    let mut states = vec![State::untouched(tasks)];
    states.extend(SOLVED.map(State::solved));
    for mutation in &solution.mutations {
        states.extend(State::before(mutation));
        states.push(State::mutated(mutation));
    }
    states
}

/// The first letters of the SHA-256 of a text, as lower-case hexadecimal: enough to tell the values of one file apart. The
/// letter before them keeps YAML from reading a number.
pub(super) fn hash(text: &str) -> String {
    format!("h{}", hex::encode(&Sha256::digest(text.as_bytes())[..6]))
}
