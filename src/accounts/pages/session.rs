//! Starting and ending a session, as the browser sees it.

use actix_web::{HttpRequest, web};

use crate::accounts::{Accounts, SESSION_LASTS};
use crate::web::{Form, NoFields, Redirect, SetCookie, WebError, cookies};

/// The redirect that starts a session: the session's cookie, and a fresh form token.
pub(super) fn signed_in(token: String, next: &str) -> Redirect {
    Redirect::to(local_path(next))
        .cookie(SetCookie::lasting(cookies::SESSION, token, SESSION_LASTS.as_secs()))
        .cookie(SetCookie::removal(cookies::CSRF))
}

/// `next`, if it is a path of this site; else the start.
pub(super) fn local_path(next: &str) -> &str {
    let is_local = next.starts_with('/')
        && !next.starts_with("//")
        && !next.contains('\\')
        && !next.chars().any(char::is_control)
        && !next.starts_with("/sign-in");
    if is_local { next } else { "/" }
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
    Ok(Redirect::to("/")
        .success("You are signed out.")
        .cookie(SetCookie::removal(cookies::SESSION))
        .cookie(SetCookie::removal(cookies::CSRF)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_of_this_site_are_followed() {
        for next in ["/labs", "/modules/a?b=c#d"] {
            assert_eq!(local_path(next), next);
        }
        for next in ["https://evil.example", "//evil.example", "/\\evil.example", "", "labs", "/sign-in?next=/", "/\n"]
        {
            assert_eq!(local_path(next), "/", "{next:?}");
        }
    }
}
