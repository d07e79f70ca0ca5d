//! Every view and every mail of the program.

use crate::accounts::{mails as account_mails, pages as account_pages};
use crate::admin::pages as admin_pages;
use crate::checkpoints::pages as checkpoint_pages;
use crate::credentials::{mails::CredentialMail, pages as credential_pages};
use crate::games::mails::{InvitationMail, PostmortemAcceptedMail, PostmortemReturnedMail};
use crate::games::pages as game_pages;
use crate::grading::pages as grading_pages;
use crate::home::pages as home_pages;
use crate::labs::pages as lab_pages;
use crate::lessons::pages as lesson_pages;
use crate::prizes::{mails::VoucherMail, pages as prize_pages};
use crate::reviews::mails::{EntryAcceptedMail, EntryRejectedMail};
use crate::reviews::pages as review_pages;
use crate::view::{MailKind, ViewKind};
use crate::web::problem::ProblemPage;
use crate::web::{Confirmation, PreservedFormPage};

/// Every view of the program, one line each.
pub const VIEWS: &[ViewKind] = &[
    ViewKind::of::<ProblemPage>(),
    ViewKind::of::<PreservedFormPage>(),
    ViewKind::of::<Confirmation>(),
    ViewKind::of::<account_pages::SignUpPage>(),
    ViewKind::of::<account_pages::SignInPage>(),
    ViewKind::of::<account_pages::VerifyPage>(),
    ViewKind::of::<account_pages::RecoverPage>(),
    ViewKind::of::<account_pages::ResetPage>(),
    ViewKind::of::<account_pages::AccountPage>(),
    ViewKind::of::<account_pages::FirstAdminPage>(),
    ViewKind::of::<account_pages::ChangeEmailPage>(),
    ViewKind::of::<account_pages::ClosePage>(),
    ViewKind::of::<lab_pages::LabsPage>(),
    ViewKind::of::<lab_pages::LabHostPage>(),
    ViewKind::of::<lab_pages::NamespacePage>(),
    ViewKind::of::<lab_pages::TracesPage>(),
    ViewKind::of::<lab_pages::TracePage>(),
    ViewKind::of::<grading_pages::LabPage>(),
    ViewKind::of::<grading_pages::SeenPage>(),
    ViewKind::of::<grading_pages::StatisticsPage>(),
    ViewKind::of::<grading_pages::CataloguePage>(),
    ViewKind::of::<grading_pages::ServicePage>(),
    ViewKind::of::<game_pages::LabGamesPage>(),
    ViewKind::of::<game_pages::RunbookPage>(),
    ViewKind::of::<game_pages::GamePage>(),
    ViewKind::of::<game_pages::JoinPage>(),
    ViewKind::of::<game_pages::PostmortemPage>(),
    ViewKind::of::<game_pages::PostmortemsPage>(),
    ViewKind::of::<game_pages::PostmortemReviewPage>(),
    ViewKind::of::<home_pages::HomePage>(),
    ViewKind::of::<lesson_pages::ModulesPage>(),
    ViewKind::of::<lesson_pages::ModulePage>(),
    ViewKind::of::<lesson_pages::GlossaryPage>(),
    ViewKind::of::<lesson_pages::PrintPage>(),
    ViewKind::of::<lesson_pages::LessonPage>(),
    ViewKind::of::<lesson_pages::SearchPage>(),
    ViewKind::of::<lesson_pages::PracticePage>(),
    ViewKind::of::<lesson_pages::CardPage>(),
    ViewKind::of::<checkpoint_pages::CheckpointPage>(),
    ViewKind::of::<checkpoint_pages::EntriesPage>(),
    ViewKind::of::<review_pages::QueuePage>(),
    ViewKind::of::<review_pages::ReviewPage>(),
    ViewKind::of::<credential_pages::CredentialsPage>(),
    ViewKind::of::<credential_pages::CredentialPage>(),
    ViewKind::of::<credential_pages::VerifyPage>(),
    ViewKind::of::<credential_pages::IssuerPage>(),
    ViewKind::of::<credential_pages::AdminCredentialsPage>(),
    ViewKind::of::<prize_pages::EntryPage>(),
    ViewKind::of::<prize_pages::EligibilityPage>(),
    ViewKind::of::<prize_pages::PrizesPage>(),
    ViewKind::of::<prize_pages::WeekPage>(),
    ViewKind::of::<prize_pages::VouchersPage>(),
    ViewKind::of::<admin_pages::OverviewPage>(),
    ViewKind::of::<admin_pages::PeoplePage>(),
    ViewKind::of::<admin_pages::PersonPage>(),
    ViewKind::of::<admin_pages::JobsPage>(),
    ViewKind::of::<admin_pages::AuditPage>(),
];

/// Every mail of the program, one line each.
pub const MAILS: &[MailKind] = &[
    MailKind::of::<account_mails::VerifyMail>(),
    MailKind::of::<account_mails::RecoverMail>(),
    MailKind::of::<account_mails::AlreadyRegisteredMail>(),
    MailKind::of::<account_mails::ChangeEmailMail>(),
    MailKind::of::<account_mails::EmailChangedMail>(),
    MailKind::of::<account_mails::PasswordChangedMail>(),
    MailKind::of::<account_mails::ClosedMail>(),
    MailKind::of::<InvitationMail>(),
    MailKind::of::<PostmortemAcceptedMail>(),
    MailKind::of::<PostmortemReturnedMail>(),
    MailKind::of::<EntryAcceptedMail>(),
    MailKind::of::<EntryRejectedMail>(),
    MailKind::of::<CredentialMail>(),
    MailKind::of::<VoucherMail>(),
];
