//! Mail: a part enqueues a job of its own, which renders the mail when it is sent.
//!
//! A job holds ids rather than a rendered mail, and the [`MailId`] that was made when it was enqueued.
//!
//! A mail goes out at least once: when a mail server fails between accepting it and replying, it is sent again under the
//! same id, by which mailboxes drop the duplicate. What the server says about a recipient or a text is permanent; after
//! anything else, a wrong password among it, a mail is tried again for five days.
//!
//! # Files
//! `transport` chooses between `smtp`, `folder` and a list in memory for tests.

mod folder;
mod settings;
mod smtp;
mod transport;

use anyhow::Context as _;

use crate::jobs::JobError;
use crate::view::{MailView, Templates};

pub use settings::{MailSettings, Smtp, SmtpSecurity};
pub use smtp::SmtpServer;
pub use transport::Transport;

crate::id_types! {
    /// One mail, however often it is sent.
    MailId;
}

/// How often a mail is tried: for about five days (RFC 5321, section 4.5.4.1), at two and a half to five minutes a pause.
pub const MAX_ATTEMPTS: i64 = 2_000;

/// Renders mails and sends them.
#[derive(Clone, Debug)]
pub struct Mailer {
    templates: Templates,
    transport: Transport,
    programme: String,
}

/// A mail as it goes out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RenderedMail {
    /// What its file and its `Message-ID` are called after.
    pub id: MailId,
    /// Whom it is from, unless the settings name somebody.
    pub sender: String,
    /// The address it goes to.
    pub to: String,
    /// One line.
    pub subject: String,
    /// The body as plain text.
    pub text: String,
    /// The body as HTML.
    pub html: String,
}

impl Mailer {
    /// A mailer that renders with `templates` and sends through `transport`, for the programme called `programme`.
    pub fn new(templates: Templates, transport: Transport, programme: String) -> Self {
        Self { templates, transport, programme }
    }

    /// Renders `mail` and sends it to `to`; only a job calls this. Sent again under the same id, a mailbox shows it once.
    pub async fn send<V: MailView>(&self, id: &MailId, to: &str, mail: &V) -> Result<(), JobError> {
        let mail = self.render(id, to, mail).map_err(JobError::Fail)?;
        self.transport.send(&mail).await
    }

    fn render<V: MailView>(&self, id: &MailId, to: &str, mail: &V) -> anyhow::Result<RenderedMail> {
        let render = |file| {
            let text = self.templates.render_mail(file, &self.programme, mail);
            text.with_context(|| format!("mail {}/{file}", V::NAME))
        };
        Ok(RenderedMail {
            id: id.clone(),
            sender: self.programme.clone(),
            to: to.to_owned(),
            subject: render("subject.txt")?.trim().to_owned(),
            text: render("body.txt")?,
            html: render("body.html")?,
        })
    }
}
