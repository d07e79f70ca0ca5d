//! What every page is given besides its own data.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The person a page is made for, as far as its layout shows them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CurrentUser {
    /// The name they go by.
    pub name: String,
    /// The address they sign in with.
    pub email: String,
    /// `learner`, `instructor` or `admin`.
    pub role: &'static str,
}

/// A sentence shown once, on the page after a redirect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flash {
    /// How it is meant.
    pub kind: FlashKind,
    /// What it says.
    pub text: String,
}

/// How a [`Flash`] is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FlashKind {
    /// It worked.
    Success,
    /// Something to know.
    Info,
    /// It did not work.
    Error,
}

/// The colours a reader asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Theme {
    /// Those of the device.
    #[default]
    Auto,
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

impl Theme {
    /// The theme named by a cookie or a form; anything unknown is [`Theme::Auto`].
    pub fn parse(text: &str) -> Self {
        match text {
            "light" => Self::Light,
            "dark" => Self::Dark,
            _ => Self::Auto,
        }
    }

    /// The name that [`Theme::parse`] reads.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

/// The layout of a page: who reads it, the token for its forms, what to say once.
#[derive(Clone, Debug, Serialize)]
pub struct Shell {
    /// Who reads it; nobody when signed out.
    pub person: Option<CurrentUser>,
    /// The token that every form of the page carries.
    pub csrf: String,
    /// What to say once.
    pub flash: Option<Flash>,
    /// The content security policy's nonce for this answer.
    pub nonce: String,
    /// The reader's colours.
    pub theme: Theme,
    /// The path asked for.
    pub path: String,
    /// The address that this site takes itself to have: an origin, or `//` and a host.
    pub origin: String,
    /// The server's time.
    pub now: Timestamp,
    /// The programme's title.
    pub programme: String,
    /// The name of the programme's time zone.
    pub zone: String,
    /// Names this request in the log.
    pub request_id: String,
}

impl Shell {
    /// Layouts for every kind of user, for the test that renders all samples.
    pub fn samples() -> Vec<Self> {
        let reader =
            |name: &str, role| CurrentUser { name: name.to_owned(), email: format!("{role}@example.org"), role };
        let people = [
            None,
            Some(reader("Ada Quist", "learner")),
            Some(reader("Imre Solis", "instructor")),
            Some(reader("Noor Adel", "admin")),
        ];
        let flash = Flash { kind: FlashKind::Success, text: "Your entry is in.".to_owned() };
        people
            .into_iter()
            .map(|person| Self {
                flash: person.as_ref().map(|_signed_in| flash.clone()),
                person,
                csrf: "0".repeat(64),
                nonce: "bm9uY2U".to_owned(),
                theme: Theme::Auto,
                path: "/".to_owned(),
                origin: "//localhost:8080".to_owned(),
                now: Timestamp::UNIX_EPOCH,
                programme: "Seaworthy".to_owned(),
                zone: "Europe/London".to_owned(),
                request_id: "0198f3c0-0000-7000-8000-000000000000".to_owned(),
            })
            .collect()
    }
}
