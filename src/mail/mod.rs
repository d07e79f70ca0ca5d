//! Mail: rendered when it is called for, queued in the same transaction, sent by a job.
//!
//! The queue's copy of a text is wiped once it was sent, since it may hold a link that signs somebody in.
//!
//! A mail goes out at least once: when a server dies between taking it and saying so, it gets it again, under the same
//! id, by which mailboxes leave out the second. What the server refuses for good is given up at once; for anything else it
//! is tried again for a day, for as long as a mail server may well be down.

mod folder;
mod settings;
mod transport;

use anyhow::Context as _;
use serde::{Deserialize, Serialize};

use crate::clock::Clock;
use crate::db::Conn;
use crate::id::Random;
use crate::jobs::{Job, Jobs, Registry};
use crate::view::{MailView, Templates};

pub use settings::{MailSettings, Smtp, SmtpSecurity};
pub use transport::{SentMail, Transport};

crate::id_types! {
    /// One mail, however often it is sent.
    MailId;
}

/// Renders mails and queues them.
#[derive(Clone, Debug)]
pub struct Mailer {
    jobs: Jobs,
    templates: Templates,
    clock: Clock,
    random: Random,
}

/// A rendered mail on its way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SendMail {
    /// What its file and its `Message-ID` are called after.
    pub id: MailId,
    /// The address it goes to.
    pub to: String,
    /// One line.
    pub subject: String,
    /// The body as plain text.
    pub text: String,
    /// The body as HTML.
    pub html: String,
}

impl Job for SendMail {
    const KIND: &'static str = "mail.send";
    /// About a day, at five minutes a pause.
    const MOST_TRIES: i64 = 300;
}

impl Mailer {
    /// A mailer that renders with `templates` and queues in `jobs`.
    pub fn new(jobs: Jobs, templates: Templates, (clock, random): (Clock, Random)) -> Self {
        Self { jobs, templates, clock, random }
    }

    /// Queues `mail` for `to` within the caller's transaction.
    pub async fn queue<V: MailView>(&self, conn: &mut Conn, to: &str, mail: &V) -> anyhow::Result<()> {
        let render = |file| self.templates.render_mail(file, mail).with_context(|| format!("mail {}/{file}", V::NAME));
        let job = SendMail {
            id: MailId::generate(&self.random, self.clock.now()),
            to: to.to_owned(),
            subject: render("subject.txt")?.trim().to_owned(),
            text: render("body.txt")?,
            html: render("body.html")?,
        };
        self.jobs.enqueue(conn, &job).await?;
        Ok(())
    }
}

/// Registers the job that sends through `transport`.
pub fn register_jobs(registry: &mut Registry, transport: Transport) {
    registry.on(move |mail: SendMail| {
        let transport = transport.clone();
        async move { transport.send(&mail).await }
    });
}
