//! What a request to a page works with.

use actix_web::HttpRequest;
use actix_web::web::Data;

use crate::accounts::Accounts;
use crate::labs::Labs;
use crate::web::routes::RoutePath;
use crate::web::{CookiePolicy, Metrics, Site, WebError};

/// The cookie that shows access to a page.
pub(super) const ACCESS: &str = "lab-access";
/// The cookie of a browser that was sent for a ticket.
pub(super) const ENTRY: &str = "lab-entry";
/// The same two for a page in a frame.
pub(super) const FRAMED_ACCESS: &str = "lab-framed-access";
pub(super) const FRAMED_ENTRY: &str = "lab-framed-entry";
/// The paths of a page's host that are the platform's own.
pub(super) const OWN_PATHS: &str = "/.seaworthy/";
/// The route of requests to pages, for metrics.
pub(super) const ROUTE: RoutePath = RoutePath("lab page");

/// The services that a request to a page uses.
#[derive(Clone)]
pub(super) struct Services {
    pub(super) labs: Data<Labs>,
    pub(super) accounts: Data<Accounts>,
    pub(super) site: Data<Site>,
    pub(super) metrics: Data<Metrics>,
}

impl Services {
    pub(super) fn of(request: &HttpRequest) -> Result<Self, WebError> {
        let missing = || WebError::Fault(anyhow::anyhow!("the server was built without a service"));
        Ok(Self {
            labs: request.app_data::<Data<Labs>>().ok_or_else(missing)?.clone(),
            accounts: request.app_data::<Data<Accounts>>().ok_or_else(missing)?.clone(),
            site: request.app_data::<Data<Site>>().ok_or_else(missing)?.clone(),
            metrics: request.app_data::<Data<Metrics>>().ok_or_else(missing)?.clone(),
        })
    }

    pub(super) fn cookies(&self) -> CookiePolicy {
        self.site.cookies
    }
}
