//! `/admin/people/{id}`: one account, its address and its end.

use actix_web::web::{Data, Path};
use serde::{Deserialize, Serialize};

use crate::accounts::{Accounts, CloseError, Email, Person, PersonId, Role, guards};
use crate::text::{self, InvalidText};
use crate::view::View;
use crate::web::{Field, Form, Redirect, Reply, SetCookie, WebError, cookies};

/// The most characters of a reason.
const MAX_REASON_CHARS: usize = 500;

/// `admin/person.html`.
#[derive(Debug, Serialize)]
pub struct PersonPage {
    /// Who.
    pub person: Person,
    /// The address that they are to have.
    pub email: Field,
    /// Why the account is to be closed.
    pub reason: Field,
    /// Why it was not closed.
    pub fault: Option<&'static str>,
    /// How long a reason may be.
    pub max_reason_chars: usize,
}

impl PersonPage {
    fn new(person: Person) -> Self {
        Self {
            person,
            email: Field::default(),
            reason: Field::default(),
            fault: None,
            max_reason_chars: MAX_REASON_CHARS,
        }
    }
}

const LAST_ADMIN: &str = "This is the only admin. Make somebody else an admin first, so that one is left.";

impl View for PersonPage {
    const TEMPLATE: &'static str = "admin/person.html";

    fn samples() -> Vec<Self> {
        let at = jiff::Timestamp::UNIX_EPOCH;
        let person = |closed_at| Person {
            id: PersonId::from("person-1".to_owned()),
            email: "ada@example.org".to_owned(),
            name: "Ada Quist".to_owned(),
            role: Role::Learner,
            created_at: at,
            closed_at,
        };
        let refused = Self {
            email: Field::new("ada").refused("Please type an address such as ada@example.org."),
            reason: Field::new("").refused("Please say why."),
            fault: Some(LAST_ADMIN),
            ..Self::new(person(None))
        };
        vec![Self::new(person(None)), Self::new(person(Some(at))), refused]
    }
}

async fn find(accounts: &Accounts, id: Path<String>) -> Result<Person, WebError> {
    accounts.find_person(&PersonId::from(id.into_inner())).await?.ok_or(WebError::NotFound)
}

/// Shows one account.
pub async fn person(
    accounts: Data<Accounts>,
    id: Path<String>,
    _admin: guards::Admin,
) -> Result<Reply<PersonPage>, WebError> {
    Ok(Reply::Page(PersonPage::new(find(&accounts, id).await?)))
}

/// The form for another address.
#[derive(Debug, Deserialize)]
pub struct EmailForm {
    email: String,
}

/// Has a link sent to the address that somebody is to have.
pub async fn propose_email(
    accounts: Data<Accounts>,
    id: Path<String>,
    guards::Admin(admin): guards::Admin,
    Form(form): Form<EmailForm>,
) -> Result<Reply<PersonPage>, WebError> {
    let person = find(&accounts, id).await?;
    let new = match Email::parse(&form.email) {
        Ok(new) => new,
        Err(reason) => {
            let email = Field::new(form.email).refused(reason.to_string());
            return Ok(Reply::Invalid(PersonPage { email, ..PersonPage::new(person) }));
        }
    };
    if !accounts.propose_email(&admin.id, &person.id, &new).await? {
        return Err(WebError::NotFound);
    }
    let message = format!("A link is on its way to {new}. The address changes once {} follows it.", person.name);
    Ok(Reply::SeeOther(Redirect::to(format!("/admin/people/{}", person.id)).success(message)))
}

/// The form that closes an account.
#[derive(Debug, Deserialize)]
pub struct CloseForm {
    reason: String,
}

/// Closes somebody's account.
pub async fn close(
    accounts: Data<Accounts>,
    id: Path<String>,
    guards::Admin(admin): guards::Admin,
    Form(form): Form<CloseForm>,
) -> Result<Reply<PersonPage>, WebError> {
    let person = find(&accounts, id).await?;
    let reason = match text::require(&form.reason, MAX_REASON_CHARS) {
        Ok(reason) => reason,
        Err(unfit) => {
            let fault = match unfit {
                InvalidText::Empty => "Please say why: it is mailed to them.".to_owned(),
                InvalidText::TooLong => format!("Please use at most {MAX_REASON_CHARS} characters."),
            };
            let reason = Field::new(&*form.reason).refused(fault);
            return Ok(Reply::Invalid(PersonPage { reason, ..PersonPage::new(person) }));
        }
    };
    match accounts.close_for(&admin.id, &person.id, reason).await {
        // Whoever closes their own account can see this page no more.
        Ok(()) if person.id == admin.id => Ok(Reply::SeeOther(
            Redirect::to("/").success("Your account is closed.").cookie(SetCookie::removal(cookies::SESSION)),
        )),
        Ok(()) => {
            let message = format!("The account of {} is closed.", person.name);
            Ok(Reply::SeeOther(Redirect::to("/admin/people").success(message)))
        }
        Err(CloseError::LastAdmin) => {
            let page =
                PersonPage { reason: Field::new(form.reason), fault: Some(LAST_ADMIN), ..PersonPage::new(person) };
            Ok(Reply::Invalid(page))
        }
        Err(CloseError::Unknown | CloseError::WrongPassword) => Err(WebError::NotFound),
        Err(CloseError::Fault(fault)) => Err(fault.into()),
    }
}
