//! `GET /admin/people`, and what an admin can do to an account.

use actix_web::web::{Data, Path};
use serde::{Deserialize, Serialize};

use crate::accounts::{Accounts, Person, PersonId, Role, SetRoleError, guards};
use crate::view::View;
use crate::web::{Form, NoFields, Query, Redirect, Reply, WebError};

/// How many people a page shows.
const PAGE_SIZE: usize = 50;

/// `admin/people.html`.
#[derive(Debug, Serialize)]
pub struct PeoplePage {
    /// The people.
    pub people: Vec<Person>,
    /// What was searched for.
    pub search: String,
    /// The role that was asked for.
    pub role: String,
    /// Whether this is not the first page.
    pub is_later: bool,
    /// Where the next page begins.
    pub next: Option<PersonId>,
    /// Why a role was not changed.
    pub fault: Option<&'static str>,
}

impl View for PeoplePage {
    const TEMPLATE: &'static str = "admin/people.html";

    fn samples() -> Vec<Self> {
        let person = |number: u8, role, closed: bool| Person {
            id: PersonId::from(format!("person-{number}")),
            email: "ada@example.org".to_owned(),
            name: "Ada Quist".to_owned(),
            role,
            created_at: jiff::Timestamp::UNIX_EPOCH,
            closed_at: closed.then_some(jiff::Timestamp::UNIX_EPOCH),
        };
        let people = vec![person(1, Role::Admin, false), person(2, Role::Learner, true)];
        let empty = |search: &str| Self {
            people: Vec::new(),
            search: search.to_owned(),
            role: String::new(),
            is_later: false,
            next: None,
            fault: None,
        };
        let next = Some(PersonId::from("person-2".to_owned()));
        vec![
            Self { people, search: "a".to_owned(), role: "admin".to_owned(), is_later: true, next, fault: Some("No.") },
            empty("nobody"),
            empty(""),
        ]
    }
}

/// What to list.
#[derive(Debug, Default, Deserialize)]
pub struct PeopleQuery {
    /// Part of a name or an address.
    #[serde(default)]
    search: String,
    /// A role, or nothing for all.
    #[serde(default)]
    role: String,
    /// The last person of the page before.
    before: Option<String>,
}

/// Lists people, the newest first.
pub async fn people(
    accounts: Data<Accounts>,
    query: Query<PeopleQuery>,
    _admin: guards::Admin,
) -> Result<Reply<PeoplePage>, WebError> {
    Ok(Reply::Page(list(&accounts, query.0).await?))
}

async fn list(accounts: &Accounts, query: PeopleQuery) -> Result<PeoplePage, WebError> {
    let PeopleQuery { search, role, before } = query;
    let wanted = Some(search.trim()).filter(|text| !text.is_empty());
    let of_role: Option<Role> = role.parse().ok();
    let before = before.map(PersonId::from);
    let limit = i64::try_from(PAGE_SIZE + 1).unwrap_or(i64::MAX);
    let mut people = accounts.list_people(wanted, of_role, before.as_ref(), limit).await?;
    let has_more = people.len() > PAGE_SIZE;
    people.truncate(PAGE_SIZE);
    let next = people.last().filter(|_last| has_more).map(|person| person.id.clone());
    Ok(PeoplePage { people, search, role, is_later: before.is_some(), next, fault: None })
}

/// The form beside a person's role.
#[derive(Debug, Deserialize)]
pub struct RoleForm {
    role: String,
}

/// Changes what somebody may do.
pub async fn set_role(
    accounts: Data<Accounts>,
    id: Path<String>,
    guards::Admin(admin): guards::Admin,
    Form(form): Form<RoleForm>,
) -> Result<Reply<PeoplePage>, WebError> {
    let id = PersonId::from(id.into_inner());
    let fault = match form.role.parse::<Role>() {
        Err(_unknown) => "Please choose learner, instructor or admin.",
        Ok(role) => match accounts.set_role(admin.id.as_str(), &id, role).await {
            // Whoever steps down can see this page no more.
            Ok(()) if id == admin.id && role != Role::Admin => {
                return Ok(Reply::SeeOther(Redirect::to("/").success("You are no admin any more.")));
            }
            Ok(()) => {
                let message = format!("The role is {} now.", role.as_str());
                return Ok(Reply::SeeOther(Redirect::to("/admin/people").success(message)));
            }
            Err(SetRoleError::Unknown) => return Err(WebError::NotFound),
            Err(SetRoleError::Database(fault)) => return Err(fault.into()),
            Err(SetRoleError::LastAdmin) => {
                "This is the only admin. Make somebody else an admin first, so that one is left."
            }
        },
    };
    let page = list(&accounts, PeopleQuery::default()).await?;
    Ok(Reply::Invalid(PeoplePage { fault: Some(fault), ..page }))
}

/// Ends every session of somebody, on all their devices.
pub async fn sign_out(
    accounts: Data<Accounts>,
    id: Path<String>,
    guards::Admin(admin): guards::Admin,
    _form: Form<NoFields>,
) -> Result<Redirect, WebError> {
    let id = PersonId::from(id.into_inner());
    let person = accounts.find_person(&id).await?.ok_or(WebError::NotFound)?;
    let ended = accounts.sign_out_everywhere(&admin.id, &id).await?;
    Ok(Redirect::to("/admin/people").success(format!("{} is signed out everywhere ({ended}).", person.name)))
}
