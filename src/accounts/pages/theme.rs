//! `POST /account/theme`, for readers signed in or not.

use serde::Deserialize;

use crate::view::Theme;
use crate::web::{Form, Redirect, SetCookie, cookies, local_path};

/// What the form sends.
#[derive(Debug, Deserialize)]
pub struct ThemeForm {
    theme: String,
    #[serde(default)]
    next: String,
}

/// Keeps the colours that a reader asked for.
pub async fn set_theme(form: Form<ThemeForm>) -> Redirect {
    let theme = Theme::parse(&form.0.theme);
    Redirect::to(local_path(&form.0.next)).cookie(SetCookie::lasting(
        cookies::THEME,
        theme.as_str(),
        cookies::LASTS_SECONDS,
    ))
}
