//! The `[labs]` section.

use std::path::PathBuf;

use serde::Deserialize;

use crate::settings::Faults;

/// How lab sessions are run.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LabsSettings {
    /// A folder of labs in place of those built into the program.
    pub folder: Option<PathBuf>,
    /// How long a session may wait for a cluster that does not answer, in seconds.
    pub give_up_seconds: i64,
    /// How long the pods of a session may take to become ready, in seconds.
    pub ready_within_seconds: i64,
    /// How long the deletion of a namespace may take, in seconds; after that, the finalizers of its terminating objects are
    /// cleared and the grace periods of its pods are shortened.
    pub clear_namespace_after_seconds: i64,
    /// With more namespaces than this that are still terminating, the admin's overview warns that they use the sessions' capacity.
    pub max_lingering_namespaces: i64,
    /// How long the checks of a session may take, all of one request together, in seconds.
    pub check_timeout_seconds: u64,
    /// How often a terminal pings its browser, in seconds.
    pub terminal_ping_seconds: u64,
    /// How often a terminal, and an open answer of a web page, checks that its person is still signed in and its lab runs, in
    /// seconds.
    pub terminal_check_seconds: u64,
    /// How long a web page of a lab may take until its answer begins, in seconds.
    pub page_timeout_seconds: u64,
    /// How long nothing may be sent over a websocket or an open answer of a web page, in seconds.
    pub page_idle_seconds: u64,
    /// How much a request to a web page may hold, in MiB.
    pub page_max_body_mib: u64,
    /// How many requests to the web pages of one session may be under way, websockets among them.
    pub page_max_requests: usize,
}

impl Default for LabsSettings {
    fn default() -> Self {
        Self {
            folder: None,
            give_up_seconds: 180,
            ready_within_seconds: 180,
            clear_namespace_after_seconds: 60,
            max_lingering_namespaces: 10,
            check_timeout_seconds: 60,
            terminal_ping_seconds: 30,
            terminal_check_seconds: 5,
            page_timeout_seconds: 60,
            page_idle_seconds: 600,
            page_max_body_mib: 100,
            page_max_requests: 64,
        }
    }
}

impl LabsSettings {
    /// Every fault of the section, as sentences for the person who wrote it.
    pub fn validate(&self) -> Vec<String> {
        let mut faults = Faults::of("labs");
        if let Some(folder) = &self.folder {
            faults.existing_folder("folder", folder);
        }
        faults.range("give_up_seconds", &self.give_up_seconds, &(1..=86_400));
        faults.range("ready_within_seconds", &self.ready_within_seconds, &(1..=86_400));
        faults.range("clear_namespace_after_seconds", &self.clear_namespace_after_seconds, &(1..=86_400));
        faults.range("max_lingering_namespaces", &self.max_lingering_namespaces, &(1..=100_000));
        faults.range("check_timeout_seconds", &self.check_timeout_seconds, &(1..=600));
        faults.range("terminal_ping_seconds", &self.terminal_ping_seconds, &(1..=3_600));
        faults.range("terminal_check_seconds", &self.terminal_check_seconds, &(1..=3_600));
        faults.range("page_timeout_seconds", &self.page_timeout_seconds, &(1..=3_600));
        faults.range("page_idle_seconds", &self.page_idle_seconds, &(1..=86_400));
        faults.range("page_max_body_mib", &self.page_max_body_mib, &(1..=10_240));
        faults.range("page_max_requests", &self.page_max_requests, &(1..=1_000));
        faults.into_list()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_have_no_fault() {
        assert_eq!(LabsSettings::default().validate(), Vec::<String>::new());
    }

    #[test]
    fn lengths_out_of_range_and_a_missing_folder_are_reported_by_their_key() {
        let settings = LabsSettings {
            folder: Some("/nowhere".into()),
            give_up_seconds: -1,
            ready_within_seconds: 100_000,
            ..LabsSettings::default()
        };
        let faults = settings.validate();
        assert_eq!(faults[0], "labs.folder should name a folder, and there is none at /nowhere");
        assert_eq!(faults[1], "labs.give_up_seconds must be from 1 to 86400, not -1");
        assert_eq!(faults[2], "labs.ready_within_seconds must be from 1 to 86400, not 100000");
    }
}
