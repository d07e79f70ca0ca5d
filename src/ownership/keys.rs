//! The keys of the human-service-discovery convention.

/// The convention's prefix.
pub const PREFIX: &str = "a8r.io/";

/// What the value of a key is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueKind {
    /// Text for people.
    Text,
    /// The name of a channel, or the address of one.
    Channel,
    /// An address.
    Address,
    /// Names of Services, or text for people.
    Dependencies,
}

/// A key of the convention.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    /// What follows the prefix.
    pub name: &'static str,
    /// What it is called on pages.
    pub label: &'static str,
    /// What its value says.
    pub says: &'static str,
    /// What its value is.
    pub kind: ValueKind,
    /// What a right value adds to the score; all keys together give 100.
    pub points: u32,
}

impl Key {
    /// The key as it stands among the annotations.
    pub fn full(&self) -> String {
        format!("{PREFIX}{}", self.name)
    }

    /// The key with this name.
    pub fn find(name: &str) -> Option<&'static Self> {
        KEYS.iter().find(|key| key.name == name)
    }
}

/// The keys, in the order in which people need them during an incident.
pub const KEYS: [Key; 13] = [
    key("owner", "Owner", "who answers for the service", ValueKind::Text, 20),
    key("runbook", "Runbook", "the page that says what to do", ValueKind::Address, 15),
    key("chat", "Chat", "where the people who know it talk", ValueKind::Channel, 15),
    key("description", "Description", "what the service is for", ValueKind::Text, 10),
    key("dependencies", "Depends on", "the services that it needs, or none", ValueKind::Dependencies, 10),
    key("repository", "Source", "where its source is", ValueKind::Address, 6),
    key("support", "On call", "whom to reach when it fails, and how", ValueKind::Text, 6),
    key("performance", "Dashboard", "the dashboard of its performance", ValueKind::Address, 4),
    key("logs", "Logs", "where its logs are read", ValueKind::Address, 3),
    key("documentation", "Documentation", "where it is explained", ValueKind::Address, 3),
    key("bugs", "Known bugs", "where its bugs are kept", ValueKind::Address, 3),
    key("incidents", "Incidents", "where its incidents are kept", ValueKind::Address, 3),
    key("uptime", "Status page", "where one sees whether it is up", ValueKind::Address, 2),
];

const fn key(name: &'static str, label: &'static str, says: &'static str, kind: ValueKind, points: u32) -> Key {
    Key { name, label, says, kind, points }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_keys_together_give_a_hundred_points() {
        assert_eq!(KEYS.iter().map(|key| key.points).sum::<u32>(), 100);
    }
}
