//! `/admin/vouchers`

use actix_web::web::Data;
use serde::Serialize;

use crate::accounts::guards::Admin;
use crate::prizes::{ImportReport, Prizes, VoucherCounts};
use crate::view::View;
use crate::web::{Reply, Upload, WebError};

/// `prizes/vouchers.html`
#[derive(Debug, Serialize)]
pub struct VouchersPage {
    /// How many there are and are wanted.
    pub counts: VoucherCounts,
    /// What the import just made did.
    pub report: Option<ImportReport>,
    /// Why a file was not taken.
    pub error: Option<String>,
}

impl View for VouchersPage {
    const TEMPLATE: &'static str = "prizes/vouchers.html";

    fn samples() -> Vec<Self> {
        let counts = |missing| VoucherCounts { imported: 60, awarded: 50, missing };
        let refused = vec![(3, "stands in the file twice"), (5, "was imported before")];
        vec![
            Self { counts: counts(0), report: None, error: None },
            Self { counts: counts(4), report: Some(ImportReport { added: 50, blank: 1, refused }), error: None },
            Self { counts: counts(0), report: None, error: Some("Please choose a file.".to_owned()) },
        ]
    }
}

/// `GET /admin/vouchers`
pub async fn vouchers(prizes: Data<Prizes>, _admin: Admin) -> Result<Reply<VouchersPage>, WebError> {
    Ok(Reply::Page(VouchersPage { counts: prizes.count_vouchers().await?, report: None, error: None }))
}

/// `POST /admin/vouchers`
pub async fn import(prizes: Data<Prizes>, admin: Admin, upload: Upload) -> Result<Reply<VouchersPage>, WebError> {
    let refused = |error: String, counts| Reply::Invalid(VouchersPage { counts, report: None, error: Some(error) });
    if upload.file.is_empty() {
        return Ok(refused("Please choose a file with one code a line.".to_owned(), prizes.count_vouchers().await?));
    }
    match prizes.import(&admin.0.id, &upload.file).await? {
        Ok(report) => {
            Ok(Reply::Page(VouchersPage { counts: prizes.count_vouchers().await?, report: Some(report), error: None }))
        }
        Err(fault) => Ok(refused(fault, prizes.count_vouchers().await?)),
    }
}
