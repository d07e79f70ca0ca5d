//! Metrics of requests, and those that other parts add when they are read.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, HttpMessage as _, HttpRequest};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};
use tokio::time::Instant;

use super::routes::RoutePath;

/// The upper bounds of the latency histogram's buckets, in seconds.
const BUCKETS: [f64; 9] = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0];

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    /// The pattern in the table of addresses, so that ids do not make a series each.
    route: Cow<'static, str>,
    method: &'static str,
    /// The status by its hundred.
    status: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OutcomeLabels {
    outcome: &'static str,
}

/// What became of a request to the host of a lab's web page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LabPageOutcome {
    /// The learner's Service answered.
    Answered,
    /// The platform answered, on the way in.
    Entry,
    /// The browser has no access.
    NoAccess,
    /// No page has such a host.
    UnknownHost,
    /// The request was not taken: made by another site's page, or too large.
    Refused,
    /// Too many requests of the session are under way.
    TooMany,
    /// There is no Service, or no ready pod behind it.
    NotReady,
    /// The pod refused the connection, broke it, or took too long.
    NoAnswer,
    /// The cluster or the database does not answer.
    Unavailable,
}

impl LabPageOutcome {
    fn label(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Entry => "entry",
            Self::NoAccess => "no_access",
            Self::UnknownHost => "unknown_host",
            Self::Refused => "refused",
            Self::TooMany => "too_many",
            Self::NotReady => "not_ready",
            Self::NoAnswer => "no_answer",
            Self::Unavailable => "unavailable",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct StateLabels {
    state: String,
}

/// The metrics of this process; clones share them.
#[derive(Clone, Debug)]
pub struct Metrics {
    token: Option<Arc<str>>,
    registry: Arc<Registry>,
    requests: Family<RequestLabels, Histogram, fn() -> Histogram>,
    lab_pages: Family<OutcomeLabels, Counter>,
    jobs: Family<StateLabels, Gauge>,
    lab_sessions: Family<StateLabels, Gauge>,
    connections: Family<StateLabels, Gauge>,
    database_up: Gauge,
}

/// How many there are in each state, as the database has it.
#[derive(Clone, Debug, Default)]
pub struct StateCounts {
    /// Jobs, finished ones left out.
    pub jobs: BTreeMap<String, i64>,
    /// Lab sessions, those that are over left out.
    pub lab_sessions: BTreeMap<String, i64>,
}

impl Metrics {
    /// No metrics yet, for whoever has `token`.
    pub fn new(token: Option<&str>) -> Self {
        let mut registry = Registry::with_prefix("seaworthy");
        let requests: Family<RequestLabels, Histogram, fn() -> Histogram> =
            Family::new_with_constructor(|| Histogram::new(BUCKETS));
        let (jobs, lab_sessions, connections) = (Family::default(), Family::default(), Family::default());
        let help = "How long requests took to answer";
        registry.register_with_unit("request_duration", help, Unit::Seconds, requests.clone());
        let lab_pages = Family::default();
        registry.register(
            "lab_page_requests",
            "Requests to the web pages of labs, by what became of them",
            lab_pages.clone(),
        );
        registry.register("jobs", "How many jobs wait, run or have failed", jobs.clone());
        registry.register("lab_sessions", "How many lab sessions are in each state", lab_sessions.clone());
        let help = "How many connections to the database are busy or idle";
        registry.register("database_connections", help, connections.clone());
        let database_up = Gauge::default();
        registry.register("database_up", "Whether the database answered when it was asked last", database_up.clone());
        let (token, registry) = (token.map(Arc::from), Arc::new(registry));
        Self { token, registry, requests, lab_pages, jobs, lab_sessions, connections, database_up }
    }

    /// Counts a request to the host of a lab's web page.
    pub fn count_lab_page(&self, outcome: LabPageOutcome) {
        self.lab_pages.get_or_create(&OutcomeLabels { outcome: outcome.label() }).inc();
    }

    /// Whether the metrics are for whoever shows `token`.
    pub fn allows(&self, token: Option<&str>) -> bool {
        match (&self.token, token) {
            // Hashes are compared, so that the time taken says nothing about the token.
            (Some(expected), Some(given)) => crate::id::hash_token(expected) == crate::id::hash_token(given),
            _ => false,
        }
    }

    /// Replaces how many jobs and lab sessions there are by state, where a state that is missing has none, and how many
    /// connections to the database there are and are idle. Without counts, the database did not answer.
    pub fn set_counts(&self, counts: Option<&StateCounts>, (connections, idle): (usize, usize)) {
        self.database_up.set(i64::from(counts.is_some()));
        match counts {
            Some(StateCounts { jobs, lab_sessions }) => {
                set(&self.jobs, jobs, &["queued", "running", "failed"]);
                set(&self.lab_sessions, lab_sessions, &["queued", "provisioning", "ready"]);
            }
            // An old value would pass for a new one.
            None => [&self.jobs, &self.lab_sessions].into_iter().for_each(Family::clear),
        }
        let busy = i64::try_from(connections.saturating_sub(idle)).unwrap_or(i64::MAX);
        let idle = i64::try_from(idle).unwrap_or(i64::MAX);
        let connections = [("busy".to_owned(), busy), ("idle".to_owned(), idle)].into();
        set(&self.connections, &connections, &["busy", "idle"]);
    }

    /// Every metric as text.
    pub fn encode(&self) -> Result<String, std::fmt::Error> {
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

fn set(gauges: &Family<StateLabels, Gauge>, counts: &BTreeMap<String, i64>, states: &[&str]) {
    for state in states {
        let labels = StateLabels { state: (*state).to_owned() };
        gauges.get_or_create(&labels).set(counts.get(*state).copied().unwrap_or_default());
    }
}

/// The method's name; any word is a method to HTTP, so that those that no RFC knows share one name, as OpenTelemetry has it.
fn method_label(method: &Method) -> &'static str {
    const KNOWN: [&str; 9] = ["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"];
    KNOWN.into_iter().find(|known| method.as_str() == *known).unwrap_or("_OTHER")
}

/// The address in the table, also for what was refused before it was looked up there.
fn route_label(request: &HttpRequest) -> Cow<'static, str> {
    // The paths of a lab's page are its own, though they may look like the platform's.
    if let Some(path) = request.extensions().get::<RoutePath>() {
        return path.0.into();
    }
    match request.app_data::<RoutePath>() {
        Some(path) => path.0.into(),
        None => request.match_pattern().map_or("none".into(), Cow::Owned),
    }
}

fn status_label(status: StatusCode) -> &'static str {
    match status.as_u16() / 100 {
        1 => "1xx",
        2 => "2xx",
        3 => "3xx",
        4 => "4xx",
        _ => "5xx",
    }
}

/// Measures how long the answer took.
pub async fn measure<B: MessageBody>(request: ServiceRequest, next: Next<B>) -> Result<ServiceResponse<B>, Error> {
    let begun = Instant::now();
    let method = method_label(request.method());
    let response = next.call(request).await?;
    if let Some(metrics) = response.request().app_data::<Data<Metrics>>() {
        let route = route_label(response.request());
        let status = status_label(response.status());
        let labels = RequestLabels { route, method, status };
        metrics.requests.get_or_create(&labels).observe(begun.elapsed().as_secs_f64());
    }
    Ok(response)
}
