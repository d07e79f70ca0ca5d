//! `/credentials/verify`

use actix_web::web::Data;
use serde::Serialize;

use super::credential::Claims;
use crate::credentials::{Credentials, FileFault, ProofFault, Revocation};
use crate::view::View;
use crate::web::{ClientAddress, Field, LimitRule, Limits, Reply, Upload, WebError};

/// Checking a signature costs more than showing a page.
const CHECKS: LimitRule = LimitRule { name: "credentials.verify", max: 60, window_seconds: 300 };

/// `credentials/verify.html`
#[derive(Debug, Default, Serialize)]
pub struct VerifyPage {
    /// The text pasted, and why it is no credential.
    pub text: Field,
    /// Whether the text was read and its signature does not fit.
    pub is_forged: bool,
    /// What the file says, once its signature fits.
    pub found: Option<Found>,
}

/// A file whose signature fits.
#[derive(Debug, Serialize)]
pub struct Found {
    /// What it says.
    pub claims: Claims,
    /// The key that signed it.
    pub key: String,
    /// Whether that is a key of this site.
    pub is_ours: bool,
    /// The credential's page here, if it is ours and known.
    pub path: Option<String>,
    /// When and why it was revoked.
    pub revocation: Option<Revocation>,
}

impl View for VerifyPage {
    const TEMPLATE: &'static str = "credentials/verify.html";

    fn samples() -> Vec<Self> {
        let found = |is_ours: bool, revocation: Option<&str>| Found {
            claims: Claims::sample(),
            key: "z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2".to_owned(),
            is_ours,
            path: is_ours.then(|| "/credentials/x".to_owned()),
            revocation: revocation
                .map(|reason| Revocation { at: jiff::Timestamp::UNIX_EPOCH, reason: reason.to_owned() }),
        };
        let page = |found| Self { text: Field::new("{}"), is_forged: false, found: Some(found) };
        vec![
            Self::default(),
            Self { text: Field::new("{").refused("It is not JSON."), ..Self::default() },
            Self { text: Field::new("{}").refused("It was changed."), is_forged: true, found: None },
            page(found(true, None)),
            page(found(true, Some("The name was wrong."))),
            page(found(false, None)),
        ]
    }
}

/// `GET /credentials/verify`
pub async fn verify_form() -> Reply<VerifyPage> {
    Reply::Page(VerifyPage::default())
}

/// `POST /credentials/verify`: a file, or its text.
pub async fn verify(
    credentials: Data<Credentials>,
    limits: Data<Limits>,
    address: ClientAddress,
    upload: Upload,
) -> Result<Reply<VerifyPage>, WebError> {
    limits.take(CHECKS, &address.0).await??;
    let typed = upload.fields.get("text").and_then(|values| values.first()).map_or("", String::as_str);
    let text =
        if upload.file.is_empty() { typed.to_owned() } else { String::from_utf8_lossy(&upload.file).into_owned() };
    let signed = match credentials.read_file(text).await? {
        Ok(signed) => signed,
        Err(fault) => {
            let is_forged = matches!(fault, FileFault::Proof(ProofFault::Forged) | FileFault::OtherIssuer);
            return Ok(Reply::Invalid(VerifyPage {
                text: Field::new(typed).refused(describe(&fault)),
                is_forged,
                found: None,
            }));
        }
    };
    let provenance = credentials.find_provenance(&signed).await?;
    let found = Found {
        claims: Claims::new(&signed.badge),
        key: signed.signer.key,
        is_ours: provenance.is_ours,
        path: provenance.credential.as_ref().map(|credential| format!("/credentials/{}", credential.id)),
        revocation: provenance.credential.and_then(|credential| credential.revocation),
    };
    Ok(Reply::Page(VerifyPage { text: Field::new(typed), is_forged: false, found: Some(found) }))
}

fn describe(fault: &FileFault) -> String {
    match fault {
        FileFault::Empty => "Please choose a file, or paste the text of one.".to_owned(),
        FileFault::TooLarge => "This is larger than a credential can be.".to_owned(),
        FileFault::NotJson => "This is not the whole of a credential's file. Take it as it was downloaded.".to_owned(),
        FileFault::OtherShape => "This is signed, but it is not a credential of a course like ours.".to_owned(),
        FileFault::OtherIssuer | FileFault::Proof(ProofFault::Forged) => {
            "The signature does not fit: the file was changed after it was signed, or was never signed by the key that it \
             names. It proves nothing."
                .to_owned()
        }
        FileFault::Proof(fault) => format!("This cannot be checked: {fault}."),
    }
}
