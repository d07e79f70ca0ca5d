//! One SMTP session, and what the server's refusals are about.
//!
//! A reply of 5xx says that the same command would be refused again, not that this mail is at fault: a wrong password or a
//! refused sender fails every mail until somebody corrects it. So the commands are distinguished here, and a mail fails for
//! good only after a reply about its recipient or its text.

use std::net::IpAddr;
use std::time::Duration;

use lettre::message::Mailbox;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::{ClientId, Extension, MailParameter};
use lettre::{Address, Message};
use url::Url;

use super::settings::{Smtp, SmtpSecurity};
use crate::jobs::JobError;

/// How long connecting may take, and a whole session.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);
const TIMEOUT: Duration = Duration::from_mins(3);
/// How long QUIT may take after the mail was accepted.
const QUIT_TIMEOUT: Duration = Duration::from_secs(2);

/// What a refusal says that is about who sends rather than about the mail, in lower case.
const SENDER_REFUSED: &[&str] =
    &["5.7.", "relay", "authenticat", "rcpthosts", "blacklist", "blocklist", "blocked", "not permitted"];

/// A mail server, and how to connect to it.
#[derive(Clone)]
pub struct SmtpServer {
    host: String,
    port: u16,
    security: SmtpSecurity,
    tls: TlsParameters,
    credentials: Option<Credentials>,
    ehlo: ClientId,
    from: Mailbox,
}

/// Why a mail did not go out.
#[derive(Debug, thiserror::Error)]
enum Refusal {
    /// The server cannot be reached, or refuses the login or the sender, which is not about this mail.
    #[error("{0}")]
    Connection(Error),
    /// What the server said about the recipient or the text.
    #[error("{0}")]
    Mail(Error),
    /// The address has non-ASCII letters, which the server does not support.
    #[error("the server takes addresses of ASCII letters alone")]
    NonAsciiAddress,
    /// The server said nothing for too long.
    #[error("the server took longer than {} s", TIMEOUT.as_secs())]
    Timeout,
}

impl SmtpServer {
    /// The server of the settings; EHLO gives the host of `public_url`, unless the settings give another name.
    pub(super) fn new(smtp: &Smtp, from: Mailbox, public_url: &str) -> anyhow::Result<Self> {
        let port = match smtp.security {
            SmtpSecurity::Tls => 465,
            SmtpSecurity::Starttls => 587,
            SmtpSecurity::None => 25,
        };
        let credentials = match (&smtp.username, &smtp.password) {
            (Some(username), Some(password)) => Some(Credentials::new(username.clone(), password.expose().to_owned())),
            _ => None,
        };
        let host = smtp.host.trim_matches(['[', ']']).to_owned();
        let public_host = Url::parse(public_url)?.host_str().map(str::to_owned);
        let ehlo_name = smtp.ehlo_name.clone().or(public_host).unwrap_or_else(|| "localhost".to_owned());
        Ok(Self {
            port: smtp.port.unwrap_or(port),
            security: smtp.security,
            tls: TlsParameters::new(host.clone())?,
            host,
            credentials,
            ehlo: client_id(&ehlo_name),
            from,
        })
    }

    /// Whom its mails are from.
    pub(super) fn from(&self) -> &Mailbox {
        &self.from
    }

    /// Sends a mail.
    pub(super) async fn send(&self, message: &Message) -> Result<(), JobError> {
        let sent = tokio::time::timeout(TIMEOUT, self.deliver(message)).await;
        let refusal = match sent {
            Ok(Ok(mut connection)) => {
                // The mail was accepted, so a fault from here on makes no difference.
                tokio::time::timeout(QUIT_TIMEOUT, connection.quit()).await.ok();
                return Ok(());
            }
            Ok(Err(refusal)) => refusal,
            Err(_elapsed) => Refusal::Timeout,
        };
        let is_permanent_refusal = match &refusal {
            Refusal::Mail(fault) => is_permanent(fault),
            Refusal::NonAsciiAddress => true,
            Refusal::Connection(_) | Refusal::Timeout => false,
        };
        let fault = anyhow::Error::new(refusal).context("the mail server did not take the mail");
        Err(if is_permanent_refusal { JobError::Fail(fault) } else { JobError::Retry(fault) })
    }

    async fn deliver(&self, message: &Message) -> Result<AsyncSmtpConnection, Refusal> {
        let mut connection = self.connect().await.map_err(Refusal::Connection)?;
        let sent = send_message(&mut connection, message).await;
        if sent.is_err() {
            tokio::time::timeout(QUIT_TIMEOUT, connection.abort()).await.ok();
        }
        sent.map(|()| connection)
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, Error> {
        let wrapper = (self.security == SmtpSecurity::Tls).then(|| self.tls.clone());
        let server = (self.host.as_str(), self.port);
        let mut connection =
            AsyncSmtpConnection::connect_tokio1(server, Some(CONNECT_TIMEOUT), &self.ehlo, wrapper, None).await?;
        if self.security == SmtpSecurity::Starttls {
            connection.starttls(self.tls.clone(), &self.ehlo).await?;
        }
        if let Some(credentials) = &self.credentials {
            connection.auth(&[Mechanism::Plain, Mechanism::Login], credentials).await?;
        }
        Ok(connection)
    }
}

async fn send_message(connection: &mut AsyncSmtpConnection, message: &Message) -> Result<(), Refusal> {
    let (envelope, mut options) = (message.envelope(), Vec::new());
    let mut addresses = envelope.to().iter().chain(envelope.from());
    if addresses.any(|address| !AsRef::<str>::as_ref(address).is_ascii()) {
        if !connection.server_info().supports_feature(Extension::SmtpUtfEight) {
            return Err(Refusal::NonAsciiAddress);
        }
        options.push(MailParameter::SmtpUtfEight);
    }
    let from: Option<Address> = envelope.from().cloned();
    connection.command(Mail::new(from, options)).await.map_err(Refusal::Connection)?;
    for to in envelope.to() {
        connection.command(Rcpt::new(to.clone(), Vec::new())).await.map_err(Refusal::Mail)?;
    }
    connection.command(Data).await.map_err(Refusal::Mail)?;
    connection.message(&message.formatted()).await.map_err(Refusal::Mail)?;
    Ok(())
}

/// Whether a reply to RCPT or DATA is about this recipient or this text, and would be the same tomorrow (RFC 5321, section
/// 4.2.3). A full mailbox (552) is emptied some day, and an enhanced code of 5.7 (RFC 3463) is about who we are: no right to
/// relay, an address on a list of blocked ones. Servers without such codes, or with one in a place of their own, say it in
/// words.
fn is_permanent(fault: &Error) -> bool {
    let code = fault.status().map(u16::from);
    let said = std::error::Error::source(fault).map(ToString::to_string).unwrap_or_default().to_lowercase();
    let is_sender_refused = SENDER_REFUSED.iter().any(|words| said.contains(words));
    matches!(code, Some(550 | 551 | 553 | 554 | 556)) && !is_sender_refused
}

fn client_id(name: &str) -> ClientId {
    match name.trim_matches(['[', ']']).parse() {
        Ok(IpAddr::V4(address)) => ClientId::Ipv4(address),
        Ok(IpAddr::V6(address)) => ClientId::Ipv6(address),
        Err(_name) => ClientId::Domain(name.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_told_as_the_protocol_writes_it() {
        for (host, told) in [
            ("learn.example.org", "learn.example.org"),
            ("192.0.2.7", "[192.0.2.7]"),
            ("[2001:db8::7]", "[IPv6:2001:db8::7]"),
        ] {
            assert_eq!(client_id(host).to_string(), told);
        }
    }
}
