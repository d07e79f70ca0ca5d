//! `credential verify` and `credential rotate-key`.

use std::path::Path;

use anyhow::Context as _;

use super::print_line;
use crate::app::Environment;
use crate::config::Config;
use crate::credentials::{SignedBadge, is_set};

/// Checks a credential by its file alone, and, where a status list is given, whether it was revoked.
pub(super) fn verify(file: &Path, key: Option<&str>, status: Option<&Path>) -> anyhow::Result<()> {
    let signed = SignedBadge::read(&read(file)?).with_context(|| format!("{} proves nothing", file.display()))?;
    let (badge, subject) = (&signed.badge, &signed.badge.credential_subject);
    print_line(&format!("{} has completed {}.", subject.name(), subject.achievement.name))?;
    for checked in &badge.evidence {
        print_line(&format!("  {}: {}", checked.name, checked.narrative))?;
    }
    print_line(&format!("Issued by {} ({}), {}.", badge.issuer.name, badge.issuer.id, badge.awarded_date))?;
    print_line(&format!("Signed with the key {}; nothing was changed since.", signed.signer.key))?;
    match key {
        Some(key) => anyhow::ensure!(key == signed.signer.key, "the key is not {key}"),
        None => {
            print_line(&format!("Whether that key is the issuer's stands in the document of {}.", badge.issuer.id))?;
        }
    }
    let entry = &badge.credential_status;
    let Some(status) = status else {
        return print_line(&format!(
            "Whether it was revoked stands at place {} of {}.",
            entry.status_list_index, entry.status_list_credential
        ));
    };
    let packed = signed
        .read_status_list(&read(status)?)
        .with_context(|| format!("{} is not the status list of this credential", status.display()))?;
    let place = entry.status_list_index.parse().context("the place in the status list is no number")?;
    let is_revoked = is_set(&packed, place).context("the status list does not reach that far")?;
    anyhow::ensure!(!is_revoked, "it was revoked");
    print_line("It was not revoked when the status list was fetched.")
}

/// Signs with a new key from now on.
pub(super) async fn rotate_key(config: &Config) -> anyhow::Result<()> {
    let app = super::build(config, Environment::production(config)?).await?;
    let key = app.credentials.rotate_key().await?;
    print_line(&format!("Credentials are signed with {key} from now on. What older keys signed goes on to hold."))
}

fn read(file: &Path) -> anyhow::Result<String> {
    std::fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))
}
