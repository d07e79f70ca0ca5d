//! A request on its way to a page.

use http::Method;
use http::request::Parts;

use crate::cluster::PodBody;

/// A request to a page.
#[derive(Debug)]
pub struct PageRequest {
    /// Its head; the address is a path.
    pub parts: Parts,
    /// Its body, if it has one.
    pub body: Option<PodBody>,
}

impl PageRequest {
    /// Whether it may be sent again when no answer came.
    pub(in crate::labs) fn is_repeatable(&self) -> bool {
        self.body.is_none() && [Method::GET, Method::HEAD, Method::OPTIONS].contains(&self.parts.method)
    }
}
