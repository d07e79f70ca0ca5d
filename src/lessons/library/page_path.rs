//! The address of a lesson's page, made of the names of its folders and its file.

use crate::lessons::address::encode;

/// The address of a lesson's page: `/modules/{module}/{section}/{lesson}`.
pub(super) fn page_path(file: &str) -> Option<String> {
    let mut parts = file.split('/');
    let (module, section, _lesson) = (parts.next()?, parts.next()?, parts.next()?);
    Some(encode(&format!("/modules/{module}/{}/{}", without_number(section), slug_of(file))))
}

/// The name of a lesson in addresses.
pub(super) fn slug_of(file: &str) -> String {
    let name = file.rsplit('/').next().unwrap_or(file);
    without_number(name.rsplit_once('.').map_or(name, |(stem, _md)| stem)).to_owned()
}

/// A name without the number that orders it.
pub(super) fn without_number(name: &str) -> &str {
    match name.split_once('-') {
        Some((number, rest)) if number.chars().all(|letter| letter.is_ascii_digit()) => rest,
        _ => name,
    }
}
