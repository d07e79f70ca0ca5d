//! The pages of an account, and what stands behind them.

mod account;
mod closing;
mod email;
mod first_admin;
mod limits;
mod pruning;
mod races;
mod recover;
mod sign_in;
mod sign_up;
mod spelling;
mod stale_passwords;

use seaworthy::mail::RenderedMail;

/// The path of the first link in a mail.
pub(crate) fn link_path(mail: &RenderedMail) -> String {
    let start = mail.text.find("http://localhost").unwrap();
    let url = mail.text[start..].split_whitespace().next().unwrap();
    let path = url.splitn(4, '/').nth(3).unwrap();
    format!("/{path}")
}
