//! The bundled files of the browser, embedded under the hashed names that the asset build gave them.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::LazyLock;

use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "templates/assets/dist"]
struct Dist;

/// How long a hash in a name is.
const HASH_LENGTH: usize = 8;

/// Logical name to hashed name, as `dist/manifest.json` lists them.
static NAMES: LazyLock<BTreeMap<String, String>> = LazyLock::new(|| {
    Dist::get("manifest.json").and_then(|file| serde_json::from_slice(&file.data).ok()).unwrap_or_default()
});

/// One embedded file, with its compressed forms where the build made them.
#[derive(Debug)]
pub struct Asset {
    /// Whether it has this very name; else another version of the program gave the name to its own of these files.
    pub is_exact: bool,
    /// The bytes as they are.
    pub plain: Cow<'static, [u8]>,
    /// Compressed by Brotli.
    pub brotli: Option<Cow<'static, [u8]>>,
    /// Compressed by gzip.
    pub gzip: Option<Cow<'static, [u8]>>,
}

/// The file of a hashed name. While one version of the program takes the place of another, a page of the one may ask the
/// other for its files: it gets what has the same logical name.
pub fn find_asset(hashed_name: &str) -> Option<Asset> {
    let exact = NAMES.values().find(|known| *known == hashed_name);
    let own_name = exact.or_else(|| NAMES.get(&logical_name(hashed_name)?))?;
    let data = |name: &str| Dist::get(name).map(|file| file.data);
    Some(Asset {
        is_exact: exact.is_some(),
        plain: data(own_name)?,
        brotli: data(&format!("{own_name}.br")),
        gzip: data(&format!("{own_name}.gz")),
    })
}

/// A hashed name without its hash.
fn logical_name(hashed_name: &str) -> Option<String> {
    let (stem, extension) = hashed_name.rsplit_once('.')?;
    let (name, hash) = stem.rsplit_once('-')?;
    let is_hash = hash.len() == HASH_LENGTH && hash.bytes().all(|byte| byte.is_ascii_alphanumeric());
    is_hash.then(|| format!("{name}.{extension}"))
}

/// The address of a logical name such as `app.css`; an unknown one is an error that names it.
pub(super) fn asset_url(name: &str) -> Result<String, minijinja::Error> {
    NAMES.get(name).map(|hashed| format!("/assets/{hashed}")).ok_or_else(|| {
        minijinja::Error::new(minijinja::ErrorKind::InvalidOperation, format!("no asset is called {name}"))
    })
}
