//! `GET /admin/people`, and what an admin can do to an account.

use actix_web::web::{Data, Path};
use serde::{Deserialize, Serialize};

use crate::accounts::{Accounts, Person, PersonId, Role, SetRoleError, guards};
use crate::view::{FlashKind, View};
use crate::web::{Confirmation, Form, NoFields, Query, Redirect, Reply, WebError, local_path};

const PEOPLE: &str = "/admin/people";
/// What is wrong with a form that names no role.
const NO_ROLE: &str = "Please choose learner, instructor or admin.";
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
    #[serde(default)]
    role: String,
    /// The list that it was on.
    #[serde(default)]
    next: String,
}

/// Asks whether somebody's role is to change, and says what that means.
pub async fn confirm_role(
    accounts: Data<Accounts>,
    id: Path<String>,
    query: Query<RoleForm>,
    guards::Admin(admin): guards::Admin,
) -> Result<Reply<Confirmation>, WebError> {
    let person = accounts.find_person(&PersonId::from(id.into_inner())).await?;
    let person = person.filter(|person| person.closed_at.is_none()).ok_or(WebError::NotFound)?;
    let back = list_path(&query.next).to_owned();
    let Ok(role) = query.role.parse::<Role>() else {
        return Ok(Reply::SeeOther(Redirect::to(back).error(NO_ROLE)));
    };
    if role == person.role {
        let message = format!("{} is {} already.", person.name, describe(role));
        return Ok(Reply::SeeOther(Redirect::to(back).flash(FlashKind::Info, message)));
    }
    let mut changes = vec![match role {
        Role::Learner => "They see neither the entries of others nor what a good answer has.",
        Role::Instructor => {
            "They see the entries of everybody and what a good answer has, and decide about entries and postmortems."
        }
        Role::Admin => {
            "They can do everything that you can: give and take roles, yours too, see vouchers and the audit log, and \
             close accounts."
        }
    }];
    changes.extend((person.role == Role::Learner).then_some(
        "They can't win vouchers or prizes from now on, also not when they are a learner again: entries of theirs that \
         are not accepted yet leave the voucher queue.",
    ));
    changes.extend((person.role == Role::Admin).then_some("They can't open the admin's pages any more."));
    changes.extend((person.id == admin.id).then_some("It is you: only another admin can undo it."));
    changes.push("It holds at once, and the audit log says that it was you.");
    Ok(Reply::Page(Confirmation {
        title: format!("Make {} {}?", person.name, describe(role)),
        kept: changes.into_iter().map(str::to_owned).collect(),
        action: format!("/admin/people/{}/role", person.id),
        confirm: format!("Make them {}", describe(role)),
        cancel: format!("Leave them {}", describe(person.role)),
        value: Some(("role", role.as_str().to_owned())),
        next: Some(back.clone()),
        back,
        ..Confirmation::default()
    }))
}

/// A role with its article.
fn describe(role: Role) -> &'static str {
    match role {
        Role::Learner => "a learner",
        Role::Instructor => "an instructor",
        Role::Admin => "an admin",
    }
}

/// The list of people that a form was on; the whole list where it names another page.
fn list_path(next: &str) -> &str {
    let is_list = next == PEOPLE || next.strip_prefix(PEOPLE).is_some_and(|rest| rest.starts_with('?'));
    if is_list { local_path(next) } else { PEOPLE }
}

/// Changes what somebody may do.
pub async fn set_role(
    accounts: Data<Accounts>,
    id: Path<String>,
    guards::Admin(admin): guards::Admin,
    Form(form): Form<RoleForm>,
) -> Result<Reply<PeoplePage>, WebError> {
    let id = PersonId::from(id.into_inner());
    let person = accounts.find_person(&id).await?.ok_or(WebError::NotFound)?;
    let fault = match form.role.parse::<Role>() {
        Err(_unknown) => NO_ROLE,
        Ok(role) => match accounts.set_role(admin.id.as_str(), &id, role).await {
            // Whoever steps down can see this page no more.
            Ok(()) if id == admin.id && role != Role::Admin => {
                return Ok(Reply::SeeOther(Redirect::to("/").success("You are no admin any more.")));
            }
            Ok(()) => {
                let message = format!("{} is {} now.", person.name, describe(role));
                return Ok(Reply::SeeOther(Redirect::to(list_path(&form.next)).success(message)));
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
