//! What stands after the question mark, and in the path: read leniently where that is safe, else refused with a page.

use std::collections::BTreeSet;
use std::future::{Ready, ready};
use std::ops::Deref;

use actix_web::dev::Payload;
use actix_web::web::{PathConfig, QueryConfig, ServiceConfig};
use actix_web::{FromRequest, HttpRequest};
use serde::de::DeserializeOwned;

use super::WebError;

/// The query of an address. Of a key that stands there twice, the first one counts.
#[derive(Clone, Copy, Debug)]
pub struct Query<T>(pub T);

impl<T> Deref for Query<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: DeserializeOwned> Query<T> {
    /// Reads the query of `request`.
    pub fn read(request: &HttpRequest) -> Result<T, WebError> {
        let mut seen = BTreeSet::new();
        let kept: Vec<&str> = request
            .query_string()
            .split('&')
            .filter(|pair| seen.insert(pair.split('=').next().unwrap_or_default().to_owned()))
            .collect();
        serde_html_form::from_str(&kept.join("&")).map_err(|fault| {
            tracing::debug!(error = %fault, "query refused");
            WebError::BadRequest(
                "What stands after the question mark of the address makes no sense here. Take it away.",
            )
        })
    }
}

impl<T: DeserializeOwned> FromRequest for Query<T> {
    type Error = WebError;
    type Future = Ready<Result<Self, WebError>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        ready(Self::read(request).map(Self))
    }
}

/// Lets the extractors of `actix_web` itself refuse with the problem page too.
pub fn configure_extractors(config: &mut ServiceConfig) {
    config.app_data(PathConfig::default().error_handler(|_fault, _request| WebError::NotFound.into())).app_data(
        QueryConfig::default().error_handler(|_fault, _request| {
            WebError::BadRequest("What stands after the question mark of the address makes no sense here.").into()
        }),
    );
}
