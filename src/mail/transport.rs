//! The ways a mail leaves.

use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context as _;
use lettre::message::{Mailbox, MultiPart};
use lettre::{Address, Message};

use super::settings::MailSettings;
use super::smtp::SmtpServer;
use super::{RenderedMail, folder};
use crate::jobs::JobError;

/// The way a mail leaves.
#[derive(Clone)]
pub enum Transport {
    /// Through a mail server.
    Smtp(Box<SmtpServer>),
    /// Into a folder, one `.eml` file a mail.
    Folder(PathBuf, Mailbox),
    /// Into a list, for tests.
    Memory(Arc<Mutex<Vec<RenderedMail>>>),
}

impl Transport {
    /// The transport that the settings ask for, for a site at `public_url`; a folder is made when it is missing.
    pub fn from_settings(settings: &MailSettings, public_url: &str) -> anyhow::Result<Self> {
        let from: Mailbox = settings.from.parse().context("mail.from")?;
        if let Some(smtp) = &settings.smtp {
            Ok(Self::Smtp(Box::new(SmtpServer::new(smtp, from, public_url)?)))
        } else {
            std::fs::create_dir_all(&settings.folder)
                .with_context(|| format!("mail.folder {}", settings.folder.display()))?;
            Ok(Self::Folder(settings.folder.clone(), from))
        }
    }

    /// A list of what is sent.
    pub fn memory() -> Self {
        Self::Memory(Arc::default())
    }

    /// What a memory transport has taken so far; empty for the others.
    pub fn sent(&self) -> Vec<RenderedMail> {
        match self {
            Self::Memory(list) => list.lock().unwrap_or_else(PoisonError::into_inner).clone(),
            Self::Smtp(..) | Self::Folder(..) => Vec::new(),
        }
    }

    pub(super) async fn send(&self, mail: &RenderedMail) -> Result<(), JobError> {
        if mail.to.is_empty() {
            // The account was closed since the mail was called for, and has no address any more.
            return Ok(());
        }
        match self {
            Self::Smtp(server) => server.send(&compose(mail, server.from()).map_err(JobError::Fail)?).await,
            Self::Folder(path, from) => {
                let message = compose(mail, from).map_err(JobError::Fail)?;
                let written = folder::write_mail(path, mail.id.as_str(), &message.formatted()).await;
                Ok(written.with_context(|| format!("the mail could not be written to {}", path.display()))?)
            }
            Self::Memory(list) => {
                list.lock().unwrap_or_else(PoisonError::into_inner).push(mail.clone());
                Ok(())
            }
        }
    }
}

impl fmt::Debug for Transport {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Smtp(..) => "Smtp",
            Self::Folder(..) => "Folder",
            Self::Memory(_) => "Memory",
        })
    }
}

fn compose(mail: &RenderedMail, from: &Mailbox) -> anyhow::Result<Message> {
    let to = parse_mailbox(&mail.to).with_context(|| format!("{:?} is not an address", mail.to))?;
    Ok(Message::builder()
        .message_id(Some(format!("<{}@{}>", mail.id, from.email.domain())))
        .from(Mailbox::new(from.name.clone().or_else(|| Some(mail.sender.clone())), from.email.clone()))
        .to(to)
        .subject(mail.subject.clone())
        .multipart(MultiPart::alternative_plain_html(mail.text.clone(), mail.html.clone()))?)
}

/// The mailbox of an address, its domain in ASCII: not every mail server takes letters beyond it (RFC 6531).
fn parse_mailbox(address: &str) -> anyhow::Result<Mailbox> {
    let (name, domain) = address.rsplit_once('@').context("it has no @")?;
    Ok(Mailbox::new(None, Address::new(name, idna::domain_to_ascii(domain)?)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::MailId;

    #[test]
    fn a_mail_is_from_the_programme_unless_the_settings_name_somebody() {
        let mail = RenderedMail {
            id: MailId::from("m".to_owned()),
            sender: "Run what you build".to_owned(),
            to: "ada@example.org".to_owned(),
            subject: "Hello".to_owned(),
            text: "Hello".to_owned(),
            html: "<p>Hello".to_owned(),
        };
        for (from, expected) in [
            ("seaworthy@localhost", "From: \"Run what you build\" <seaworthy@localhost>"),
            ("Course team <team@example.org>", "From: \"Course team\" <team@example.org>"),
        ] {
            let message = compose(&mail, &from.parse().unwrap()).unwrap().formatted();
            let text = String::from_utf8(message).unwrap();
            assert!(text.lines().any(|line| line == expected), "{text}");
        }
    }
}
