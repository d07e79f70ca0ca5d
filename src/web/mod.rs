//! The edge: what every page needs before and after its handler.
//!
//! A request passes, from the outside in: [`metrics::measure`], [`layout::open`] (request id, nonce, security headers),
//! [`problem::render`] (one page for every refusal and fault), [`submitted::read`] (the form, before anybody asks who sent it),
//! then the guard of the accounts that recognises who asks. A handler reads a [`Form`], calls one verb, and answers with a
//! [`Reply`].
//!
//! # What was typed
//! A form that is refused for whatever reason without a page of its own comes back by [`problem::render`] as a page that
//! holds what was typed, signs in in place where that is needed, and sends it on: see [`PreservedForm`]. That is done for forms that
//! the browser says were sent by a page of this site ([`origin`]), so that no other site can have one prepared.
//!
//! | file | holds |
//! |---|---|
//! | `routes.rs` | a line of the table of addresses, and what is built of it |
//! | `layout.rs`, `page.rs`, `problem.rs`, `error.rs` | headers and request id; a handler's answer; the page of a refusal or fault |
//! | `submitted.rs`, `form.rs`, `upload.rs`, `query.rs` | what was sent, read as a form, a file or parameters |
//! | `preserved.rs`, `confirmation.rs` | a refused form on its way back; the question before what cannot be undone |
//! | `csrf.rs`, `origin.rs`, `cookies.rs`, `client_address.rs`, `limits.rs`, `store.rs` | who may send what, and how often |
//! | `assets.rs`, `cache.rs` | the bundled files; answers that are the same for many |
//! | `health.rs`, `metrics.rs`, `sockets.rs`, `settings.rs` | liveness, metrics, open websockets, the section `server` |
//!
//! Table: `limit_counts`.

pub mod assets;
mod cache;
mod client_address;
mod confirmation;
pub mod cookies;
mod csrf;
mod error;
mod form;
pub mod health;
pub mod layout;
mod limits;
pub mod metrics;
pub mod origin;
mod page;
mod preserved;
pub mod problem;
mod query;
pub mod routes;
mod settings;
mod sockets;
mod store;
pub mod submitted;
mod upload;

use actix_web::HttpRequest;
use jiff::Timestamp;

use crate::clock::Clock;
use crate::id::{Random, Secret};
use crate::view::Templates;

pub use cache::respond_with_file;
pub use client_address::ClientAddress;
pub use confirmation::Confirmation;
pub use cookies::{CookiePolicy, SetCookie};
pub use csrf::{PersonKey, TOKEN_FIELD};
pub use error::WebError;
pub use form::{Field, Fields, Form, NoFields};
pub use limits::{LimitRule, Limits, TooMany};
pub use metrics::{LabPageOutcome, Metrics, StateCounts};
pub use page::{Redirect, Reply, local_path, render_bare};
pub use preserved::{PreservedForm, PreservedFormPage, PreservedFormReply, is_secret_field, is_unseen_field};
pub use query::{Query, configure_extractors};
pub use settings::ServerSettings;
pub use sockets::{SocketPermit, Sockets};
pub use submitted::sent_fields;
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
    /// The origin that people type, when it is set; else it is that of each request.
    pub public_origin: Option<String>,
    /// What a page may show in a frame, as a content security policy names it: the web pages of labs.
    pub frame_sources: String,
    /// The programme's title.
    pub programme: String,
    /// The name of the programme's time zone.
    pub zone: String,
    /// The header in which a trusted proxy names the client's address.
    pub client_address_header: Option<String>,
    csrf_key: [u8; 32],
}

impl Site {
    /// A site whose form tokens are keyed by `secret`, for a programme of such a title and zone.
    pub fn new(
        templates: Templates,
        (clock, random): (Clock, Random),
        secret: &Secret,
        (settings, lab_domain): (&ServerSettings, &str),
        (programme, zone): (String, String),
    ) -> Self {
        let public_origin = settings.public_url.as_deref().and_then(origin::normalize);
        Self {
            templates,
            clock,
            random,
            cookies: CookiePolicy::for_public_url(&settings.public_url()),
            frame_sources: origin::frame_sources(public_origin.as_deref(), lab_domain),
            public_origin,
            programme,
            zone,
            client_address_header: settings.client_address_header.clone(),
            csrf_key: secret.derive("csrf"),
        }
    }

    /// What the site is called, and where it is: words that no password may rest on.
    pub fn own_words(&self) -> String {
        format!("{} {}", self.programme, self.public_origin.as_deref().unwrap_or_default())
    }

    /// The server's time.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The address of this site for whoever asks: its origin when that is set, else `//` and the host asked for.
    fn address_of(&self, request: &HttpRequest) -> String {
        self.public_origin.clone().unwrap_or_else(|| format!("//{}", origin::host(request)))
    }

    pub(crate) fn of(request: &HttpRequest) -> Result<&Self, WebError> {
        request
            .app_data::<actix_web::web::Data<Self>>()
            .map(actix_web::web::Data::get_ref)
            .ok_or_else(|| WebError::Fault(anyhow::anyhow!("the server was built without its site")))
    }
}
