//! The whole table of addresses.

use actix_web::web::{ServiceConfig, get};

use crate::web::assets::asset;

/// Every address of the site.
pub fn routes(config: &mut ServiceConfig) {
    config.route("/assets/{name:.*}", get().to(asset));
}
