//! What is in a namespace, as its page shows it. No I/O.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use super::network::{MappingRow, ServiceRow};
use super::records::{EventRow, QuotaRow};
use super::rows::{MAX_ROWS, Rows};
use super::traffic::Traffic;
use super::workloads::{DeploymentRow, Health, PodRow};

/// How many events are shown.
const MAX_EVENTS: usize = 15;

/// What is in a namespace. What is not known, since its watch is interrupted, is none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct NamespaceView {
    /// Its name.
    pub namespace: String,
    /// Why nothing, or nothing new, is known of it.
    pub trouble: Option<String>,
    /// Its pods, those with a problem first.
    pub pods: Option<Rows<PodRow>>,
    /// Its Deployments.
    pub deployments: Option<Rows<DeploymentRow>>,
    /// Its Services.
    pub services: Option<Rows<ServiceRow>>,
    /// Whether the cluster has an ingress, and so Mappings.
    pub has_ingress: bool,
    /// Its Mappings.
    pub mappings: Option<Rows<MappingRow>>,
    /// What happened in it of late, the newest first.
    pub events: Option<Rows<EventRow>>,
    /// What of its quota is used.
    pub quota: Option<Rows<QuotaRow>>,
    /// Who calls whom.
    pub traffic: Option<Traffic>,
    /// Why that is not known.
    pub traffic_trouble: Option<String>,
    /// The pods with a problem, each with its status.
    pub problems: Vec<String>,
    /// Changes whenever something of this does, and once a minute for the ages.
    pub key: String,
}

/// The objects of a namespace by kind; none where they are not known.
#[derive(Clone, Debug, Default)]
pub(in crate::labs) struct Objects {
    pub(in crate::labs) pods: Option<Vec<Value>>,
    pub(in crate::labs) deployments: Option<Vec<Value>>,
    pub(in crate::labs) services: Option<Vec<Value>>,
    pub(in crate::labs) slices: Option<Vec<Value>>,
    pub(in crate::labs) mappings: Option<Vec<Value>>,
    pub(in crate::labs) events: Option<Vec<Value>>,
    pub(in crate::labs) quotas: Option<Vec<Value>>,
}

fn count<T>(rows: Option<&Rows<T>>) -> usize {
    rows.map_or(0, |rows| rows.rows.len() + rows.more)
}

impl NamespaceView {
    /// How many objects of each kind that learners make are known to be in it.
    pub fn count_objects(&self) -> [(&'static str, usize); 4] {
        [
            ("Deployment", count(self.deployments.as_ref())),
            ("Service", count(self.services.as_ref())),
            ("Mapping", count(self.mappings.as_ref())),
            ("pod", count(self.pods.as_ref())),
        ]
    }

    pub(in crate::labs) fn new(
        (namespace, has_ingress): (&str, bool),
        objects: &Objects,
        traffic: Result<Traffic, String>,
        (trouble, now): (Option<String>, Timestamp),
    ) -> Self {
        let pods = objects.pods.as_ref().map(|pods| {
            let mut rows: Vec<PodRow> = pods.iter().map(PodRow::of).collect();
            rows.sort_by_key(|row| row.health != Health::Bad);
            rows
        });
        let bad = pods.iter().flatten().filter(|row| row.health == Health::Bad);
        let problems = bad.take(MAX_ROWS).map(|row| format!("{} ({})", row.name, row.status)).collect();
        let service = |value: &Value| {
            let mut row = ServiceRow::of(value);
            if let Some(slices) = &objects.slices {
                row.count_endpoints(slices);
            }
            row
        };
        let (traffic, traffic_trouble) = match traffic {
            Ok(traffic) => (Some(traffic), None),
            Err(trouble) => (None, Some(trouble)),
        };
        let view = Self {
            namespace: namespace.to_owned(),
            trouble,
            pods: pods.map(|rows| Rows::new(rows, MAX_ROWS)),
            deployments: list_rows(objects.deployments.as_deref(), DeploymentRow::of),
            services: list_rows(objects.services.as_deref(), service),
            has_ingress,
            mappings: list_rows(objects.mappings.as_deref(), MappingRow::of),
            events: objects.events.as_ref().map(|events| Rows::new(EventRow::newest(events), MAX_EVENTS)),
            quota: objects.quotas.as_ref().map(|quotas| Rows::new(QuotaRow::list(quotas), MAX_ROWS)),
            traffic,
            traffic_trouble,
            problems,
            key: String::new(),
        };
        view.keyed(now)
    }

    fn keyed(mut self, now: Timestamp) -> Self {
        self.key = crate::id::content_key(&(&self, now.as_second() / 60));
        self
    }

    /// Examples: all that can be shown, nothing, and nothing known.
    pub fn samples() -> Vec<Self> {
        let now = Timestamp::UNIX_EPOCH;
        let empty = Objects {
            pods: Some(Vec::new()),
            deployments: Some(Vec::new()),
            services: Some(Vec::new()),
            slices: Some(Vec::new()),
            mappings: Some(Vec::new()),
            events: Some(Vec::new()),
            quotas: Some(Vec::new()),
        };
        let namespace = "3f9a1c0b7e5d2486";
        let mut full = Self::new((namespace, true), &sample_objects(), Ok(Traffic::sample()), (None, now));
        if let Some(pods) = &mut full.pods {
            pods.more = 3;
        }
        let no_mesh = Err("This cluster has no mesh.".to_owned());
        let trouble = Some("The cluster does not answer.".to_owned());
        vec![
            full,
            Self::new((namespace, true), &empty, Ok(Traffic::default()), (None, now)),
            Self::new((namespace, false), &empty, no_mesh.clone(), (None, now)),
            Self::new((namespace, true), &Objects::default(), no_mesh, (trouble, now)),
        ]
    }
}

fn list_rows<T>(objects: Option<&[Value]>, row: impl Fn(&Value) -> T) -> Option<Rows<T>> {
    objects.map(|objects| Rows::new(objects.iter().map(row).collect(), MAX_ROWS))
}

fn sample_objects() -> Objects {
    let text = include_str!("sample.yaml");
    let all: Vec<Value> = crate::yaml::read_all(text).unwrap_or_default();
    let of = |kind: &str| Some(all.iter().filter(|object| object["kind"] == kind).cloned().collect());
    Objects {
        pods: of("Pod"),
        deployments: of("Deployment"),
        services: of("Service"),
        slices: of("EndpointSlice"),
        mappings: of("Mapping"),
        events: of("Event"),
        quotas: of("ResourceQuota"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pods_with_a_problem_come_first_and_are_named() {
        let full = NamespaceView::samples().remove(0);
        let pods = full.pods.unwrap();
        assert_eq!((pods.rows[0].name.as_str(), pods.rows[0].health), ("store-1", Health::Bad));
        assert_eq!(full.problems, ["store-1 (ErrImagePull)"]);
        assert_eq!(full.services.unwrap().rows[0].ready, Some(1));
    }

    #[test]
    fn the_key_changes_with_what_is_shown_and_once_a_minute() {
        let view = |trouble: Option<&str>, second: i64| {
            let now = Timestamp::from_second(second).unwrap();
            let trouble = trouble.map(str::to_owned);
            NamespaceView::new(("a", true), &sample_objects(), Ok(Traffic::default()), (trouble, now)).key
        };
        assert_eq!(view(None, 0), view(None, 59));
        assert_ne!(view(None, 0), view(None, 60));
        assert_ne!(view(None, 0), view(Some("It is away."), 0));
    }
}
