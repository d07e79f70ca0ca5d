//! The pages of an account.

mod account;
mod close;
mod email;
mod first_admin;
mod recover;
mod session;
mod sign_in;
mod sign_up;
mod theme;
mod throttle;
mod verify;

pub use account::{AccountPage, account, change_name, change_password, sign_out_others};
pub use close::{ClosePage, close, close_form};
pub use email::{ChangeEmailPage, change_email, change_email_form, request_email_change};
pub use first_admin::{FirstAdminPage, first_admin, first_admin_form};
pub use recover::{RecoverPage, ResetPage, recover, recover_form, reset, reset_form};
pub use session::sign_out;
pub use sign_in::{SignInPage, sign_in, sign_in_form, sign_in_in_place};
pub use sign_up::{SignUpPage, sign_up, sign_up_form};
pub use theme::set_theme;
pub use verify::{VerifyPage, resend, verify, verify_form};
