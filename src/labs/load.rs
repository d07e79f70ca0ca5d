//! What a load is, and the loads of a lab as `lab.yaml` names them. No I/O.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize};

use super::web_pages::page_path;
use crate::cluster::{MAX_DNS_LABEL, PartKind, is_dns_label};
use crate::text::count_visible;

/// How many requests a load may send in a second.
const MAX_PER_SECOND: u32 = 20;
/// How long a phase of a load may be, in seconds.
const MAX_PHASE_SECONDS: u32 = 600;
/// How many phases a load may have.
const MAX_PHASES: usize = 20;
/// How long a load may be in all, in seconds.
const MAX_SECONDS: u32 = 3600;
/// How long a path may be.
const MAX_PATH_CHARS: usize = 2000;

/// A time in which so many requests are sent in each second.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LoadPhase {
    /// Requests in a second; 0 for a pause.
    #[schemars(range(max = MAX_PER_SECOND))]
    pub per_second: u32,
    /// How long it lasts, in seconds.
    #[schemars(range(min = 1, max = MAX_PHASE_SECONDS))]
    pub seconds: u32,
}

/// Requests that the platform sends through the ingress to a session's own host name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LoadPlan {
    /// What stands before `<namespace>.<lab domain>`, without the dot.
    #[serde(default)]
    pub subdomain: Option<String>,
    /// The path, with its query.
    pub path: String,
    /// How many requests are sent when.
    pub phases: Vec<LoadPhase>,
}

/// A load that a learner may begin on the lab's page.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "WrittenLoad")]
pub struct LabLoad {
    /// Its name in addresses.
    pub id: String,
    /// What it is called.
    pub title: String,
    /// What it does, in a sentence or two.
    pub text: String,
    /// What is sent.
    pub plan: LoadPlan,
}

/// Requests that the platform sends to a running session when its learner says so.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Load")]
struct WrittenLoad {
    /// Its name in addresses.
    #[schemars(length(min = 1, max = MAX_DNS_LABEL))]
    id: String,
    /// What it is called.
    #[schemars(length(min = 1))]
    title: String,
    /// What it does, in a sentence or two.
    #[schemars(length(min = 1))]
    text: String,
    /// What stands before `<namespace>.<lab domain>`, without the dot.
    #[schemars(length(min = 1, max = MAX_DNS_LABEL))]
    subdomain: Option<String>,
    /// The path, with its query.
    #[schemars(length(min = 1, max = MAX_PATH_CHARS))]
    path: String,
    /// How many requests are sent when.
    #[schemars(length(min = 1, max = MAX_PHASES))]
    phases: Vec<LoadPhase>,
}

impl JsonSchema for LabLoad {
    fn schema_name() -> Cow<'static, str> {
        WrittenLoad::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        WrittenLoad::json_schema(generator)
    }
}

impl TryFrom<WrittenLoad> for LabLoad {
    type Error = String;

    fn try_from(written: WrittenLoad) -> Result<Self, String> {
        let WrittenLoad { id, title, text, subdomain, path, phases } = written;
        if !is_dns_label(&id, MAX_DNS_LABEL) {
            return Err(format!("id of a load must be lower-case letters, digits and dashes; not {id:?}"));
        }
        for (key, value) in [("title", &title), ("text", &text)] {
            if count_visible(value) == 0 {
                return Err(format!("{key} of the load {id} says nothing; learners choose by it"));
            }
        }
        let plan = LoadPlan { subdomain, path, phases };
        plan.check().map_err(|fault| format!("the load {id}: {fault}"))?;
        Ok(Self { id, title, text, plan })
    }
}

