//! The whole table of addresses. What is not in it cannot be served, and one test asks every line of it what it answers
//! to whom (`tests/it/web/routes.rs`).
//!
//! A line is method, address, least role and handler. `Open` asks nobody who they are; `Anyone` shows who is signed in. A
//! form says what is sent with it, and the page that it stands on, to which its own address leads when it is opened.
//!
//! A page lives in the part that its address names, but where it shows what a higher part knows: then it lives in the
//! higher one, since a lower part uses no higher one, and the line before it says so.

use actix_web::middleware::from_fn;
use actix_web::web::{ServiceConfig, scope, to};
use actix_web::{Route, Scope};

use crate::accounts::{guards, pages as accounts};
use crate::admin::pages as admin;
use crate::checkpoints::pages as checkpoints;
use crate::credentials::pages as credentials;
use crate::drafts::pages as drafts;
use crate::games::pages as games;
use crate::grading::pages as grading;
use crate::home::pages as home;
use crate::labs::pages as labs;
pub use crate::labs::pages::lab_hosts;
use crate::lessons::pages as lessons;
use crate::loads::pages as loads;
use crate::prizes::pages as prizes;
use crate::reviews::pages as reviews;
use crate::web::assets::asset;
use crate::web::health::{healthz, readyz};
use crate::web::routes::{Access, FormSpec, RouteMethod, RouteSpec, groups, not_found, resource};

macro_rules! table {
    ($($method:ident $path:literal $access:ident $handler:path $(, $what:literal on $page:literal)?;)+) => {
        /// Every address of the site, in the order in which they are tried.
        pub const ROUTES: &[RouteSpec] = &[$(RouteSpec {
            method: RouteMethod::$method,
            path: $path,
            access: Access::$access,
            form: table!(@form $($what, $page)?),
            route: || Route::new().to($handler),
        }),+];
    };
    (@form $what:literal, $page:literal) => { Some(FormSpec { what: $what, page: $page }) };
    (@form) => { None };
}

