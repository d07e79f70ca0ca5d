//! The token that every form carries: made by this site, for one browser and one person.
//!
//! A token is `seed.person.mac`: the hash of the browser's cookie, a mark of who was signed in, and an HMAC of both. A form
//! is this visitor's own when its token was made here and either belongs to the browser's cookie, or the browser says that
//! the form stood on a page of this site. Two first pages opened at once, of which only one cookie is kept, both work then.

use actix_web::{HttpMessage as _, HttpRequest};
use subtle::ConstantTimeEq as _;

use super::origin::Source;
use super::{Site, WebError, cookies};
use crate::id::{hash_token, keyed_hash};

/// The field that carries the token.
pub const TOKEN_FIELD: &str = "csrf";
/// How many digits of a hash say which cookie a token belongs to.
const SEED_DIGITS: usize = 32;
/// How many digits say for whom a token was made.
const PERSON_DIGITS: usize = 16;
/// In place of those digits when nobody was signed in.
const NOBODY: &str = "-";

/// The id of the person who asks, known to this part by no more than that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonKey(pub String);

/// A token that was made by this site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token {
    seed: String,
    person: String,
}

impl Site {
    /// The token for the forms of a page, for the browser with `cookie` and for whoever is signed in there.
    pub fn form_token(&self, cookie: &str, person: Option<&PersonKey>) -> String {
        let (seed, person) = (&hash_token(cookie)[..SEED_DIGITS], self.person_mark(person));
        format!("{seed}.{person}.{}", self.token_mac(seed, &person))
    }

    fn token_mac(&self, seed: &str, person: &str) -> String {
        hex::encode(keyed_hash(&self.csrf_key, format!("token {seed} {person}").as_bytes()))
    }

    /// Says that two tokens are for one person, without saying who that is.
    pub(super) fn person_mark(&self, person: Option<&PersonKey>) -> String {
        person.map_or_else(
            || NOBODY.to_owned(),
            |person| {
                let hash = keyed_hash(&self.csrf_key, format!("person {}", person.0).as_bytes());
                hex::encode(hash)[..PERSON_DIGITS].to_owned()
            },
        )
    }

    fn read_token(&self, text: &str) -> Option<Token> {
        let mut parts = text.splitn(3, '.');
        let (seed, person, mac) = (parts.next()?, parts.next()?, parts.next()?);
        let is_ours: bool = self.token_mac(seed, person).as_bytes().ct_eq(mac.as_bytes()).into();
        is_ours.then(|| Token { seed: seed.to_owned(), person: person.to_owned() })
    }
}

impl Token {
    /// The mark of the person whom it was made for, if anybody was signed in.
    pub(super) fn writer(&self) -> Option<&str> {
        (self.person != NOBODY).then_some(&*self.person)
    }
}

/// The token in `text`, if it was made for this browser; who is signed in there now is not looked at.
pub(super) fn find_token(request: &HttpRequest, text: &str, source: Source) -> Result<Option<Token>, WebError> {
    let token = Site::of(request)?.read_token(text);
    Ok(token.filter(|token| {
        source == Source::Own
            || cookies::read(request, cookies::CSRF)
                .is_some_and(|cookie| hash_token(&cookie)[..SEED_DIGITS] == *token.seed)
    }))
}

/// Refuses a token that was not made for this browser, or was made for another person than the one signed in.
///
/// When nobody is signed in any more, the guards of the page say whether somebody has to be.
pub(super) fn verify_token(request: &HttpRequest, text: Option<&str>, source: Source) -> Result<(), WebError> {
    let token = find_token(request, text.unwrap_or_default(), source)?.ok_or(WebError::CsrfMismatch)?;
    let person = request.extensions().get::<PersonKey>().cloned();
    match (token.writer(), person) {
        (Some(writer), Some(person)) if Site::of(request)?.person_mark(Some(&person)) != writer => {
            Err(WebError::CsrfMismatch)
        }
        _ => Ok(()),
    }
}
