//! What a credential says, in the form of Open Badges 3.0.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::canonical::{CREDENTIALS, OPEN_BADGES};
use super::status::LIST_LENGTH;

/// An `OpenBadgeCredential` of the shape in which they are issued here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Badge {
    #[serde(rename = "@context")]
    context: Vec<String>,
    /// Its page.
    pub id: String,
    r#type: Vec<String>,
    /// What it is called.
    pub name: String,
    /// Who issued it.
    pub issuer: Issuer,
    /// Since when it holds.
    pub valid_from: String,
    /// When it was earned.
    pub awarded_date: String,
    /// Who earned what.
    pub credential_subject: Subject,
    /// What was checked.
    pub evidence: Vec<Evidence>,
    /// Where it says whether it was revoked.
    pub credential_status: StatusEntry,
    #[serde(default, skip_serializing)]
    proof: Value,
}

/// Who issued a badge.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Issuer {
    /// The decentralised identifier, whose document lists the keys.
    pub id: String,
    r#type: Vec<String>,
    /// The programme's title.
    pub name: String,
    /// The site's address.
    pub url: String,
}

/// Who earned what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Subject {
    r#type: Vec<String>,
    identifier: Vec<Identity>,
    /// What was earned.
    pub achievement: Achievement,
}

impl Subject {
    /// The name of the person.
    pub fn name(&self) -> &str {
        self.identifier.first().map_or("", |identity| &identity.hash)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Identity {
    r#type: String,
    hashed: bool,
    #[serde(rename = "identityHash")]
    hash: String,
    #[serde(rename = "identityType")]
    kind: String,
}

/// What can be earned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Achievement {
    /// The module's page.
    pub id: String,
    r#type: Vec<String>,
    #[serde(rename = "achievementType")]
    kind: String,
    /// The module's title.
    pub name: String,
    /// The module's summary.
    pub description: String,
    /// What has to be done for it.
    pub criteria: Criteria,
}

/// What has to be done for an achievement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Criteria {
    id: String,
    /// In words.
    pub narrative: String,
}

/// Something that was checked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    id: String,
    r#type: Vec<String>,
    /// What.
    pub name: String,
    /// How.
    pub narrative: String,
}

/// Where it says whether a badge was revoked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StatusEntry {
    id: String,
    r#type: String,
    status_purpose: String,
    /// The place in the list, from 0.
    pub status_list_index: String,
    /// The list's address.
    pub status_list_credential: String,
}

/// Something that a badge asks for and that was passed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PassedRequirement {
    /// Unique among them.
    pub slug: String,
    /// What.
    pub name: String,
    /// How.
    pub narrative: String,
}

/// All that a new badge is made of.
#[derive(Debug)]
pub(super) struct NewBadge<'a> {
    pub public_url: &'a str,
    pub issuer: &'a str,
    pub programme: &'a str,
    pub id: &'a str,
    pub person_name: &'a str,
    pub module: (&'a str, &'a str, &'a str),
    pub passed: &'a [PassedRequirement],
    pub status_index: i64,
    pub at: &'a str,
}

impl Badge {
    /// A badge to be signed.
    pub(super) fn new(new: &NewBadge<'_>) -> Self {
        let own = |name: &str| vec![name.to_owned()];
        let (path, title, summary) = new.module;
        let id = format!("{}/credentials/{}", new.public_url, new.id);
        let module = format!("{}{path}", new.public_url);
        let evidence = |requirement: &PassedRequirement| Evidence {
            id: format!("{id}#{}", requirement.slug),
            r#type: own("Evidence"),
            name: requirement.name.clone(),
            narrative: requirement.narrative.clone(),
        };
        Self {
            context: vec![CREDENTIALS.to_owned(), OPEN_BADGES.to_owned()],
            r#type: vec!["VerifiableCredential".to_owned(), "OpenBadgeCredential".to_owned()],
            name: title.to_owned(),
            issuer: Issuer {
                id: new.issuer.to_owned(),
                r#type: own("Profile"),
                name: new.programme.to_owned(),
                url: new.public_url.to_owned(),
            },
            valid_from: new.at.to_owned(),
            awarded_date: new.at.to_owned(),
            credential_subject: Subject {
                r#type: own("AchievementSubject"),
                identifier: vec![Identity {
                    r#type: "IdentityObject".to_owned(),
                    hashed: false,
                    hash: new.person_name.to_owned(),
                    kind: "name".to_owned(),
                }],
                achievement: Achievement {
                    r#type: own("Achievement"),
                    kind: "Course".to_owned(),
                    name: title.to_owned(),
                    description: summary.to_owned(),
                    criteria: Criteria { id: format!("{module}#criteria"), narrative: criteria(new.passed) },
                    id: module,
                },
            },
            evidence: new.passed.iter().map(evidence).collect(),
            credential_status: StatusEntry::new(new.public_url, new.status_index),
            id,
            proof: Value::Null,
        }
    }

    /// The badge in a signed document; none when it is of another shape.
    pub(super) fn read(document: &Value) -> Option<Self> {
        serde_json::from_value(document.clone()).ok()
    }
}

impl StatusEntry {
    fn new(public_url: &str, index: i64) -> Self {
        let list = list_address(public_url, index / LIST_LENGTH);
        let place = index % LIST_LENGTH;
        Self {
            id: format!("{list}#{place}"),
            r#type: "BitstringStatusListEntry".to_owned(),
            status_purpose: "revocation".to_owned(),
            status_list_index: place.to_string(),
            status_list_credential: list,
        }
    }
}

/// Where the status list of a number is.
pub(super) fn list_address(public_url: &str, list: i64) -> String {
    format!("{public_url}/credentials/status/{list}")
}

fn criteria(passed: &[PassedRequirement]) -> String {
    let points: Vec<String> = passed.iter().map(|requirement| format!("- {}", requirement.name)).collect();
    format!("All of these were passed:\n\n{}", points.join("\n"))
}

/// The decentralised identifier (`did:web`) whose document is at `{public_url}/{path}/did.json`.
pub(super) fn did_web(public_url: &str, path: &[&str]) -> String {
    let place = public_url.split_once("://").map_or(public_url, |(_, rest)| rest);
    let mut segments: Vec<String> = place.split('/').map(|segment| segment.replace(':', "%3A")).collect();
    segments.extend(path.iter().map(|segment| (*segment).to_owned()));
    format!("did:web:{}", segments.join(":"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identifier_names_host_port_and_path() {
        assert_eq!(did_web("https://learn.example.org", &["a", "b"]), "did:web:learn.example.org:a:b");
        assert_eq!(did_web("http://localhost:8080/x", &["a"]), "did:web:localhost%3A8080:x:a");
    }

    #[test]
    fn the_second_list_begins_where_the_first_ends() {
        let entry = StatusEntry::new("https://x.org", LIST_LENGTH + 3);
        assert_eq!(entry.status_list_credential, "https://x.org/credentials/status/1");
        assert_eq!(entry.status_list_index, "3");
    }
}
