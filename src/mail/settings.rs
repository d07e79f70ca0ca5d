//! The `[mail]` section.

use std::net::IpAddr;
use std::path::PathBuf;

use serde::Deserialize;
use url::Host;

use crate::settings::{Faults, SecretText};

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
    /// The name by which this machine presents itself (EHLO); the host of `server.public_url` when left out.
    pub ehlo_name: Option<String>,
    /// The name to sign in with.
    pub username: Option<String>,
    /// The password to sign in with.
    pub password: Option<SecretText>,
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
        Self { from: "seaworthy@localhost".to_owned(), folder: PathBuf::from("var/mail"), smtp: None }
    }
}

impl MailSettings {
    /// Every fault of the section, as messages for the person who wrote it.
    pub fn validate(&self) -> Vec<String> {
        let mut faults = Faults::of("mail");
        if self.from.parse::<lettre::message::Mailbox>().is_err() {
            let message = format!("must be an address such as \"Name <name@example.org>\", not {:?}", self.from);
            faults.add("from", message);
        }
        faults.folder("folder", &self.folder);
        if let Some(smtp) = &self.smtp {
            smtp.validate(&mut faults);
        }
        faults.into_list()
    }
}

impl Smtp {
    fn validate(&self, faults: &mut Faults) {
        faults.expect(is_host(&self.host), "smtp.host", "must be the name or the address of a host, without a port");
        if let Some(name) = &self.ehlo_name {
            let message = format!("must be the name or the address of a host, not {name:?}");
            faults.expect(is_host(name), "smtp.ehlo_name", message);
        }
        faults.expect(self.port != Some(0), "smtp.port", "must be from 1 to 65535, not 0");
        match (&self.username, &self.password) {
            (Some(_), None) => faults.add("smtp.username", "needs mail.smtp.password beside it"),
            (None, Some(_)) => faults.add("smtp.password", "needs mail.smtp.username beside it"),
            (Some(username), Some(password)) => {
                faults.expect(
                    !username.trim().is_empty(),
                    "smtp.username",
                    "is empty; leave it out to sign in nowhere",
                );
                faults.expect(!password.expose().is_empty(), "smtp.password", "is empty");
            }
            (None, None) => {}
        }
    }
}

fn is_host(text: &str) -> bool {
    !text.is_empty() && !text.contains('*') && Host::parse(text).is_ok() || text.parse::<IpAddr>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(change: impl FnOnce(&mut Smtp)) -> Vec<String> {
        let mut smtp = Smtp {
            host: "mail.example.org".to_owned(),
            port: None,
            security: SmtpSecurity::Tls,
            ehlo_name: None,
            username: None,
            password: None,
        };
        change(&mut smtp);
        MailSettings { smtp: Some(smtp), ..MailSettings::default() }.validate()
    }

    #[test]
    fn the_defaults_have_no_fault() {
        assert_eq!(MailSettings::default().validate(), Vec::<String>::new());
        assert_eq!(faults(|_| {}), Vec::<String>::new());
    }

    #[test]
    fn a_sender_that_is_no_address_is_refused() {
        for from in ["", "Seaworthy", "Seaworthy <>", "a@b@c"] {
            let settings = MailSettings { from: from.to_owned(), ..MailSettings::default() };
            assert!(settings.validate()[0].starts_with("mail.from must be"), "{from:?}");
        }
    }

    #[test]
    fn a_server_is_a_host_with_a_port_of_its_own() {
        for host in ["127.0.0.1", "::1", "[::1]", "localhost", "mail.example.org", "bücher.example"] {
            assert_eq!(faults(|smtp| smtp.host = host.to_owned()), Vec::<String>::new(), "{host}");
        }
        for host in [
            "",
            "[::1",
            "::1]",
            "*.example.org",
            "mail.example.org:587",
            "smtp://mail.example.org",
            "mail example.org",
            "mail.example.org/",
        ] {
            assert!(faults(|smtp| smtp.host = host.to_owned())[0].starts_with("mail.smtp.host "), "{host:?}");
        }
        assert_eq!(faults(|smtp| smtp.ehlo_name = Some("out.example.org".to_owned())), Vec::<String>::new());
        assert_eq!(
            faults(|smtp| smtp.ehlo_name = Some("out example".to_owned())),
            ["mail.smtp.ehlo_name must be the name or the address of a host, not \"out example\""]
        );
        assert_eq!(faults(|smtp| smtp.port = Some(0)), ["mail.smtp.port must be from 1 to 65535, not 0"]);
    }

    #[test]
    fn a_name_and_a_password_go_together_and_the_password_is_not_printed() {
        let alone = faults(|smtp| smtp.password = Some("canary".into()));
        assert_eq!(alone, ["mail.smtp.password needs mail.smtp.username beside it"]);
        assert_eq!(faults(|smtp| smtp.username = Some("sea".to_owned())).len(), 1);
        let empty = faults(|smtp| (smtp.username, smtp.password) = (Some(" ".to_owned()), Some("".into())));
        assert!(empty[0].starts_with("mail.smtp.username is empty") && empty[1] == "mail.smtp.password is empty");
        let smtp = Smtp {
            host: "x".to_owned(),
            port: None,
            security: SmtpSecurity::None,
            ehlo_name: None,
            username: Some("sea".to_owned()),
            password: Some("canary".into()),
        };
        assert!(!format!("{smtp:?}").contains("canary"));
    }
}
