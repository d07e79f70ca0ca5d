//! `GET /admin`.

use std::collections::BTreeMap;

use actix_web::web::Data;
use serde::Serialize;

use crate::accounts::guards;
use crate::admin::{Admin, Overview, WeekCounts};
use crate::cluster::{ClusterState, PolicyEnforcement};
use crate::labs::LingeringNamespace;
use crate::prizes::VoucherCounts;
use crate::view::View;
use crate::web::{Reply, WebError};

/// `admin/overview.html`.
#[derive(Debug, Serialize)]
pub struct OverviewPage {
    /// How the installation is.
    pub overview: Overview,
}

impl View for OverviewPage {
    const TEMPLATE: &'static str = "admin/overview.html";

    fn samples() -> Vec<Self> {
        let quiet = Overview {
            people: (1, 1),
            undecided: 0,
            vouchers: VoucherCounts { imported: 0, awarded: 0, missing: 0 },
            jobs: BTreeMap::new(),
            sessions: BTreeMap::new(),
            cluster: ClusterState::Ready { version: "v1.34.4".to_owned() },
            enforcement: PolicyEnforcement::Enforced,
            lingering: Vec::new(),
            lingering_count: 0,
            is_room_short: false,
            this_week: WeekCounts { entries: 0, won: 0, vouchers: 50 },
        };
        let lingering = |session: Option<&str>| LingeringNamespace {
            namespace: "0123456789abcdef".to_owned(),
            session: session.map(|id| id.to_owned().into()),
            lab: session.map(|_| "service-annotations".to_owned()),
            released_at: jiff::Timestamp::UNIX_EPOCH,
            reasons: vec!["An API service does not answer.".to_owned()],
            actions: vec!["Cleared the finalizers a/b of ConfigMap notes.".to_owned()],
        };
        let busy = Overview {
            people: (10_000, 9_870),
            undecided: 12,
            vouchers: VoucherCounts { imported: 50, awarded: 48, missing: 3 },
            jobs: [("failed".to_owned(), 2), ("queued".to_owned(), 5)].into(),
            sessions: [("ready".to_owned(), 40), ("queued".to_owned(), 2)].into(),
            cluster: ClusterState::Ready { version: "v1.34.4".to_owned() },
            enforcement: PolicyEnforcement::NotEnforced,
            lingering: vec![lingering(Some("0198f3c0-0000-7000-8000-000000000001")), lingering(None)],
            lingering_count: 30,
            is_room_short: true,
            this_week: WeekCounts { entries: 70, won: 48, vouchers: 50 },
        };
        let absent = ClusterState::Absent { advice: "Set KUBECONFIG.".to_owned() };
        let without_cluster = Overview { cluster: absent, ..quiet.clone() };
        let states = PolicyEnforcement::samples().into_iter();
        let probed = states.map(|enforcement| Overview { enforcement, ..quiet.clone() });
        [busy, without_cluster].into_iter().chain(probed).map(|overview| Self { overview }).collect()
    }
}

/// Shows what needs an admin.
pub async fn overview(admin: Data<Admin>, guards::Admin(_): guards::Admin) -> Result<Reply<OverviewPage>, WebError> {
    Ok(Reply::Page(OverviewPage { overview: admin.overview().await? }))
}
