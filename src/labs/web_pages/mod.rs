//! The web pages of a lab: Services of a learner's namespace, each on an origin of its own.
//!
//! A page is at `<name>--<namespace>.<lab domain>`, where `name` is a page that `lab.yaml` names or, where the lab allows
//! it, any Service of the namespace. It is for the person whose session it is, and for nobody else: not for another
//! learner, and not for staff, who read a learner's work in its evidence and with the cluster's own tools.
//!
//! # How a browser is let in
//! The platform's cookie never reaches a page's origin. A browser without access gets an *entry* cookie there, is sent to
//! the platform with that cookie's hash, and comes back with a *ticket*: it works once, for a minute, at that host and in
//! that browser. It is exchanged for the *access* cookie, which is a statement signed under the installation's secret: this
//! host, this lab session, this session of the accounts. Both sessions are looked up with every request, so that access
//! ends with the lab, by signing out and by closing the account.
//!
//! Without the entry cookie somebody could send another person a ticket of their own, and so let a page of theirs run on a
//! sibling of that person's pages.
//!
//! In a frame of the lab's own page it is the same with two more cookies, since browsers keep those apart; a browser that
//! keeps none there is led to a tab.
//!
//! The verbs are those of `Labs`: in `page_access.rs` who is let in, in `page_requests.rs` what is passed on, in
//! `page_status.rs` how the pages of a session are. This folder has what they work with.
//!
//! | file | holds |
//! |---|---|
//! | `model.rs` | a page as `lab.yaml` names it, and host names |
//! | `access.rs`, `store.rs` | the access cookie; the tickets, and whose session it is |
//! | `backends.rs`, `request.rs`, `error.rs` | the pods behind a page, a request to them, and why it was not answered |
//! | `permits.rs` | how many requests of a session may be under way |
//! | `view.rs` | the pages of a session as the lab's page lists them |
//!
//! Table: `lab_page_tickets`.

mod access;
mod backends;
mod error;
mod model;
mod permits;
mod request;
pub(super) mod store;
mod view;

use crate::cluster::{Cluster, PodHttp};
use crate::core::Core;

pub use access::PageAccess;
pub(super) use backends::Backend;
pub use error::PageError;
pub use model::{HostKind, PageHost, PortName, WebPage, choose_port, page_path};
pub use permits::PagePermit;
pub(super) use permits::Permits;
pub use request::PageRequest;
pub(super) use view::PageContext;
pub use view::{WebPageState, WebPageView, WebPagesView};

/// What the pages of all sessions share.
#[derive(Clone, Debug)]
pub(super) struct WebPages {
    pub(super) http: PodHttp,
    pub(super) access_key: access::AccessKey,
    pub(super) backends: backends::Backends,
    pub(super) permits: Permits,
}

impl WebPages {
    pub(super) fn new(core: &Core, cluster: &Cluster) -> Self {
        Self {
            http: PodHttp::new(cluster),
            access_key: access::AccessKey(core.secret.derive("lab page access")),
            backends: backends::Backends::default(),
            permits: Permits::default(),
        }
    }
}