table! {
    Get  "/healthz" Open healthz;
    Get  "/readyz" Open readyz;
    // Counts of jobs and lab sessions, which `web` does not know; `admin` sees every part.
    Get  "/metrics" Open admin::metrics;
    Get  "/assets/{name:.*}" Open asset;
    Get  "/media/{path:.*}" Open lessons::media;
    Get  "/content/revision" Open lessons::revision;
    Get  "/credentials/issuer/did.json" Open credentials::document;
    Get  "/credentials/status/{list}" Open credentials::status;
    Get  "/credentials/{id}.json" Open credentials::file;

    Get  "/sign-up" Anyone accounts::sign_up_form;
    Post "/sign-up" Anyone accounts::sign_up, "Your sign-up" on "/sign-up";
    Get  "/sign-in" Anyone accounts::sign_in_form;
    Post "/sign-in" Anyone accounts::sign_in, "Your sign-in" on "/sign-in";
    Post "/sign-in/in-place" Anyone accounts::sign_in_in_place, "What you wrote" on "/sign-in";
    Post "/sign-out" Anyone accounts::sign_out, "Signing out" on "/";
    Post "/verify" Anyone accounts::resend, "Your request for a new link" on "/sign-in";
    Get  "/verify/{token}" Anyone accounts::verify_form;
    Post "/verify/{token}" Anyone accounts::verify, "Verifying your address" on "/verify/{token}";
    Get  "/recover" Anyone accounts::recover_form;
    Post "/recover" Anyone accounts::recover, "Your request for a new password" on "/recover";
    Get  "/recover/{token}" Anyone accounts::reset_form;
    Post "/recover/{token}" Anyone accounts::reset, "Your new password" on "/recover/{token}";
    Get  "/first-admin/{token}" Anyone accounts::first_admin_form;
    Post "/first-admin/{token}" Anyone accounts::first_admin, "The first admin's account" on "/first-admin/{token}";
    Get  "/account" Learner accounts::account;
    Post "/account/name" Learner accounts::change_name, "Your new name" on "/account";
    Post "/account/password" Learner accounts::change_password, "Your new password" on "/account";
    Post "/account/email" Learner accounts::request_email_change, "Your new address" on "/account";
    Get  "/account/email/{token}" Anyone accounts::change_email_form;
    Post "/account/email/{token}" Anyone accounts::change_email, "Your new address" on "/account/email/{token}";
    Get  "/account/close" Learner accounts::close_form;
    Post "/account/close" Learner accounts::close, "Closing your account" on "/account/close";
    Post "/account/sign-out-others" Learner accounts::sign_out_others, "Signing out elsewhere" on "/account";
    Post "/account/theme" Anyone accounts::set_theme, "Your choice of colours" on "/account";

    Get  "/" Anyone home::home;
    Get  "/modules/{module}/{section}/{lesson}" Anyone lessons::lesson;
    Get  "/modules" Anyone lessons::modules;
    Get  "/modules/{module}" Anyone lessons::module;
    Get  "/modules/{module}/glossary" Anyone lessons::glossary;
    Get  "/modules/{module}/print" Anyone lessons::print;
    Post "/modules/{module}/{section}/{lesson}/read" Learner lessons::mark_read,
         "The mark on a lesson" on "/modules/{module}/{section}/{lesson}";
    Post "/modules/{module}/{section}/{lesson}/unread" Learner lessons::mark_unread,
         "The mark on a lesson" on "/modules/{module}/{section}/{lesson}";
    // What is typed into a form is kept while it is written where its address stands with PUT too.
    Post "/modules/{module}/{section}/{lesson}/questions" Learner lessons::answer_all,
         "Your answers to questions" on "/modules/{module}/{section}/{lesson}";
    Put  "/modules/{module}/{section}/{lesson}/questions" Learner drafts::save;
    Post "/modules/{module}/{section}/{lesson}/questions/{question}" Learner lessons::answer,
         "Your answer to a question" on "/modules/{module}/{section}/{lesson}#question-{question}";
    Post "/modules/{module}/{section}/{lesson}/questions/{question}/show" Learner lessons::show_answer,
         "Your request for an answer" on "/modules/{module}/{section}/{lesson}#question-{question}";
    Get  "/search" Anyone lessons::search;
    Get  "/practice" Learner lessons::practice;
    Get  "/practice/{module}/{question}" Learner lessons::card;
    Post "/practice/{module}/{question}" Learner lessons::answer_card,
         "Your answer to a question" on "/practice/{module}/{question}";
    Put  "/practice/{module}/{question}" Learner drafts::save;
    Post "/practice/{module}/{question}/show" Learner lessons::show_card,
         "Your request for an answer" on "/practice/{module}/{question}";

    Get  "/labs" Anyone labs::list;
    // No lab has a dot in its name.
    Get  "/labs/lab.schema.json" Open grading::lab_schema;
    Get  "/labs/task.schema.json" Open grading::task_schema;
    // The page of a lab shows its tasks and their verdicts, which `grading` knows.
    Get  "/labs/{lab}" Learner grading::lab;
    Get  "/labs/{lab}/statistics" Instructor grading::statistics;
    Get  "/labs/{lab}/events" Learner grading::events;
    Get  "/labs/{lab}/seen" Learner grading::seen;
    Get  "/labs/{lab}/seen/{request}" Learner grading::seen_at;
    Post "/labs/{lab}/check" Learner grading::check, "The check of your lab" on "/labs/{lab}";
    Post "/labs/{lab}/tasks/{task}/answers" Learner grading::answer, "What you reported" on "/labs/{lab}#task-{task}";
    Put  "/labs/{lab}/tasks/{task}/answers" Learner drafts::save;
    Post "/labs/{lab}/tasks/{task}/checks/{check}/hint" Learner grading::hint,
         "Your request for a hint" on "/labs/{lab}#task-{task}";
    Post "/labs/{lab}/start" Learner labs::start, "The start of your lab" on "/labs/{lab}";
    Post "/labs/{lab}/extend" Learner labs::extend, "More time for your lab" on "/labs/{lab}";
    // What cannot be undone asks first, at the address that does it.
    Get  "/labs/{lab}/stop" Learner labs::confirm_stop;
    Post "/labs/{lab}/stop" Learner labs::stop, "The stop of your lab" on "/labs/{lab}";
    Post "/labs/{lab}/loads/stop" Learner loads::stop, "The stop of a load" on "/labs/{lab}#loads";
    Post "/labs/{lab}/loads/{load}/start" Learner loads::start, "The start of a load" on "/labs/{lab}#loads";
    Get  "/labs/{lab}/status" Learner labs::status;
    Get  "/labs/{lab}/terminal" Learner labs::terminal;
    Get  "/labs/{lab}/kubeconfig" Learner labs::kubeconfig;
    Get  "/labs/{lab}/web/{name}" Learner labs::open_page;
    Get  "/labs/{lab}/namespace" Learner labs::namespace;
    Get  "/labs/{lab}/traces" Learner labs::traces;
    Get  "/labs/{lab}/traces/{id}" Learner labs::trace;
    // What has the host of a page in its place comes from that host.
    Get  "/labs/web/{host}" Learner labs::admit;
    // A runbook and the games of a lab precede any one game.
    Get  "/labs/{lab}/runbook" Learner games::runbook;
    Post "/labs/{lab}/runbook" Learner games::save_runbook, "Your runbook" on "/labs/{lab}/runbook";
    Get  "/labs/{lab}/games" Learner games::lab_games;
    Post "/labs/{lab}/games" Learner games::start, "The start of your game" on "/labs/{lab}/games";
    Post "/labs/{lab}/games/invite" Learner games::invite, "Your invitation to a game" on "/labs/{lab}/games";
    // The catalogue reads the Services of labs, as checks do.
    Get  "/catalogue" Learner grading::catalogue;
    Get  "/catalogue/{lab}/{service}" Learner grading::service;

    Get  "/games/join" Learner games::join_form;
    Post "/games/join" Learner games::join, "The code of a game" on "/games/join";
    Get  "/games/{id}" Learner games::game;
    Post "/games/{id}/entries" Learner games::log, "Your entry in the log" on "/games/{id}#log";
    Put  "/games/{id}/entries" Learner drafts::save;
    Post "/games/{id}/entries/{entry}/time" Learner games::correct_time, "The time of an entry" on "/games/{id}#log";
    Post "/games/{id}/plan" Learner games::plan, "The plan of a game" on "/games/{id}";
    Get  "/games/{id}/end" Learner games::confirm_end;
    Post "/games/{id}/end" Learner games::end, "The end of your game" on "/games/{id}";
    Get  "/games/{id}/postmortem" Learner games::postmortem;
    Post "/games/{id}/postmortem" Learner games::save_postmortem, "Your postmortem" on "/games/{id}/postmortem";

    Get  "/checkpoints/{module}" Learner checkpoints::checkpoint;
    Post "/checkpoints/{module}" Learner checkpoints::enter, "Your entry to the checkpoint" on "/checkpoints/{module}";
    Put  "/checkpoints/{module}" Learner drafts::save;
    Get  "/entries" Learner checkpoints::entries;
    // The page of an entry shows its rank and its voucher, which `prizes` knows.
    Get  "/entries/{id}" Learner prizes::entry;
    Get  "/entries/{id}/withdraw" Learner checkpoints::confirm_withdrawal;
    Post "/entries/{id}/withdraw" Learner checkpoints::withdraw, "Withdrawing your entry" on "/entries/{id}";
    Get  "/entries/{id}/eligibility" Learner prizes::eligibility;
    Get  "/review" Instructor reviews::queue;
    Get  "/review/postmortems" Instructor games::postmortems;
    Get  "/review/postmortems/{game}" Instructor games::review_postmortem;
    Post "/review/postmortems/{game}" Instructor games::decide_postmortem,
         "Your decision on a postmortem" on "/review/postmortems/{game}";
    Put  "/review/postmortems/{game}" Instructor drafts::save_review;
    Get  "/review/{entry}" Instructor reviews::review;
    Post "/review/{entry}/claim" Instructor reviews::claim, "Taking an entry" on "/review/{entry}";
    Post "/review/{entry}/decide" Instructor reviews::decide, "Your decision on an entry" on "/review/{entry}";
    Put  "/review/{entry}/decide" Instructor drafts::save_review;
    Get  "/prizes" Anyone prizes::prizes;
    Get  "/prizes/weeks/{week}" Anyone prizes::week;

    Get  "/credentials" Learner credentials::mine;
    Get  "/credentials/verify" Anyone credentials::verify_form;
    Post "/credentials/verify" Anyone credentials::verify, "The credential to check" on "/credentials/verify";
    Get  "/credentials/issuer" Anyone credentials::issuer;
    Get  "/credentials/{id}" Anyone credentials::credential;
    // An admin page of one part alone lives in that part: `admin` holds those that join several.
    Get  "/admin/credentials" Admin credentials::admin;
    Post "/admin/credentials/{id}/revoke" Admin credentials::revoke, "Revoking a credential" on "/admin/credentials";
    Get  "/admin" Admin admin::overview;
    Get  "/admin/people" Admin admin::people;
    Get  "/admin/people/{id}" Admin admin::person;
    Post "/admin/people/{id}/email" Admin admin::propose_email, "Another address for a person" on "/admin/people/{id}";
    Post "/admin/people/{id}/close" Admin admin::close, "Closing a person's account" on "/admin/people/{id}";
    Get  "/admin/people/{id}/role" Admin admin::confirm_role;
    Post "/admin/people/{id}/role" Admin admin::set_role, "The role of a person" on "/admin/people";
    Post "/admin/people/{id}/sign-out" Admin admin::sign_out, "Signing a person out" on "/admin/people";
    Get  "/admin/vouchers" Admin prizes::vouchers;
    Post "/admin/vouchers" Admin prizes::import, "A file of vouchers" on "/admin/vouchers";
    Get  "/admin/jobs" Admin admin::jobs;
    Post "/admin/jobs/{id}/retry" Admin admin::retry, "Trying a job again" on "/admin/jobs";
    Get  "/admin/jobs/{id}/discard" Admin admin::confirm_discard;
    Post "/admin/jobs/{id}/discard" Admin admin::discard, "Giving a job up" on "/admin/jobs";
    Get  "/admin/audit" Admin admin::audit;
}

/// Serves the table. Who asks is looked up once, and for nothing that is open.
pub fn routes(config: &mut ServiceConfig) {
    for group in groups(ROUTES) {
        let resources = group.paths.iter().map(|path| resource(ROUTES, path, group.prefix, (recognise, settle_sent)));
        if group.prefix.is_empty() {
            for resource in resources {
                config.service(resource);
            }
        } else {
            config.service(resources.fold(scope(group.prefix), Scope::service));
        }
    }
    config.default_service(recognise(to(not_found)));
}

fn recognise(route: Route) -> Route {
    route.wrap(from_fn(guards::recognise))
}

fn settle_sent(route: Route) -> Route {
    route.wrap(from_fn(drafts::settle_sent))
}
