//! Who makes a request, and whether their role allows it: a handler names the role it needs as the type of a parameter.

use std::future::{Ready, ready};

use actix_web::body::{BoxBody, EitherBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::{Error, FromRequest, HttpMessage as _, HttpRequest, web};

use super::{Accounts, Person, Role};
use crate::view::CurrentUser;
use crate::web::{PersonKey, WebError, cookies};

/// Recognises the person behind a request by their cookie, for the guards and for the page's layout.
pub async fn recognise<B: MessageBody>(
    accounts: web::Data<Accounts>,
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B, BoxBody>>, Error> {
    if let Some(token) = cookies::read(request.request(), cookies::SESSION) {
        match accounts.find_signed_in(&token).await {
            Ok(Some(person)) => enter(request.request(), person),
            Ok(None) => {}
            // An answer rather than an error, which would leave the request, and so the page's layout, behind.
            Err(fault) => return Ok(request.error_response(WebError::from(fault)).map_into_right_body()),
        }
    }
    next.call(request).await.map(ServiceResponse::map_into_left_body)
}

/// Makes `person` the one who makes the request, for the guards, for the page's layout and for its forms.
pub(super) fn enter(request: &HttpRequest, person: Person) {
    let reader = CurrentUser { name: person.name.clone(), email: person.email.clone(), role: person.role.as_str() };
    let mut extensions = request.extensions_mut();
    extensions.insert(reader);
    extensions.insert(PersonKey(person.id.as_str().to_owned()));
    extensions.insert(person);
}

fn signed_in(request: &HttpRequest, least: Role) -> Result<Person, WebError> {
    let person = request.extensions().get::<Person>().cloned().ok_or(WebError::SignIn)?;
    if person.role >= least {
        return Ok(person);
    }
    Err(WebError::Forbidden(match least {
        Role::Admin => "It is for admins. If you should be one, ask an admin to change your role.",
        _ => "It is for instructors. If you should be one, ask an admin to change your role.",
    }))
}

macro_rules! guards {
    ($($(#[$doc:meta])* $name:ident, $role:expr;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug)]
        pub struct $name(pub Person);

        impl FromRequest for $name {
            type Error = WebError;
            type Future = Ready<Result<Self, WebError>>;

            fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
                ready(signed_in(request, $role).map(Self))
            }
        }
    )+};
}

guards! {
    /// Anyone signed in.
    Learner, Role::Learner;
    /// A person who may review.
    Instructor, Role::Instructor;
    /// A person who may run the installation.
    Admin, Role::Admin;
}

/// Whoever makes the request, signed in or not.
#[derive(Clone, Debug)]
pub struct Visitor(pub Option<Person>);

impl FromRequest for Visitor {
    type Error = WebError;
    type Future = Ready<Result<Self, WebError>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        ready(Ok(Self(request.extensions().get::<Person>().cloned())))
    }
}
