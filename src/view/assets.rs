//! The bundled files of the browser, embedded under the hashed names that the asset build gave them.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::LazyLock;

use minijinja::{Environment, Error, ErrorKind, Value};
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

/// Lets templates name bundled files: `asset(name)` is the address of one, and `icon(name)` a decorative drawing, the size of
/// the text around it. Both are made here once, and an unknown name is an error.
pub(super) fn add_to(environment: &mut Environment<'static>) {
    let addresses =
        NAMES.iter().map(|(name, hashed)| (name.clone(), Value::from(format!("/assets/{hashed}")))).collect();
    add_lookup(environment, "asset", addresses);
    let icon = |name: &str| {
        let drawings = NAMES.get("icons.svg")?;
        let drawing = format!(
            "<svg class=\"icon\" aria-hidden=\"true\" focusable=\"false\"><use href=\"/assets/{drawings}#{name}\"></use></svg>"
        );
        Some((name.to_owned(), Value::from_safe_string(drawing)))
    };
    add_lookup(environment, "icon", list_icons().iter().filter_map(|name| icon(name)).collect());
}

fn add_lookup(environment: &mut Environment<'static>, function: &'static str, values: BTreeMap<String, Value>) {
    environment.add_function(function, move |name: &str| {
        let unknown = || Error::new(ErrorKind::InvalidOperation, format!("no {function} is called {name}"));
        values.get(name).cloned().ok_or_else(unknown)
    });
}

/// The names of the drawings, each of which the asset build made a symbol.
fn list_icons() -> Vec<String> {
    let file = NAMES.get("icons.svg").and_then(|hashed| Dist::get(hashed));
    let drawings = file.map(|file| String::from_utf8_lossy(&file.data).into_owned()).unwrap_or_default();
    let symbols = drawings.split("<symbol id=\"").skip(1);
    symbols.filter_map(|symbol| Some(symbol.split_once('"')?.0.to_owned())).collect()
}
