//! Starting and ending a session, as the browser sees it.

use actix_web::{HttpRequest, web};

use crate::accounts::Accounts;
use crate::web::{Form, NoFields, Redirect, SetCookie, WebError, cookies, local_path};

/// The redirect that starts a session.
pub(super) fn signed_in(token: String, next: &str) -> Redirect {
    Redirect::to(local_path(next)).cookie(session_cookie(token))
}

/// The session cookie. It lasts longer than any session, since a visit extends the session and not the cookie.
pub(super) fn session_cookie(token: String) -> SetCookie {
    SetCookie::lasting(cookies::SESSION, token, cookies::LASTS_SECONDS)
}

/// `POST /sign-out`
pub async fn sign_out(
    accounts: web::Data<Accounts>,
    request: HttpRequest,
    _form: Form<NoFields>,
) -> Result<Redirect, WebError> {
    if let Some(token) = cookies::read(&request, cookies::SESSION) {
        accounts.sign_out(&token).await?;
    }
    Ok(Redirect::to("/").success("You are signed out.").cookie(SetCookie::removal(cookies::SESSION)))
}
