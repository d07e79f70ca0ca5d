//! The faults that tests inject into the mock.

use std::sync::atomic::Ordering;

use serde_json::Value;

use super::path::ResourcePath;
use super::state::State;

/// The injected faults.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each switch is on or off by itself")]
pub(crate) struct Switches {
    /// Whether pods become ready as soon as they are applied.
    pub pods_become_ready: bool,
    /// Whether the quota's controller counts.
    pub quota_is_counted: bool,
    /// Whether a network policy keeps the pods of its namespace from each other.
    pub policies_are_enforced: bool,
    /// Whether a deleted namespace stays terminating until the switch is cleared.
    pub deletions_hang: bool,
    /// Writes of this plural wait until the switch is cleared.
    pub hold: Option<&'static str>,
    /// Reads of one object of this plural wait until the switch is cleared.
    pub hold_reads: Option<&'static str>,
    /// Writes of this plural are refused with this code and message.
    pub refuse: Option<(&'static str, u16, &'static str)>,
    /// Lists of this plural are refused.
    pub forbid_lists: Option<&'static str>,
    /// Lists of this plural in one namespace wait until the switch is cleared.
    pub hold_lists: Option<&'static str>,
    /// Whether the API server takes requests and answers none.
    pub hang: bool,
    /// The write of this number, from 0, gets no answer, and neither does any after it.
    pub last_write: Option<LastWrite>,
}

impl Default for Switches {
    fn default() -> Self {
        Self {
            pods_become_ready: true,
            quota_is_counted: true,
            policies_are_enforced: true,
            deletions_hang: false,
            hold: None,
            hold_reads: None,
            refuse: None,
            forbid_lists: None,
            hold_lists: None,
            hang: false,
            last_write: None,
        }
    }
}

/// The last write before the writer is to die.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LastWrite {
    /// Which one, from 0, counted from when the switch was set.
    pub number: u64,
    /// Whether it is carried out, although it gets no answer.
    pub is_done: bool,
}

impl State {
    /// Whether the pods of a namespace reach each other.
    pub(super) fn has_open_pods(&self, namespace: &str) -> bool {
        let has_policy = self.list_content(namespace).iter().any(|((plural, ..), _)| plural == "networkpolicies");
        !(has_policy && self.switches.borrow().policies_are_enforced)
    }

    pub(super) fn count_forward(&self) {
        self.forwards.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn forwards(&self) -> u64 {
        self.forwards.load(Ordering::Relaxed)
    }

    pub(super) fn lead_port(&self, (namespace, pod, port): (&str, &str, u16), local: u16) {
        let key = (namespace.to_owned(), pod.to_owned(), port);
        self.local_ports.lock().unwrap().insert(key, local);
    }

    /// The test's own port behind one of a pod; none where nothing listens.
    pub(super) fn local_port(&self, namespace: &str, pod: &str, port: u16) -> Option<u16> {
        self.local_ports.lock().unwrap().get(&(namespace.to_owned(), pod.to_owned(), port)).copied()
    }

    /// Gives an object whose name the API server is to choose one.
    pub(super) fn choose_name(&self, mut object: Value) -> Value {
        if let Some(prefix) = object["metadata"]["generateName"].as_str() {
            object["metadata"]["name"] = format!("{prefix}{}", self.writes().len()).into();
        }
        object
    }

    /// Keeps a list of one namespace waiting while the switch says so.
    pub(super) async fn hold_list(&self, path: &ResourcePath) {
        let mut switches = self.switches.subscribe();
        let is_held = |switches: &Switches| switches.hold_lists == Some(path.plural.as_str());
        switches.wait_for(|switches| path.namespace.is_empty() || !is_held(switches)).await.unwrap();
    }
}
