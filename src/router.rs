//! The whole table of addresses.

use actix_web::Route;
use actix_web::guard::{Any, Get, Head};
use actix_web::web::{ServiceConfig, post, resource, route};

use crate::accounts::pages as accounts;
use crate::admin::pages as admin;
use crate::checkpoints::pages as checkpoints;
use crate::credentials::pages as credentials;
use crate::grading::pages as grading;
use crate::home::pages as home;
use crate::labs::pages as labs;
use crate::lessons::pages as lessons;
use crate::prizes::pages as prizes;
use crate::reviews::pages as reviews;
use crate::web::assets::asset;
use crate::web::health::{healthz, readyz};

/// A route for GET and for HEAD, which the server answers alike but for the body (RFC 9110, section 9.3.2).
fn get() -> Route {
    route().guard(Any(Get()).or(Head()))
}

/// Every address of the site.
pub fn routes(config: &mut ServiceConfig) {
    config
        .route("/assets/{name:.*}", get().to(asset))
        .configure(account_routes)
        .configure(lesson_routes)
        .configure(lab_routes)
        .configure(checkpoint_routes)
        .configure(credential_routes)
        .configure(admin_routes);
}

fn account_routes(config: &mut ServiceConfig) {
    config
        .service(resource("/sign-up").route(get().to(accounts::sign_up_form)).route(post().to(accounts::sign_up)))
        .service(resource("/sign-in").route(get().to(accounts::sign_in_form)).route(post().to(accounts::sign_in)))
        .route("/sign-out", post().to(accounts::sign_out))
        .route("/verify", post().to(accounts::resend))
        .service(resource("/verify/{token}").route(get().to(accounts::verify_form)).route(post().to(accounts::verify)))
        .service(resource("/recover").route(get().to(accounts::recover_form)).route(post().to(accounts::recover)))
        .service(resource("/recover/{token}").route(get().to(accounts::reset_form)).route(post().to(accounts::reset)))
        .service(
            resource("/first-admin/{token}")
                .route(get().to(accounts::first_admin_form))
                .route(post().to(accounts::first_admin)),
        )
        .route("/account", get().to(accounts::account))
        .route("/account/name", post().to(accounts::change_name))
        .route("/account/password", post().to(accounts::change_password))
        .route("/account/sign-out-others", post().to(accounts::sign_out_others))
        .route("/account/theme", post().to(accounts::set_theme));
}

fn lab_routes(config: &mut ServiceConfig) {
    config
        .route("/labs", get().to(labs::list))
        .route("/labs/{lab}", get().to(grading::lab))
        .route("/labs/{lab}/check", post().to(grading::check))
        .route("/labs/{lab}/start", post().to(labs::start))
        .route("/labs/{lab}/extend", post().to(labs::extend))
        .route("/labs/{lab}/stop", post().to(labs::stop))
        .route("/labs/{lab}/status", get().to(labs::status))
        .route("/labs/{lab}/terminal", get().to(labs::terminal))
        .route("/labs/{lab}/kubeconfig", get().to(labs::kubeconfig))
        .route("/catalogue", get().to(grading::catalogue));
}

fn lesson_routes(config: &mut ServiceConfig) {
    let lesson = "/modules/{module}/{section}/{lesson}";
    config
        .route("/", get().to(home::home))
        .route("/media/{path:.*}", get().to(lessons::media))
        .route("/content/edition", get().to(lessons::edition))
        .route("/modules", get().to(lessons::modules))
        .route("/modules/{module}", get().to(lessons::module))
        .route("/modules/{module}/glossary", get().to(lessons::glossary))
        .route("/modules/{module}/print", get().to(lessons::print))
        .route(lesson, get().to(lessons::lesson))
        .route(&format!("{lesson}/read"), post().to(lessons::mark_read))
        .route(&format!("{lesson}/unread"), post().to(lessons::mark_unread))
        .route(&format!("{lesson}/questions/{{question}}"), post().to(lessons::answer))
        .route("/search", get().to(lessons::search))
        .route("/practice", get().to(lessons::practice))
        .service(
            resource("/practice/{module}/{question}")
                .route(get().to(lessons::card))
                .route(post().to(lessons::answer_card)),
        );
}

fn checkpoint_routes(config: &mut ServiceConfig) {
    config
        .service(
            resource("/checkpoints/{module}")
                .route(get().to(checkpoints::checkpoint))
                .route(post().to(checkpoints::enter)),
        )
        .route("/entries", get().to(checkpoints::entries))
        .route("/entries/{id}", get().to(prizes::entry))
        .route("/entries/{id}/withdraw", post().to(checkpoints::withdraw))
        .route("/entries/{id}/eligibility", get().to(prizes::eligibility))
        .route("/review", get().to(reviews::queue))
        .route("/review/{entry}", get().to(reviews::review))
        .route("/review/{entry}/claim", post().to(reviews::claim))
        .route("/review/{entry}/decide", post().to(reviews::decide))
        .route("/prizes", get().to(prizes::prizes))
        .route("/prizes/weeks/{week}", get().to(prizes::line));
}

fn credential_routes(config: &mut ServiceConfig) {
    config
        .route("/credentials", get().to(credentials::mine))
        .service(
            resource("/credentials/verify")
                .route(get().to(credentials::verify_form))
                .route(post().to(credentials::verify)),
        )
        .route("/credentials/issuer", get().to(credentials::issuer))
        .route("/credentials/issuer/did.json", get().to(credentials::document))
        .route("/credentials/status/{list}", get().to(credentials::status))
        .route("/credentials/{id}.json", get().to(credentials::file))
        .route("/credentials/{id}", get().to(credentials::credential))
        .route("/admin/credentials", get().to(credentials::admin))
        .route("/admin/credentials/{id}/revoke", post().to(credentials::revoke));
}

fn admin_routes(config: &mut ServiceConfig) {
    config
        .route("/admin", get().to(admin::overview))
        .route("/admin/people", get().to(admin::people))
        .route("/admin/people/{id}/role", post().to(admin::set_role))
        .route("/admin/people/{id}/sign-out", post().to(admin::sign_out))
        .service(resource("/admin/vouchers").route(get().to(prizes::vouchers)).route(post().to(prizes::import)))
        .route("/admin/jobs", get().to(admin::jobs))
        .route("/admin/jobs/{id}/retry", post().to(admin::retry))
        .route("/admin/jobs/{id}/discard", post().to(admin::discard))
        .route("/admin/audit", get().to(admin::ledger))
        .route("/healthz", get().to(healthz))
        .route("/readyz", get().to(readyz))
        .route("/metrics", get().to(admin::metrics));
}
