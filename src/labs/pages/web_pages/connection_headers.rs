//! The headers that belong to one connection and are not passed on (RFC 9110, section 7.6.1).

/// Those that always do.
const OF_A_CONNECTION: [&str; 9] = [
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// What the `Connection` headers of a message say.
pub(super) struct ConnectionHeaders {
    /// In small letters.
    options: Vec<String>,
}

impl ConnectionHeaders {
    /// Reads the values of the `Connection` headers.
    pub(super) fn read<'a>(values: impl Iterator<Item = &'a str>) -> Self {
        let options = values.flat_map(|value| value.split(','));
        Self { options: options.map(|option| option.trim().to_ascii_lowercase()).collect() }
    }

    /// Whether an option is among them.
    pub(super) fn names(&self, option: &str) -> bool {
        self.options.iter().any(|named| named == option)
    }

    /// Whether a header of that name, in small letters, belongs to the connection.
    pub(super) fn own(&self, name: &str) -> bool {
        OF_A_CONNECTION.contains(&name) || self.names(name)
    }
}
