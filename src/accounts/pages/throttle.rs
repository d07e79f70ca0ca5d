//! How often a form of this part may be sent: by the network it comes from, and by the account or mailbox it is about.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, web};

use crate::accounts::{AccountSettings, Email, PersonId};
use crate::text;
use crate::web::{ClientAddress, LimitRule, Limits, WebError};

/// The limits that a request of this part counts against.
#[derive(Clone, Debug)]
pub struct Throttle {
    limits: Limits,
    settings: AccountSettings,
    network: String,
}

impl Throttle {
    /// Counts a sign-up, and the mail that it causes.
    pub(super) async fn sign_up(&self, email: &Email) -> Result<(), WebError> {
        let network = hourly("accounts.sign_up", self.settings.sign_ups_per_hour);
        Ok(self.limits.take_all(&[(network, &self.network), (self.recipient(), email.canonical())]).await??)
    }

    /// Counts an attempt at the password of an address, however it is spelled.
    pub(super) async fn sign_in(&self, typed: &str) -> Result<(), WebError> {
        let account =
            Email::parse(typed).map_or_else(|_no_address| text::fold(typed), |email| email.canonical().to_owned());
        self.guess("accounts.sign_in_account", &account).await
    }

    /// Counts an attempt at the password of somebody who is signed in.
    pub(super) async fn password(&self, person: &PersonId) -> Result<(), WebError> {
        self.guess("accounts.password", person.as_str()).await
    }

    /// Counts an attempt at the password of a sign-up.
    pub(super) async fn verification(&self, token: &str) -> Result<(), WebError> {
        self.guess("accounts.verify", token).await
    }

    /// Counts a form that sends a mail to an address.
    pub(super) async fn mail(&self, to: &Email) -> Result<(), WebError> {
        let network = hourly("accounts.mail", self.settings.mails_per_hour);
        Ok(self.limits.take_all(&[(network, &self.network), (self.recipient(), to.canonical())]).await??)
    }

    async fn guess(&self, name: &'static str, whose: &str) -> Result<(), WebError> {
        let rule = |name, max| LimitRule { name, max, window_seconds: 300 };
        let network = rule("accounts.sign_in", self.settings.sign_ins_per_five_minutes);
        let account = rule(name, self.settings.sign_ins_per_account);
        Ok(self.limits.take_all(&[(network, &self.network), (account, whose)]).await??)
    }

    fn recipient(&self) -> LimitRule {
        hourly("accounts.mail_recipient", self.settings.mails_per_recipient)
    }
}

fn hourly(name: &'static str, max: i64) -> LimitRule {
    LimitRule { name, max, window_seconds: 3_600 }
}

impl FromRequest for Throttle {
    type Error = WebError;
    type Future = Ready<Result<Self, WebError>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let network = ClientAddress::from_request(request, payload).into_inner();
        let limits = request.app_data::<web::Data<Limits>>();
        let settings = request.app_data::<web::Data<AccountSettings>>();
        ready(network.and_then(|ClientAddress(network)| match (limits, settings) {
            (Some(limits), Some(settings)) => {
                Ok(Self { limits: (***limits).clone(), settings: (***settings).clone(), network })
            }
            _ => Err(WebError::Fault(anyhow::anyhow!("the server was built without its limits"))),
        }))
    }
}