impl LoadPlan {
    /// Fails, in words for its author, when it is no load that may be sent.
    pub fn check(&self) -> Result<(), String> {
        let label = self.subdomain.as_deref().filter(|label| !is_dns_label(label, MAX_DNS_LABEL));
        if let Some(label) = label {
            return Err(format!("subdomain {label:?} is not one label of a host name; write one such as canary"));
        }
        if page_path(&self.path) != self.path || self.path.len() > MAX_PATH_CHARS || !self.path.is_ascii() {
            return Err(format!(
                "path must be a path such as /qotm/ of at most {MAX_PATH_CHARS} ASCII characters, without a host, # and \
                 white space"
            ));
        }
        if self.phases.is_empty() || self.phases.len() > MAX_PHASES {
            return Err(format!("phases must be from 1 to {MAX_PHASES}"));
        }
        for phase in &self.phases {
            if phase.per_second > MAX_PER_SECOND {
                return Err(format!("per_second must be from 0 to {MAX_PER_SECOND}, not {}", phase.per_second));
            }
            if !(1..=MAX_PHASE_SECONDS).contains(&phase.seconds) {
                return Err(format!("seconds must be from 1 to {MAX_PHASE_SECONDS}, not {}", phase.seconds));
            }
        }
        if self.seconds() > MAX_SECONDS {
            return Err(format!("its phases take {} s, and {MAX_SECONDS} s is the most", self.seconds()));
        }
        Ok(())
    }

    /// How long it is in all, in seconds.
    pub fn seconds(&self) -> u32 {
        self.phases.iter().map(|phase| phase.seconds).sum()
    }

    /// How many requests it has in all.
    pub fn requests(&self) -> u32 {
        self.phases.iter().map(|phase| phase.seconds * phase.per_second).sum()
    }

    /// How many requests its second of that number has, from 0 on; `None` after its end.
    pub fn planned_in(&self, second: u32) -> Option<u32> {
        let mut end = 0;
        self.phases.iter().find_map(|phase| {
            end += phase.seconds;
            (second < end).then_some(phase.per_second)
        })
    }
}

/// What is wrong with the loads of a lab together.
pub(super) fn find_faults(loads: &[LabLoad], requires: &[PartKind]) -> Vec<String> {
    let mut faults = Vec::new();
    for (place, load) in loads.iter().enumerate() {
        if loads[..place].iter().any(|other| other.id == load.id) {
            faults.push(format!("loads: two are called {}", load.id));
        }
    }
    if !loads.is_empty() && !requires.contains(&PartKind::Ingress) {
        faults.push("loads: they come through the ingress, which the lab does not require".to_owned());
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml;

    fn read(path: &str, phases: &str) -> Result<LabLoad, String> {
        let yaml = format!("id: rush\ntitle: A rush\ntext: It is sent.\npath: {path}\nphases: {phases}\n");
        yaml::read(&yaml).map_err(|fault| fault.to_string())
    }

    #[test]
    fn each_second_has_the_requests_of_its_phase() {
        let load = read(
            "/front/?a=b",
            "[{ per_second: 2, seconds: 3 }, { per_second: 0, seconds: 1 }, { per_second: 20, seconds: 1 }]",
        );
        let plan = load.unwrap().plan;
        let planned: Vec<Option<u32>> = (0..6).map(|second| plan.planned_in(second)).collect();
        assert_eq!(planned, [Some(2), Some(2), Some(2), Some(0), Some(20), None]);
        assert_eq!((plan.seconds(), plan.requests()), (5, 26));
    }

    #[test]
    fn what_may_not_be_sent_is_told() {
        let phases = "[{ per_second: 1, seconds: 1 }]";
        for (path, phases, told) in [
            ("https://example.org/", phases, "path must be a path such as"),
            ("//example.org/", phases, "path must be a path such as"),
            ("/ä", phases, "path must be a path such as"),
            ("/", "[]", "phases must be from 1 to 20"),
            ("/", "[{ per_second: 21, seconds: 1 }]", "per_second must be from 0 to 20, not 21"),
            ("/", "[{ per_second: 1, seconds: 601 }]", "seconds must be from 1 to 600, not 601"),
            ("/", "[{ per_second: 1, seconds: 0 }]", "seconds must be from 1 to 600, not 0"),
            ("/", "[{ per_second: 1, second: 1 }]", "unknown field `second`"),
            (
                "/",
                "[{ per_second: 1, seconds: 600 }, { per_second: 1, seconds: 600 }, { per_second: 1, seconds: 600 }, { \
                 per_second: 1, seconds: 600 }, { per_second: 1, seconds: 600 }, { per_second: 1, seconds: 601 }]",
                "seconds must be from 1 to 600",
            ),
        ] {
            let fault = read(path, phases).unwrap_err();
            assert!(fault.contains(told), "{path} {phases}: {fault}");
        }
    }
}
