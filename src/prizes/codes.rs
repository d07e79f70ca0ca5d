//! Voucher codes: read from a file, sealed for storage.

use crate::id::{Random, Sealer, Secret, keyed_hash};

/// The most characters of a code.
const MAX_CODE_CHARS: usize = 200;

/// Seals codes, and detects equal ones.
#[derive(Clone)]
pub(super) struct Codes {
    /// Each code is bound to its voucher's id.
    pub(super) sealer: Sealer,
    hash_key: [u8; 32],
}

impl Codes {
    pub(super) fn new(secret: &Secret, random: Random) -> anyhow::Result<Self> {
        let sealer = Sealer::new(secret, "voucher codes", random)?;
        Ok(Self { sealer, hash_key: secret.derive("voucher hashes") })
    }

    /// The keyed hash by which equal codes are detected while none is readable.
    pub(super) fn hash(&self, code: &str) -> String {
        hex::encode(keyed_hash(&self.hash_key, code.as_bytes()))
    }
}

impl std::fmt::Debug for Codes {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Codes")
    }
}

/// What became of one line of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum CodeLine {
    /// A code.
    Code(String),
    /// Nothing; blank lines are common at the end.
    Blank,
    /// Not a code, and why.
    Refused(&'static str),
}

/// Reads the first column of each line, with its number from 1; a heading that says `code` is skipped.
pub(super) fn read_lines(file: &[u8]) -> Result<Vec<(u64, CodeLine)>, String> {
    let text = std::str::from_utf8(file)
        .map_err(|_bytes| "The file is not UTF-8 text. Save it as CSV in UTF-8.".to_owned())?;
    let text = text.trim_start_matches('\u{feff}');
    let mut lines = Vec::new();
    for (place, line) in text.lines().enumerate() {
        let number = u64::try_from(place).unwrap_or(u64::MAX).saturating_add(1);
        let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(line.as_bytes());
        let record = reader.records().next().transpose().map_err(|fault| format!("Line {number}: {fault}."))?;
        let code = record.as_ref().and_then(|record| record.get(0)).unwrap_or("").trim();
        lines.push((
            number,
            match code {
                "" => CodeLine::Blank,
                "code" | "Code" | "CODE" if place == 0 => CodeLine::Blank,
                code if code.chars().count() > MAX_CODE_CHARS => CodeLine::Refused("longer than 200 characters"),
                code if code.chars().any(char::is_whitespace) => CodeLine::Refused("has a space in it"),
                code => CodeLine::Code(code.to_owned()),
            },
        ));
    }
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_line_by_line() {
        let lines = read_lines(b"\xef\xbb\xbfcode,note\r\nA-1,x\n\n\"B-2\"\nC 3\n").unwrap();
        let expected = [
            (1, CodeLine::Blank),
            (2, CodeLine::Code("A-1".to_owned())),
            (3, CodeLine::Blank),
            (4, CodeLine::Code("B-2".to_owned())),
            (5, CodeLine::Refused("has a space in it")),
        ];
        assert_eq!(lines, expected);
        assert!(read_lines(&[0xff, 0xfe]).is_err());
    }
}
