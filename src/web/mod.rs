//! The edge: what every page needs before and after its handler.
//!
//! A request passes, from the outside in: [`frame::open`] (request id, nonce, security headers), [`problem::render`]
//! (one page for every refusal and fault), then the guard of the accounts that recognises who asks. A handler reads a
//! [`Form`], calls one verb, and answers with a [`Reply`].

pub mod assets;
mod client_address;
pub mod cookies;
mod error;
mod form;
pub mod frame;
pub mod health;
mod limits;
pub mod metrics;
mod page;
pub mod problem;
mod settings;
mod store;
mod upload;

use actix_web::HttpRequest;
use jiff::Timestamp;

use crate::clock::Clock;
use crate::id::{Random, Secret, keyed_hash};
use crate::view::Templates;

pub use client_address::ClientAddress;
pub use cookies::{CookiePolicy, SetCookie};
pub use error::WebError;
pub use form::{Field, Fields, Form, NoFields};
pub use limits::{LimitRule, Limits, TooMany};
pub use metrics::Metrics;
pub use page::{Redirect, Reply};
pub use settings::ServerSettings;
pub use upload::Upload;

/// What pages and forms need to know of the installation.
#[derive(Clone, Debug)]
pub struct Site {
    /// The templates.
    pub templates: Templates,
    /// The time.
    pub clock: Clock,
    /// Nonces and tokens.
    pub random: Random,
    /// How cookies are named and kept.
    pub cookies: CookiePolicy,
    /// The programme's title.
    pub programme: String,
    /// The header in which a trusted proxy names the client's address.
    pub client_address_header: Option<String>,
    csrf_key: [u8; 32],
}

impl Site {
    /// A site whose form tokens are keyed by `secret`.
    pub fn new(
        templates: Templates,
        (clock, random): (Clock, Random),
        secret: &Secret,
        settings: &ServerSettings,
        programme: String,
    ) -> Self {
        Self {
            templates,
            clock,
            random,
            cookies: CookiePolicy::for_public_url(&settings.public_url()),
            programme,
            client_address_header: settings.client_address_header.clone(),
            csrf_key: secret.derive("csrf"),
        }
    }

    /// The server's time.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The form token that belongs to a visitor's cookie: HMAC-SHA256 in hexadecimal.
    pub fn csrf_token(&self, cookie: &str) -> String {
        hex::encode(keyed_hash(&self.csrf_key, cookie.as_bytes()))
    }

    pub(crate) fn of(request: &HttpRequest) -> Result<&Self, WebError> {
        request
            .app_data::<actix_web::web::Data<Self>>()
            .map(actix_web::web::Data::get_ref)
            .ok_or_else(|| WebError::Fault(anyhow::anyhow!("the server was built without its site")))
    }
}
