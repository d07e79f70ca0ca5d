//! The bundled files of the browser, embedded under the hashed names that the asset build gave them.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::LazyLock;

use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "templates/assets/dist"]
struct Dist;

/// Logical name to hashed name, as `dist/manifest.json` lists them.
static NAMES: LazyLock<BTreeMap<String, String>> = LazyLock::new(|| {
    Dist::get("manifest.json").and_then(|file| serde_json::from_slice(&file.data).ok()).unwrap_or_default()
});

/// One embedded file, with its compressed forms where the build made them.
#[derive(Debug)]
pub struct Asset {
    /// The bytes as they are.
    pub plain: Cow<'static, [u8]>,
    /// Compressed by Brotli.
    pub brotli: Option<Cow<'static, [u8]>>,
    /// Compressed by gzip.
    pub gzip: Option<Cow<'static, [u8]>>,
}

/// The file of a hashed name.
pub fn find_asset(hashed_name: &str) -> Option<Asset> {
    let data = |name: &str| Dist::get(name).map(|file| file.data);
    if !NAMES.values().any(|known| known == hashed_name) {
        return None;
    }
    Some(Asset {
        plain: data(hashed_name)?,
        brotli: data(&format!("{hashed_name}.br")),
        gzip: data(&format!("{hashed_name}.gz")),
    })
}

/// The address of a logical name such as `app.css`; an unknown one is an error that names it.
pub(super) fn asset_url(name: &str) -> Result<String, minijinja::Error> {
    NAMES.get(name).map(|hashed| format!("/assets/{hashed}")).ok_or_else(|| {
        minijinja::Error::new(minijinja::ErrorKind::InvalidOperation, format!("no asset is called {name}"))
    })
}
