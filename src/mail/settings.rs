//! The `[mail]` section.

use std::path::PathBuf;

use serde::Deserialize;

/// Where mail goes: a folder, unless `smtp` is set.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MailSettings {
    /// The sender, as `Name <address>`.
    pub from: String,
    /// Takes one `.eml` file a mail.
    pub folder: PathBuf,
    /// A server to send through.
    pub smtp: Option<Smtp>,
}

/// A server that takes mail.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Smtp {
    /// Its name.
    pub host: String,
    /// Its port; that of the chosen security when left out.
    pub port: Option<u16>,
    /// How the connection is kept private.
    #[serde(default)]
    pub security: SmtpSecurity,
    /// The name to sign in with.
    pub username: Option<String>,
    /// The password to sign in with.
    pub password: Option<String>,
}

/// How the connection to a mail server is kept private.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SmtpSecurity {
    /// TLS from the first byte (port 465).
    #[default]
    Tls,
    /// Upgraded to TLS, or refused (port 587).
    Starttls,
    /// None; for a relay on this machine (port 25).
    None,
}

impl Default for MailSettings {
    fn default() -> Self {
        Self { from: "Seaworthy <seaworthy@localhost>".to_owned(), folder: PathBuf::from("var/mail"), smtp: None }
    }
}

impl MailSettings {
    /// Every fault of the section, worded for the person who wrote it.
    pub fn validate(&self) -> Vec<String> {
        let mut faults = Vec::new();
        if self.from.parse::<lettre::message::Mailbox>().is_err() {
            faults
                .push(format!("mail.from must be an address such as \"Name <name@example.org>\", not {:?}", self.from));
        }
        if let Some(smtp) = &self.smtp
            && smtp.username.is_some() != smtp.password.is_some()
        {
            faults.push("mail.smtp.username and mail.smtp.password go together".to_owned());
        }
        faults
    }
}
